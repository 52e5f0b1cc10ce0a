// Pairs of points that align a view with the first one.
import { counted } from "../shared/counted.js";
import { byId, onAction } from "./dom.js";
import { alignment, completePairs } from "./links.js";

export function registrationPanel(app) {
  const button = onAction("points", () => app.useTool(app.tool === "points" ? null : "points"));
  app.onTool(() => button.setAttribute("aria-pressed", String(app.tool === "points")));
  onAction("point-at-centre", () => {
    const at = nextView(app);
    if (at !== null) addPoint(app, at, app.stage.views[at].placeAt({ x: app.stage.views[at].width / 2, y: app.stage.views[at].height / 2 }));
  });
  onAction("remove-point", () => {
    const pairs = pairsOf(app);
    const last = pairs?.at(-1);
    if (!last) return;
    if (last[1]) last[1] = null;
    else pairs.pop();
    changed(app);
  });
  onAction("clear-points", () => {
    const view = app.state.views[app.selectedAt()];
    if (view) view.pairs = [];
    changed(app);
  });
}

const pairsOf = (app) => (app.selectedAt() > 0 ? app.state.views[app.selectedAt()]?.pairs : null);

/** The view in which the next point is set; `null` if the first view is selected. */
function nextView(app) {
  const pairs = pairsOf(app);
  if (!pairs) {
    app.say(app.texts.selectOther);
    return null;
  }
  return pairs.length && !pairs.at(-1)[1] ? app.selectedAt() : 0;
}

/** Says what is to be done when the tool is chosen. Meanwhile the views stand side by side, and each moves by itself. */
export function beginPoints(app) {
  const next = nextView(app);
  if (next === null) return app.useTool(null);
  if (app.state.mode !== "grid") app.setMode("grid");
  if (app.state.lock !== "free") {
    app.lockBefore = app.state.lock;
    app.setLock("free");
  }
  app.say(next === 0 ? app.texts.pointInFirst : app.texts.pointInSelected);
}

/** A point that was set in a view; a pair is begun in the first one. */
export function addPoint(app, at, place) {
  const pairs = pairsOf(app);
  if (!pairs) return app.say(app.texts.selectOther);
  const open = pairs.find((pair) => !pair[1]);
  if (at === 0) {
    if (open) open[0] = place;
    else pairs.push([place, null]);
  } else if (at === app.selectedAt() && open) {
    open[1] = place;
  } else {
    return app.say(app.texts.pointInFirst);
  }
  changed(app);
  app.say(pairs.some((pair) => !pair[1]) ? app.texts.pointInSelected : app.texts.pointInFirst);
}

function changed(app) {
  app.stage.here = [];
  app.replace();
}

/** The points of the selected pair of views, as marks of view `at`. */
export function pointMarks(app, at) {
  const selected = app.selectedAt();
  if (selected < 1 || (at !== 0 && at !== selected) || app.stage.isLayered) return [];
  const side = at === 0 ? 0 : 1;
  return app.state.views[selected].pairs.flatMap((pair, n) => pair[side] ? [{
    place: pair[side],
    text: String(n + 1),
    kind: "point",
    label: `${app.texts.point} ${n + 1}: ${app.pictures[at].label}`,
    moved: (place, isFinished) => {
      pair[side] = place;
      if (isFinished) changed(app);
    },
  }] : []);
}

/** Says how the selected view is aligned. */
export function showRegistration(app) {
  const view = app.state.views[app.selectedAt()];
  const output = byId("aligned");
  if (!view || app.selectedAt() < 1 || view.pairs.length === 0) return (output.textContent = "");
  const aligned = alignment(view);
  if (!aligned) return (output.textContent = app.texts.notAligned);
  const { width } = app.pictures[app.selectedAt()];
  const error = Math.round(aligned.error * (width || 1) * 10) / 10;
  const kind = aligned.kind === "affine" ? app.texts.alignedAffine : app.texts.alignedSimilar;
  output.textContent = `${kind} (${completePairs(view).length}); ${app.texts.residual}: ${counted(app.texts.pixels, error, app.language)}`;
}
