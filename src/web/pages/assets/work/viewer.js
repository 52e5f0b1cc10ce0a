// OpenSeadragon for the stage: loaded when the page needs it, and set up so that the page can be scrolled past it.

const REDUCED = matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The info.json of an image, as a promise; it is asked for while OpenSeadragon loads. */
export function tileSource(info) {
  const url = new URL(info, document.baseURI).href;
  const read = fetch(url).then((response) => {
    if (!response.ok) throw new Error(`${response.status} ${url}`);
    return response.json();
  });
  // Whoever waits for it sees the error.
  read.catch(() => {});
  return read;
}

function load(script) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    Object.assign(element, { src: script, onload: resolve, onerror: () => reject(new Error(script)) });
    document.head.append(element);
  });
}

/** A viewer over the still picture of the stage, which stays until tiles cover it. */
export async function openViewer(stage, script) {
  await load(script);
  const { frame } = stage;
  const element = document.createElement("div");
  element.className = "zoom";
  frame.prepend(element);
  const still = frame.querySelector(".still");
  const margin = parseFloat(getComputedStyle(frame).paddingTop) || 0;
  const viewer = OpenSeadragon({
    element,
    drawer: "canvas",
    crossOriginPolicy: "Anonymous",
    showNavigationControl: false,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    gestureSettingsTouch: { pinchRotate: false },
    maxZoomPixelRatio: 2,
    visibilityRatio: 0.5,
    minZoomImageRatio: 0.8,
    viewportMargins: { left: margin, right: margin, top: margin, bottom: margin },
    animationTime: REDUCED ? 0 : 0.6,
    immediateRender: REDUCED,
    silenceMultiImageWarnings: true,
  });
  const canvas = viewer.canvas;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", stage.element.getAttribute("aria-label"));
  canvas.setAttribute("aria-describedby", "keys");
  still.tabIndex = -1;

  const isHome = () => viewer.viewport.getZoom() <= viewer.viewport.getHomeZoom() * 1.01;
  // A wheel or a finger that meets the whole picture scrolls the page; Ctrl, a pinch and a zoomed picture zoom.
  viewer.addHandler("canvas-scroll", (event) => {
    const scrollsPage = isHome() && !stage.isFilling && !event.originalEvent.ctrlKey;
    event.preventDefaultAction = scrollsPage;
    event.preventDefault = !scrollsPage;
  });
  viewer.addHandler("canvas-key", (event) => {
    // These belong to the stage.
    if (["f", "n", "p", "t"].includes(event.originalEvent.key.toLowerCase())) event.preventDefaultAction = true;
  });
  // A finger scrolls only if every element under it lets it.
  const letScroll = () => {
    const touchAction = isHome() && !stage.isFilling ? "pan-y" : "none";
    for (const touched of [canvas, viewer.container]) touched.style.touchAction = touchAction;
  };
  for (const event of ["open", "animation-finish", "after-resize"]) viewer.addHandler(event, letScroll);

  // A picture that is shown as a whole stays whole in a larger or smaller frame.
  let wasHome = true;
  let isResizing = false;
  viewer.addHandler("open", () => (wasHome = isHome()));
  // A picture that opens at a region is zoomed before its first frame; what a resize does to the zoom does not count.
  viewer.addHandler("zoom", () => isResizing || (wasHome = isHome()));
  viewer.addHandler("resize", () => (isResizing = true));
  const stayHome = () => {
    if (wasHome && viewer.isOpen()) viewer.viewport.goHome(true);
    isResizing = false;
  };
  // OpenSeadragon zooms once more after this event.
  viewer.addHandler("after-resize", () => queueMicrotask(stayHome));

  // The still picture is exactly below the tiles. It goes when they cover it, or when a visitor moves them.
  const uncover = () => still.classList.add("covered");
  for (const event of ["drag", "pinch", "double-click", "key"]) viewer.addHandler(`canvas-${event}`, uncover);
  viewer.addHandler("canvas-scroll", ({ preventDefaultAction }) => preventDefaultAction || uncover());
  viewer.uncover = uncover;
  // Each of two fingers causes an event. OpenSeadragon pans from where the centre was before the event of the other one.
  viewer.addHandler("canvas-pinch", () => viewer.viewport.update());

  viewer.openOne = (source) =>
    new Promise((resolve, reject) => {
      still.classList.toggle("covered", Boolean(stage.shownBase));
      viewer.addOnceHandler("open", () => {
        const item = viewer.world.getItemAt(0);
        item.addOnceHandler("fully-loaded-change", uncover);
        markFirstTile(viewer);
        resolve(item);
      });
      viewer.addOnceHandler("open-failed", ({ message }) => reject(new Error(message)));
      viewer.open(source);
    });
  viewer.addOne = (tileSource) =>
    new Promise((success, error) => viewer.addTiledImage({ tileSource, x: 0, y: 0, width: 1, success: ({ item }) => success(item), error }));
  return viewer;
}

// Tests and `performance.getEntriesByName` see when the first tile was drawn.
function markFirstTile(viewer) {
  viewer.addOnceHandler("tile-drawn", () => {
    performance.mark("first-tile");
    viewer.element.dataset.drawn = "true";
  });
}
