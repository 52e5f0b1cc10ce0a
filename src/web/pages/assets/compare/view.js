// One view: a figure with a picture in OpenSeadragon, its marks, its scale bar and its caption.
import { IDENTITY, apply, compose, invert, isNegligible, nearestSimilarity, residual, similarity } from "./geometry.js";
import { serviceKind, tileSource } from "./image_service.js";
import { MarkLayer } from "./marks.js";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;

const element = (name, className, parent) => {
  const made = document.createElement(name);
  made.className = className;
  parent?.append(made);
  return made;
};

export class View {
  /** `handlers`: info(service), moved(), resized(), opened(), failed(), key(event), pressed(event, place). */
  constructor(handlers) {
    this.element = element("figure", "view");
    this.frame = element("div", "layer", this.element);
    this.picture = element("div", "canvas", this.frame);
    this.marks = new MarkLayer(element("div", "marks", this.element), (screen) => this.placeAt(screen));
    this.bar = element("div", "scale-bar", this.element);
    this.caption = element("figcaption", "", this.element);
    this.caption.dir = "auto";
    this.handlers = handlers;
    [this.width, this.height] = [1, 1];
    this.residual = IDENTITY;
    this.isResized = false;
    this.isResizing = false;
    // How many times as wide as the view the picture's element is, so that a sheared picture fills the view's corners.
    this.overscan = 1;
    this.transform = null;
    this.isOpen = false;
  }

  /** Opens a picture: { service } or { url }, or `null`. To be called when the figure is in the page. */
  open(picture, label) {
    this.isOpen = false;
    this.caption.textContent = label;
    this.element.classList.toggle("failed", !picture);
    if (!picture) return;
    this.viewer ??= this.newViewer();
    const canvas = this.viewer.canvas;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", label);
    this.source = picture;
    this.kind = null;
    this.isTainted = false;
    this.isSaid = false;
    this.openSource(picture);
  }

  async openSource(picture) {
    const source = await this.sourceOf(picture).catch(() => null);
    // What was asked for later is open, or the view is gone.
    if (this.source !== picture) return;
    if (!source) return this.fail();
    this.hasTiles = false;
    this.viewer.open({ tileSource: source, crossOriginPolicy: this.isTainted ? false : "Anonymous" });
  }

  async sourceOf({ service, url }) {
    if (!service) return { type: "image", url, buildPyramid: false };
    const info = await this.handlers.info(service);
    this.kind = serviceKind(info);
    const source = tileSource(info, service);
    const needsWidths = this.kind.version < 3 && this.kind.level !== 2 && source.type !== "image";
    return needsWidths ? byWidth(source) : source;
  }

  /** Without CORS a picture of another server can be seen, though not exported. False if that was tried. */
  openWithoutCors() {
    const isElsewhere = new URL(this.source.service ?? this.source.url, document.baseURI).origin !== location.origin;
    if (this.isTainted || !isElsewhere) return false;
    this.isTainted = true;
    this.openSource(this.source);
    return true;
  }

  fail() {
    this.element.classList.add("failed");
    this.handlers.failed();
  }

  tileFailed({ tiledImage }) {
    const isOld = tiledImage !== this.viewer.world.getItemAt(0);
    if (isOld || this.hasTiles || this.openWithoutCors() || this.isSaid) return;
    this.isSaid = true;
    this.handlers.failed();
  }

  newViewer() {
    const viewer = OpenSeadragon({
      element: this.picture,
      drawer: "canvas",
      crossOriginPolicy: "Anonymous",
      showNavigationControl: false,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsTouch: { pinchRotate: false, clickToZoom: false },
      gestureSettingsPen: { clickToZoom: false },
      visibilityRatio: 0,
      minZoomImageRatio: 0.05,
      maxZoomPixelRatio: 16,
      animationTime: reducedMotion ? 0 : 0.3,
      blendTime: 0,
      immediateRender: true,
      // Would draw each frame twice where pictures are magnified.
      smoothTileEdgesMinZoom: Infinity,
      imageLoaderLimit: 6,
      maxImageCacheCount: 300,
      placeholderFillStyle: null,
    });
    viewer.addHandler("open", () => {
      this.isOpen = true;
      const { x: width, y: height } = viewer.world.getItemAt(0).getContentSize();
      this.handlers.opened({ width, height, kind: this.kind });
    });
    viewer.addHandler("open-failed", () => this.openWithoutCors() || this.fail());
    viewer.addHandler("tile-loaded", () => (this.hasTiles = true));
    viewer.addHandler("tile-load-failed", (event) => this.tileFailed(event));
    // OpenSeadragon zooms by its own rule after its event of a resize, and only then reports a change.
    viewer.addHandler("resize", () => (this.isResizing = true));
    viewer.addHandler("viewport-change", () => {
      const { isResizing } = this;
      this.isResizing = false;
      if (isResizing) this.handlers.resized();
      else this.handlers.moved();
    });
    // Keys that would turn or mirror the picture past the arrangement; those below belong to it.
    viewer.addHandler("canvas-key", (event) => {
      const { key } = event.originalEvent;
      if (/^[rf0]$/i.test(key) || event.originalEvent.ctrlKey || event.originalEvent.metaKey) event.preventDefaultAction = true;
      this.handlers.key(event.originalEvent);
    });
    viewer.addHandler("canvas-click", (event) => event.quick && this.handlers.pressed(event, this.placeOf(event)));
    // Each of two fingers causes an event. OpenSeadragon pans from where the centre was before the event of the other one.
    viewer.addHandler("canvas-pinch", () => viewer.viewport.update());
    viewer.addHandler("canvas-double-click", (event) => this.handlers.doubleClicked(event));
    viewer.addHandler("canvas-drag", (event) => this.handlers.dragged(event, this.placeOf(event), this.placeOf(event, event.delta)));
    viewer.addHandler("canvas-drag-end", (event) => this.handlers.dragEnded(event));
    return viewer;
  }

