// The page for comparing: reads the address, loads what it names, and ties the controls to the stage.
import { decode, encode } from "./address.js";
import { copy } from "../shared/clipboard.js";
import { byId, onAction, save } from "./dom.js";
import { beginPoints, addPoint, pointMarks, registrationPanel, showRegistration } from "./registration.js";
import { detailMarks, detailPanel, drawDetail, endDetail, showDetail, showRegion } from "./detail.js";
import { readContentState } from "./detail_links.js";
import { arrangementManifest } from "./export_manifest.js";
import { exportPng } from "./export_png.js";
import { invert } from "./geometry.js";
import { screenTransform } from "./links.js";
import { picturePanel, showPicture } from "./picture_panel.js";
import { picturesOf, sized } from "./pictures.js";
import { labelRulers, rulerMarks, rulerPanel, showScale } from "./ruler.js";
import { Sources } from "./sources.js";
import { Stage } from "./stage.js";
import { MODES, normalized } from "./state.js";
import { channelFilters } from "./tone.js";
import { toolbar } from "./toolbar.js";
import { addManifest, listViews, worksPanel } from "./works_panel.js";

const PATIENCE_MS = 1500;
const root = byId("compare");
const { base, language, name } = root.dataset;

const app = {
  base,
  language,
  name,
  texts: JSON.parse(root.dataset.texts),
  state: decode({ query: location.search, hash: location.hash }),
  pictures: [],
  loaded: [],
  sizes: new Map(),
  tool: null,
  sources: new Sources({ base, language, otherServers: root.dataset.otherServers === "true" }),

  say(text) {
    byId("message").textContent = text;
  },

  selectedAt() {
    return Math.min(app.state.selected, app.state.views.length - 1);
  },

  select(at) {
    app.state.selected = at;
    byId("view").value = String(at);
    app.replace();
  },

  /** After views were added, removed or changed: loads what is missing, and shows all. */
  async rearrange() {
    root.setAttribute("aria-busy", "true");
    const turn = (app.turn = (app.turn ?? 0) + 1);
    const loaded = app.state.sources.map(() => null);
    const all = Promise.all(
      app.state.sources.map(async (source, at) => (loaded[at] = await app.sources.load(source).catch((error) => error))),
    );
    const isLatest = () => turn === app.turn;
    // A server that is slow does not keep the others' works from being seen.
    await Promise.race([all, new Promise((patience) => setTimeout(patience, PATIENCE_MS))]);
    // What was asked for later has loaded everything, too.
    if (!isLatest()) return;
    const isComplete = !loaded.includes(null);
    app.show(loaded);
    root.removeAttribute("aria-busy");
    if (!isComplete) all.then(() => isLatest() && app.show(loaded));
  },

  /** Shows what is loaded: for each source what it gave, an Error, or `null` if it is on the way. */
  show(loaded) {
    app.loaded = [...loaded];
    app.describePictures();
    app.stage.rebuild();
    listViews(app);
    app.replace();
    const { texts } = app;
    const failed = loaded.findIndex((one) => one instanceof Error);
    const missing = loaded.indexOf(null);
    const { message } = loaded[failed] ?? {};
    if (failed >= 0) app.say(`${texts.cannotLoad} ${app.state.sources[failed].id} (${texts[message] ?? message})`);
    else if (missing >= 0) app.say(`${texts.loading}: ${app.state.sources[missing].id}`);
    else if (byId("message").textContent.startsWith(`${texts.loading}: `)) app.say("");
  },

  describePictures() {
    const pictures = picturesOf(app.state, app.loaded, app.texts);
    app.pictures = pictures.map((picture, at) => (app.sizes.has(picture.key) ? sized(picture, app.state.views[at], app.sizes.get(picture.key)) : picture));
  },

  /** After places, alignment or orientation changed. */
  replace() {
    app.stage.place();
    app.restyle();
  },

  /** After what does not move changed. */
  restyle() {
    app.stage.layout();
    app.toolbar.show();
    app.stage.views.forEach((view, at) => {
      const [rulers, region] = [rulerMarks(app, at), detailMarks(app, at)];
      view.marks.set([...pointMarks(app, at), ...rulers.points, ...region.points], [...rulers.shapes, ...region.shapes]);
    });
    showPicture(app);
    showRegistration(app);
    showScale(app);
    showDetail(app);
    app.save();
  },

  /** Keeps the arrangement in the address, at most some times a second, as browsers limit it. */
  save() {
    app.saving ??= setTimeout(() => {
      app.saving = null;
      labelRulers(app);
      history.replaceState(null, "", app.address());
    }, 200);
  },

  address() {
    const lang = new URLSearchParams(location.search).get("lang");
    const { query, hash } = encode(normalized(app.state), lang ? [`lang=${encodeURIComponent(lang)}`] : []);
    return new URL(`${location.pathname}${query}${app.state.views.length ? hash : ""}`, location.origin).href;
  },

  /** Adds a manifest, and shows the region that is named with it. Resolves with whether it could be loaded. */
  async add(target) {
    const isAdded = await addManifest(app, target);
    if (isAdded && target.region) showRegion(app, app.state.views.length - 1, target.region);
    return isAdded;
  },

  setMode(mode) {
    // Where each view was is the same beside each other and on top of each other.
    app.state.mode = mode;
    app.stage.shownInBlink = 0;
    app.stage.layout();
    app.replace();
  },

  setLock(lock) {
    app.state.lock = lock;
    app.stage.here = [];
    app.replace();
  },

  whole() {
    app.state.views.forEach((view) => (view.at = null));
    if (app.state.lock === "here") app.state.lock = "locked";
    app.replace();
  },

  toolListeners: [],
  onTool(listener) {
    app.toolListeners.push(listener);
  },

  useTool(tool) {
    app.tool = tool;
    root.dataset.tool = tool ?? "";
    app.toolListeners.forEach((listener) => listener());
    if (tool === "points") beginPoints(app);
    if (tool) return;
    app.say("");
    if (app.lockBefore) app.setLock(app.lockBefore);
    app.lockBefore = null;
  },

  moved() {
    app.save();
  },

  opened(at, size) {
    const picture = app.pictures[at];
    if (!picture) return;
    app.sizes.set(picture.key, size);
    app.describePictures();
    app.restyle();
  },

  failed(at) {
    app.say(`${app.texts.pictureFailed} ${app.pictures[at]?.label ?? ""}`);
  },

  pressed(at, place, event) {
    if (app.tool !== "points") return;
    event.preventDefaultAction = true;
    addPoint(app, at, place);
  },

  doubleClicked(event) {
    if (app.tool) event.preventDefaultAction = true;
  },

  dragged(at, event, place, before) {
    if (app.tool === "draw") drawDetail(app, at, event, place, before);
  },

  dragEnded() {
    endDetail(app);
  },

  key(event) {
    if (event.key === "0") app.whole();
    if (event.key === "Enter" && app.tool === "points") byId("app").querySelector('[data-action="point-at-centre"]').click();
  },
};

