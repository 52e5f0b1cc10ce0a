// Real scale, the width of what a picture shows, and rulers.
import { counted } from "../shared/counted.js";
import { byId, make, onAction } from "./dom.js";
import { nearestSimilarity } from "./geometry.js";
import { lengthOf, lengthText } from "./measure.js";

export function rulerPanel(app) {
  byId("real").addEventListener("change", (event) => {
    app.state.real = event.target.checked;
    if (app.state.real) app.state.lock = "locked";
    app.replace();
  });
  byId("width").addEventListener("change", (event) => {
    const view = app.state.views[app.selectedAt()];
    if (!view) return;
    view.width = Number(event.target.value) > 0 ? Number(event.target.value) : null;
    app.rearrange();
  });
  byId("unit").addEventListener("change", (event) => {
    app.state.unit = event.target.value;
    app.replace();
  });
  onAction("add-ruler", () => addRuler(app));
  onAction("clear-rulers", () => {
    app.state.rulers = [];
    app.replace();
  });
}

function addRuler(app) {
  const at = app.selectedAt();
  const view = app.stage.views[at];
  if (!view?.transform) return;
  const [x, y] = [view.width, view.height];
  app.state.rulers.push({ view: at, from: view.placeAt({ x: x * 0.3, y: y / 2 }), to: view.placeAt({ x: x * 0.7, y: y / 2 }) });
  app.replace();
  view.marks.points.at(-2)?.button.focus();
}

const pixelOf = (app, at) => 1 / nearestSimilarity(app.stage.views[at].transform ?? [1, 0, 0, 1, 0, 0]).scale;

/** The length of a ruler as text. */
export function rulerText(app, { view, from, to }) {
  const { scale, width } = app.pictures[view] ?? {};
  if (scale) return lengthText(lengthOf(from, to, scale, pixelOf(app, view)), app.state.unit, app.language);
  const pixels = Math.hypot(to[0] - from[0], to[1] - from[1]) * (width || 1);
  return `${counted(app.texts.pixels, Math.round(pixels), app.language)} (${app.texts.noScale})`;
}

/** Writes the lengths again: their errors depend on how far the views are zoomed in. */
export function labelRulers(app) {
  for (const { marks } of app.stage.views) {
    for (const { ruler, label } of marks.shapes) if (ruler) label.textContent = rulerText(app, ruler);
  }
  if (app.state.rulers.length) listRulers(app);
}

/** Ends and lines of the rulers of view `at`. */
export function rulerMarks(app, at) {
  const own = app.state.rulers.filter(({ view }) => view === at);
  const end = (ruler, side, n) => ({
    place: ruler[side],
    text: "",
    kind: "end",
    label: `${app.texts.rulerEnd} ${n + 1}: ${rulerText(app, ruler)}`,
    moved: (place, isFinished) => {
      ruler[side] = place;
      app.stage.views[at].marks.shapes.filter(({ ruler: one }) => one === ruler).forEach((shape) => {
        shape.places = [ruler.from, ruler.to];
        shape.label.textContent = rulerText(app, ruler);
      });
      if (isFinished) app.replace();
    },
  });
  return {
    points: own.flatMap((ruler, n) => [end(ruler, "from", n), end(ruler, "to", n)]),
    shapes: own.map((ruler) => ({ ruler, places: [ruler.from, ruler.to], kind: "ruler", text: rulerText(app, ruler) })),
  };
}

/** What the selected view's scale is, and the rulers' lengths. */
export function showScale(app) {
  const { state, texts } = app;
  byId("real").checked = state.real;
  byId("unit").value = state.unit;
  const picture = app.pictures[app.selectedAt()];
  byId("width").value = picture?.cm ? picture.cm.toFixed(1) : "";
  const { scale } = picture ?? {};
  const percent = scale && (100 * scale.error).toLocaleString(app.language, { maximumFractionDigits: 1 });
  const centimetres = scale && scale.cm.toLocaleString(app.language, { maximumFractionDigits: 1 });
  byId("scale-from").textContent = !picture ? "" : scale ? `${centimetres} cm ± ${percent} %` : texts.noScale;
  listRulers(app);
}

function listRulers(app) {
  byId("rulers").replaceChildren(...app.state.rulers.map((ruler, n) =>
    make("li", {}, `${app.texts.ruler} ${n + 1} (${ruler.view + 1}): ${rulerText(app, ruler)}`)));
}
