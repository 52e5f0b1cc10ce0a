// A region of the selected view: drawn, typed or what is in view; with its links, its citation and a note.
import { addSource } from "./works_panel.js";
import { copy } from "../shared/clipboard.js";
import { byId, onAction } from "./dom.js";
import { citation, contentState, imageUri, onCanvas, onPicture } from "./detail_links.js";

const FIELDS = ["x", "y", "w", "h"];

export function detailPanel(app) {
  const view = () => app.state.views[app.selectedAt()];
  const button = onAction("draw", () => app.useTool(app.tool === "draw" ? null : "draw"));
  app.onTool(() => button.setAttribute("aria-pressed", String(app.tool === "draw")));
  onAction("detail-from-view", () => setDetail(app, app.selectedAt(), inView(app, app.selectedAt())));
  onAction("remove-detail", () => {
    if (view()) view().detail = null;
    app.replace();
  });
  for (const name of FIELDS) {
    byId(`detail-${name}`).addEventListener("change", () => {
      const box = Object.fromEntries(FIELDS.map((field) => [field, Number(byId(`detail-${field}`).value)]));
      setDetail(app, app.selectedAt(), box);
    });
  }
  byId("note").addEventListener("input", (event) => {
    if (view()?.detail) view().detail.note = event.target.value;
    showDetail(app, false);
    app.save();
  });
  onAction("copy-citation", async () => {
    const { value } = byId("citation");
    app.say((await copy(value)) ? app.texts.copied : value);
  });
  onAction("detail-as-view", async () => {
    const { source, canvas, image, detail: box } = view() ?? {};
    if (!box) return;
    const { width } = app.pictures[app.selectedAt()];
    await addSource(app, app.state.sources[source], canvas, image);
    app.state.views.at(-1).at = placeOf(app, box, width);
    app.state.lock = "here";
    app.stage.here = [];
    app.replace();
  });
}

/** What view `at` shows, in pixels of its picture. */
function inView(app, at) {
  const view = app.stage.views[at];
  const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([x, y]) => view.placeAt({ x: x * view.width, y: y * view.height }));
  return boxOf(app.pictures[at], corners);
}

function boxOf({ width }, places) {
  const [xs, ys] = [0, 1].map((side) => places.map((place) => place[side] * width));
  return { x: Math.min(...xs), y: Math.min(...ys), w: Math.max(...xs) - Math.min(...xs), h: Math.max(...ys) - Math.min(...ys) };
}

/** Sets the region of view `at`, within its picture. */
export function setDetail(app, at, { x, y, w, h }) {
  const { width, height } = app.pictures[at];
  if (!width) return;
  const within = (value, limit) => Math.round(Math.min(Math.max(value, 0), limit));
  const [left, top] = [within(x, width - 1), within(y, height - 1)];
  const [right, bottom] = [within(x + w, width), within(y + h, height)];
  const note = app.state.views[at].detail?.note ?? "";
  app.state.views[at].detail = { x: left, y: top, w: Math.max(right - left, 1), h: Math.max(bottom - top, 1), note };
  app.replace();
}

/** Marks a region of a view's canvas, and shows it. */
export function showRegion(app, at, region) {
  const { canvas, picture, width, height } = app.pictures[at];
  const box = onPicture(region, { width }, canvas, picture.area);
  const view = app.state.views[at];
  view.at = placeOf(app, box, width);
  app.state.lock = app.state.views.length > 1 ? "here" : app.state.lock;
  app.stage.here = [];
  setDetail(app, at, { ...box, w: Math.min(box.w, width), h: Math.min(box.h, height) });
}

/** Where a view is that shows a region as a whole. */
const placeOf = (app, { x, y, w, h }, width) =>
  ({ x: (x + w / 2) / width, y: (y + h / 2) / width, widths: Math.max(w, h * app.stage.frame) / width });

/** Draws while the pointer is dragged. */
export function drawDetail(app, at, event, place, before) {
  event.preventDefaultAction = true;
  app.drawn ??= { at, start: before };
  if (app.drawn.at === at) setDetail(app, at, boxOf(app.pictures[at], [app.drawn.start, place]));
}

export function endDetail(app) {
  if (!app.drawn) return;
  if (app.state.selected !== app.drawn.at) app.select(app.drawn.at);
  app.drawn = null;
  app.useTool(null);
}

/** The region as a shape with a corner at each end. */
export function detailMarks(app, at) {
  const box = app.state.views[at]?.detail;
  const { width, label } = app.pictures[at] ?? {};
  if (!box || !width) return { points: [], shapes: [] };
  const [l, t, r, b] = [box.x, box.y, box.x + box.w, box.y + box.h].map((value) => value / width);
  const corner = (place, opposite, name) => ({
    place,
    text: "",
    kind: "corner",
    label: `${app.texts.region} ${name}: ${label}`,
    moved: (moved, isFinished) => isFinished && setDetail(app, at, boxOf({ width }, [moved, opposite])),
  });
  return {
    points: [corner([l, t], [r, b], "↖"), corner([r, b], [l, t], "↘")],
    shapes: [{ places: [[l, t], [r, t], [r, b], [l, b]], kind: "region", closed: true }],
  };
}

/** The links and the citation of the selected view's region. */
export function showDetail(app, withFields = true) {
  const at = app.selectedAt();
  const box = app.state.views[at]?.detail;
  const picture = app.pictures[at];
  byId("detail").hidden = !box || !picture?.found;
  if (byId("detail").hidden) return;
  if (withFields) {
    for (const name of FIELDS) byId(`detail-${name}`).value = box[name];
    byId("note").value = box.note;
  }
  const { canvas, manifest, found, width, height } = picture;
  const uri = imageUri({ ...picture.picture, kind: picture.kind }, box);
  byId("image-uri").href = uri;
  byId("download").href = uri;
  byId("download").download = `${found.number || "detail"}-${box.x}-${box.y}-${box.w}-${box.h}.jpg`.replace(/[^\w.-]+/g, "_");
  const state = contentState(manifest.id, canvas.id, onCanvas(box, { width }, canvas, picture.picture.area));
  const page = picture.source.kind === "work" ? "/" : "/compare";
  byId("content-state").href = `${app.base}${page}?iiif-content=${state}`;
  byId("citation").value = citation({
    creators: found.creators, label: manifest.label, number: found.number, statement: manifest.statement, rights: manifest.rights,
    region: box, size: `${width} × ${height}`, uri, note: box.note,
    retrieved: `${app.texts.retrieved} ${new Date().toISOString().slice(0, 10)}`,
  });
}