// Letters and digits act only in a view: dictated words would press them anywhere (WCAG 2.2, 2.1.4).
function shortcuts(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && app.tool) return app.useTool(null);
  if (!event.target.closest(".view")) return;
  const mode = MODES[Number(event.key) - 1];
  if (mode) app.setMode(mode);
  else if (event.key.toLowerCase() === "l") app.setLock(app.state.lock === "free" ? "locked" : "free");
  else return;
  app.say(`${app.texts[app.state.mode]} · ${app.texts[app.state.lock]}`);
}

function sharePanel() {
  onAction("copy-address", async () => {
    history.replaceState(null, "", app.address());
    app.say((await copy(location.href)) ? app.texts.copied : location.href);
  });
  onAction("export-png", async () => {
    try {
      save(await exportPng(app), "comparison.png");
      app.say(`${app.texts.exported}: comparison.png`);
    } catch (error) {
      app.say(error.name === "SecurityError" ? app.texts.notExportable : error.message);
    }
  });
  onAction("export-manifest", () => {
    const views = app.pictures.map((picture, at) => ({
      ...picture,
      state: app.state.views[at],
      transform: app.stage.views[at].transform ?? screenTransform(app.state.views[at], picture, 1, 1),
    })).filter(({ found, transform }) => found && invert(transform));
    if (!views.length) return app.say(app.texts.start);
    const titles = [...new Set(views.map(({ manifest }) => manifest.label))].join(", ");
    const label = `${app.texts.comparisonOf} ${titles}`;
    const manifest = arrangementManifest({ views, label, language, address: app.address(), isLayered: app.stage.isLayered, name: app.name });
    save(new Blob([JSON.stringify(manifest, null, 2)], { type: "application/ld+json" }), "comparison.json");
    app.say(`${app.texts.exported}: comparison.json`);
  });
}

async function start() {
  document.body.append(channelFilters());
  app.stage = new Stage(byId("stage"), app);
  app.toolbar = toolbar(app);
  worksPanel(app);
  picturePanel(app);
  registrationPanel(app);
  rulerPanel(app);
  detailPanel(app);
  sharePanel();
  byId("view").addEventListener("change", (event) => app.select(Number(event.target.value)));
  document.addEventListener("keydown", shortcuts);
  addEventListener("hashchange", () => {
    app.state = decode({ query: location.search, hash: location.hash });
    app.rearrange();
  });
  // What the address says is there before it is seen, so that nothing moves while pictures load.
  app.stage.layout();
  app.toolbar.show();
  byId("app").classList.toggle("empty", app.state.views.length === 0);
  byId("app").hidden = false;
  await app.rearrange();
  const mirador = byId("mirador");
  const first = app.state.sources.find(({ kind }) => kind === "work");
  mirador.hidden = !first;
  if (first) mirador.href = `${base}/view/mirador/${encodeURIComponent(first.id)}?lang=${language}`;
  const content = new URLSearchParams(location.search).get("iiif-content");
  if (!content) return;
  const target = readContentState(content);
  if (!target) return app.say(app.texts.notContentState);
  await app.add(target);
}

if (window.OpenSeadragon) start();
