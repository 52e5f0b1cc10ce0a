// The list of views, and all ways to add works: tray, search, address, drag and drop.
import { droppedManifest } from "./detail_links.js";
import { byId, make, onAction } from "./dom.js";
import { MAX_VIEWS, newView } from "./state.js";
import { chosenWorks } from "./tray_store.js";

export function worksPanel(app) {
  const { texts } = app;
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    find(app, byId("words").value.trim());
  });
  byId("by-url").addEventListener("submit", (event) => {
    event.preventDefault();
    const dropped = droppedManifest(byId("manifest").value);
    if (!dropped) return app.say(`${texts.cannotLoad} ${byId("manifest").value}`);
    app.add(dropped).then((isAdded) => isAdded && (byId("manifest").value = ""));
  });
  const tray = onAction("from-tray", () => addWorks(app, chosenWorks().map(({ id }) => id)));
  tray.hidden = chosenWorks().length === 0;
  acceptDrops(app);
}

function acceptDrops(app) {
  document.addEventListener("dragover", (event) => {
    const types = event.dataTransfer?.types ?? [];
    if (types.includes("text/uri-list") || types.includes("text/plain")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const text = event.dataTransfer.getData("text/uri-list") || event.dataTransfer.getData("text/plain");
    const dropped = text && droppedManifest(text);
    if (!dropped) return;
    event.preventDefault();
    app.add(dropped);
  });
}

/** Adds a manifest that can be loaded; says so otherwise. */
export async function addManifest(app, { manifest, canvas }) {
  const source = app.sources.named(manifest);
  app.say(`${app.texts.loading}: ${manifest}`);
  try {
    const loaded = await app.sources.load(source);
    if (!loaded.manifest.canvases.length) throw new Error(app.texts.noPicture);
    const at = loaded.manifest.canvases.findIndex(({ id }) => id === canvas);
    await addSource(app, source, Math.max(at, 0));
    return true;
  } catch (error) {
    const why = app.texts[error.message] ?? error.message;
    app.say(`${app.texts.cannotLoad} ${manifest} (${why})`);
    return false;
  }
}

async function addWorks(app, ids) {
  const known = new Set(app.state.sources.map(({ id }) => id));
  for (const id of ids.filter((id) => !known.has(id))) await addManifest(app, { manifest: /^https?:/.test(id) ? id : app.sources.address({ kind: "work", id }), canvas: null });
}

export async function addSource(app, source, canvas = 0, image = 0) {
  const { state } = app;
  if (state.views.length >= MAX_VIEWS) return app.say(app.texts.full);
  const known = state.sources.findIndex(({ kind, id }) => kind === source.kind && id === source.id);
  if (known < 0) state.sources.push(source);
  state.views.push(newView(known < 0 ? state.sources.length - 1 : known, canvas, image));
  if (state.views.length > 1) state.selected = state.views.length - 1;
  await app.rearrange();
  app.say(`${app.pictures.at(-1).label} ${app.texts.added}`);
}

async function find(app, words) {
  const list = byId("found");
  app.say(app.texts.loading);
  try {
    const found = words ? await app.sources.search(words) : [];
    list.replaceChildren(...found.map((work) => result(app, work)));
    app.say(found.length ? "" : app.texts.noResults);
  } catch (error) {
    app.say(`${app.texts.noResults} (${error.message})`);
  }
}

function result(app, { id, label, thumbnail }) {
  const picture = thumbnail ? make("img", { src: thumbnail, alt: "", loading: "lazy" }) : null;
  const add = () => addSource(app, { kind: "work", id });
  return make("li", {}, picture, make("span", { dir: "auto" }, label), make("button", { type: "button", "aria-label": `${app.texts.add}: ${label}`, click: add }, app.texts.add));
}

/** Writes the list of views. */
export function listViews(app) {
  const { state, pictures, texts } = app;
  byId("views").replaceChildren(...state.views.map((view, at) => viewItem(app, view, at)));
  byId("view").replaceChildren(...pictures.map(({ label }, at) => make("option", { value: at, selected: at === state.selected }, `${at + 1}. ${label.slice(0, 60)}`)));
  byId("app").classList.toggle("empty", state.views.length === 0);
  if (!state.views.length) app.say(texts.start);
}

function viewItem(app, view, at) {
  const { label, found } = app.pictures[at];
  const page = pageOf(app, view);
  const name = page ? make("a", { class: "name", dir: "auto", href: page }, label) : make("span", { class: "name", dir: "auto" }, label);
  const button = (text, act) => make("button", { type: "button", "aria-label": `${text}: ${label}`, click: act }, text);
  return make(
    "li", {}, name, found ? pictureSelect(app, view, at, found.manifest) : null,
    make("span", { class: "row" },
      at > 0 ? button(app.texts.earlier, () => moveForward(app, at)) : null,
      button(app.texts.duplicate, () => found && duplicate(app, at)),
      button(app.texts.remove, () => removeView(app, at))),
  );
}

/** The page of a work of this server, with the picture of the view. */
function pageOf(app, { source, canvas, image }) {
  const { kind, id } = app.state.sources[source];
  if (kind !== "work") return null;
  const query = new URLSearchParams(image ? { canvas: canvas + 1, capture: image + 1 } : canvas ? { canvas: canvas + 1 } : {});
  const lang = new URLSearchParams(location.search).get("lang");
  if (lang) query.set("lang", lang);
  return `${app.base}/works/${encodeURIComponent(id)}${query.size ? `?${query}` : ""}`;
}

/** One option for each picture of each canvas; captures of a view share a canvas. */
function pictureSelect(app, view, at, { canvases }) {
  const options = canvases.flatMap((canvas, c) => canvas.pictures.map((picture, i) => {
    const text = [canvas.label, canvas.pictures.length > 1 ? picture.label || String(i + 1) : ""].filter(Boolean).join(" · ") || String(c + 1);
    return make("option", { value: `${c}.${i}`, selected: c === view.canvas && i === view.image }, text);
  }));
  if (options.length < 2) return null;
  const change = (event) => {
    const [canvas, image] = event.target.value.split(".").map(Number);
    // Captures of one canvas are the same view: place and points stay.
    const isSameView = canvas === view.canvas;
    Object.assign(view, { canvas, image }, isSameView ? {} : { at: null, pairs: [], detail: null, width: null });
    app.rearrange();
  };
  return make("select", { "aria-label": `${app.texts.picture}: ${app.pictures[at].label}`, change }, ...options);
}

async function duplicate(app, at) {
  const { state } = app;
  if (state.views.length >= MAX_VIEWS) return app.say(app.texts.full);
  state.views.push({ ...structuredClone(state.views[at]), pairs: [] });
  state.selected = state.views.length - 1;
  await app.rearrange();
}

async function removeView(app, at) {
  const { state } = app;
  const { label } = app.pictures[at];
  state.views.splice(at, 1);
  if (at === 0) state.views.forEach((view) => (view.pairs = []));
  state.rulers = state.rulers.filter(({ view }) => view !== at).map((ruler) => ({ ...ruler, view: ruler.view - (ruler.view > at) }));
  dropUnused(state);
  state.selected = Math.min(state.selected, Math.max(state.views.length - 1, 1));
  await app.rearrange();
  app.say(`${label} ${app.texts.removed}`);
  (byId("views").querySelector("button") ?? byId("words")).focus();
}

function dropUnused(state) {
  const used = state.sources.map((_, at) => state.views.some(({ source }) => source === at));
  state.views.forEach((view) => (view.source = used.slice(0, view.source).filter(Boolean).length));
  state.sources = state.sources.filter((_, at) => used[at]);
}

async function moveForward(app, at) {
  const { views, rulers } = app.state;
  [views[at - 1], views[at]] = [views[at], views[at - 1]];
  if (at === 1) views.forEach((view) => (view.pairs = []));
  rulers.forEach((ruler) => (ruler.view = ruler.view === at ? at - 1 : ruler.view === at - 1 ? at : ruler.view));
  await app.rearrange();
  byId("views").children[at - 1]?.querySelector("button")?.focus();
}