  /** Reads the figure's size; kept, because to ask for it in each frame would have the page laid out again and again. */
  measure() {
    const { clientWidth, clientHeight } = this.element;
    if (this.width === clientWidth && this.height === clientHeight) return;
    [this.width, this.height] = [clientWidth || 1, clientHeight || 1];
    this.isResized = true;
  }

  /** From fractions of the picture's width to pixels from the view's centre, as OpenSeadragon shows it now. */
  read() {
    const { viewport } = this.viewer;
    const center = viewport.getCenter(true);
    const shown = similarity({
      center: [center.x, center.y],
      scale: viewport.getZoom(true) * this.width * this.overscan,
      degrees: viewport.getRotation(true),
      mirror: viewport.getFlip(),
    });
    return compose(this.residual, shown);
  }

  /** Shows the picture by this transform at once; what is no similarity is left to CSS. */
  show(transform) {
    const inverse = invert(transform);
    if (!inverse || !this.isOpen) return;
    const near = nearestSimilarity(transform);
    const [x, y] = apply(inverse, [0, 0]);
    const { viewport } = this.viewer;
    if (viewport.getFlip() !== near.mirror) viewport.setFlip(near.mirror);
    if (Math.abs(viewport.getRotation(true) - near.degrees) > 1e-6) viewport.setRotation(near.degrees, true);
    this.setResidual(residual(transform));
    viewport.zoomTo(near.scale / (this.width * this.overscan), null, true).panTo(new OpenSeadragon.Point(x, y), true);
    this.update(transform);
  }

  setResidual(found) {
    const isPlain = isNegligible(found);
    const rest = isPlain ? IDENTITY : found;
    // Panning and zooming do not change it, but for rounding.
    if (!this.isResized && rest.every((value, at) => Math.abs(value - this.residual[at]) < 1e-7)) return;
    this.isResized = false;
    this.residual = rest;
    const css = isPlain ? "" : `matrix(${this.residual.map((value) => value.toFixed(6))})`;
    if (this.picture.style.transform !== css) this.picture.style.transform = css;
    const overscan = isPlain ? 1 : overscanFor(rest, this.width, this.height);
    if (overscan === this.overscan) return;
    this.overscan = overscan;
    this.picture.style.inset = `${(50 * (1 - overscan)).toFixed(2)}%`;
  }

  /** Notes the transform, and moves what lies over the picture. */
  update(transform = this.read()) {
    this.transform = transform;
    this.marks.update(transform, this.width, this.height);
  }

  /** Where the centre is and how wide the view is: { x, y, widths }, as in the state. */
  get at() {
    const [x, y] = apply(invert(this.transform) ?? IDENTITY, [0, 0]);
    return { x, y, widths: this.width / nearestSimilarity(this.transform).scale };
  }

  /** The place in the picture of a pointer's event, or of where the pointer was `delta` before. OpenSeadragon's own
   *  position does not know how the picture is sheared. */
  placeOf({ originalEvent, position }, { x = 0, y = 0 } = {}) {
    const { clientX, clientY } = originalEvent.changedTouches?.[0] ?? originalEvent;
    if (clientX === undefined) return this.placeAt(position);
    const box = this.element.getBoundingClientRect();
    return this.placeAt({ x: clientX - box.left - x, y: clientY - box.top - y });
  }

  /** The place in the picture at a point of the view, from its upper left corner. */
  placeAt({ x, y }) {
    return apply(invert(this.transform) ?? IDENTITY, [x - this.width / 2, y - this.height / 2]);
  }

  destroy() {
    this.source = null;
    this.viewer?.destroy();
    this.element.remove();
  }
}

/** A tile source that asks for tiles by their width alone: before version 3, OpenSeadragon asks servers of level 1 for
 *  widths and heights, which only level 2 has. */
function byWidth(info) {
  const { IIIFTileSource } = OpenSeadragon;
  const source = new IIIFTileSource(IIIFTileSource.prototype.configure(info, `${info["@id"]}/info.json`));
  const tileUrl = source.getTileUrl;
  source.getTileUrl = (...tile) => tileUrl.apply(source, tile)?.replace(/\/(\d+),\d+(\/0\/\w+\.\w+)$/, "/$1,$2");
  return source;
}

/** How many times as large an element has to be to cover its own rectangle after a transform about its centre. */
function overscanFor(rest, width, height) {
  const inverse = invert(rest) ?? IDENTITY;
  const corners = [[width, height], [width, -height]].map((corner) => apply(inverse, corner).map(Math.abs));
  const needed = Math.max(...corners.flatMap(([x, y]) => [x / width, y / height]), 1);
  return Math.min(Math.ceil(needed * 20) / 20, 2.5);
}
