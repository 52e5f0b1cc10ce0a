// The stage: the pictures of a work in one OpenSeadragon, with a fader between captures of a view.
import { Address } from "./address.js";
import { Boxes } from "./boxes.js";
import { openViewer, tileSource } from "./viewer.js";
import { refreshPanels } from "./panels.js";

const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");

export class Stage {
  constructor(element) {
    this.element = element;
    this.frame = element.querySelector(".frame");
    this.tools = element.querySelector(".stage-tools");
    this.fader = element.querySelector(".fader");
    this.pictures = JSON.parse(document.getElementById("pictures").textContent);
    this.address = new Address(this.pictures);
    this.place = this.address.place();
    // For the capture that is shown first; others are opaque first.
    this.firstFade = this.address.fade();
    this.boxes = new Boxes(this);
    this.listen();
    this.ready = this.start();
  }

  get picture() {
    return this.pictures[this.place];
  }

  /** The first capture of the canvas of a picture, whose pixels are the canvas's coordinates. */
  base(picture = this.picture) {
    return this.pictures.find(({ canvas, capture }) => canvas === picture.canvas && capture === 1) ?? picture;
  }

  async start() {
    const source = tileSource(this.base().info);
    this.viewer = await openViewer(this, this.element.dataset.openseadragon).catch((error) => this.fail(error));
    if (!this.viewer) return;
    this.viewer.addHandler("animation-finish", () => this.viewChanged());
    await this.show(this.place, { source, region: this.element.dataset.region });
  }

  fail(error) {
    console.warn(error);
    if (this.element.querySelector(".message")) return;
    const message = document.createElement("p");
    message.className = "message";
    message.setAttribute("role", "alert");
    message.textContent = this.element.dataset.failed;
    this.frame.append(message);
  }

  /** Shows a picture: its canvas, and a capture on top of it. */
  async show(place, { source, region } = {}) {
    const before = this.shownBase;
    this.place = place;
    const [picture, base] = [this.picture, this.base()];
    this.markCurrent();
    if (before !== base) {
      const opened = (this.opening = Symbol("opening"));
      this.element.querySelector(".message")?.remove();
      try {
        const read = await (source ?? tileSource(base.info));
        if (this.opening !== opened) return;
        await this.viewer.openOne(read);
      } catch (error) {
        if (this.opening === opened) this.fail(error);
        return;
      }
      if (this.opening !== opened) return;
      this.shownBase = base;
      this.overlay = null;
      this.tools.hidden = false;
      this.frame.classList.add("zooming");
      if (region) this.zoomTo(region, true);
    }
    await this.lay(picture === base ? null : picture);
    this.boxes.draw();
  }

  /** Lays a capture over the canvas, and shows the fader. */
  async lay(picture) {
    if (this.overlay && this.overlay.picture !== picture) this.viewer.world.removeItem(this.overlay.item);
    if (!picture) this.overlay = null;
    else if (this.overlay?.picture !== picture) {
      const item = await this.viewer.addOne(await tileSource(picture.info));
      if (this.picture !== picture) return this.viewer.world.removeItem(item);
      this.overlay = { picture, item };
      this.fader.querySelector("input").value = this.firstFade;
    }
    this.firstFade = 100;
    if (this.fader) this.fader.hidden = !this.overlay;
    if (this.overlay) this.fade();
  }

  fade() {
    const { value } = this.fader.querySelector("input");
    this.overlay.item.setOpacity(value / 100);
    this.fader.querySelector("output").value = `${value} %`;
  }

  /** The percentage of the capture over the canvas. */
  get faded() {
    return this.overlay ? Number(this.fader.querySelector("input").value) : this.firstFade;
  }

  /** Zooms to a region of the canvas, `x,y,width,height`. */
  zoomTo(region, immediately = REDUCED.matches) {
    const [x, y, width, height] = String(region).split(",").map(Number);
    const item = this.viewer.world.getItemAt(0);
    if (!item || !(width > 0 && height > 0)) return;
    const box = item.imageToViewportRectangle(x, y, width, height);
    this.viewer.viewport.fitBounds(box, immediately);
  }

  /** The visible region of the canvas in whole pixels; null if all of it is visible. */
  region() {
    const item = this.viewer.world.getItemAt(0);
    if (!item) return null;
    const { x: width, y: height } = item.getContentSize();
    const box = item.viewportToImageRectangle(this.viewer.viewport.getBounds(true)).getBoundingBox();
    const within = (value, limit) => Math.min(Math.max(Math.round(value), 0), limit);
    const [left, top] = [within(box.x, width - 1), within(box.y, height - 1)];
    const [right, bottom] = [within(box.x + box.width, width), within(box.y + box.height, height)];
    const isWhole = left === 0 && top === 0 && right === width && bottom === height;
    return isWhole ? null : [left, top, Math.max(right - left, 1), Math.max(bottom - top, 1)].join(",");
  }

  viewChanged() {
    if (!this.shownBase || this.shownBase !== this.base()) return;
    const region = this.region();
    this.address.write(this.picture, region, this.faded);
    refreshPanels(this, { region });
  }

  /** Shows a picture that a visitor has chosen. */
  async choose(place) {
    if (place === this.place || !this.pictures[place]) return;
    await this.show(place);
    this.address.write(this.picture, this.region(), this.faded);
    refreshPanels(this, { region: this.region(), isOther: true });
  }

  markCurrent() {
    for (const link of document.querySelectorAll("[data-picture]")) {
      const isCurrent = Number(link.dataset.picture) === this.place;
      if (!link.closest(".strip, .captures")) continue;
      link.toggleAttribute("aria-current", isCurrent);
      if (!isCurrent) continue;
      link.setAttribute("aria-current", "true");
      if (link.closest(".strip")) reveal(link);
    }
    for (const list of this.element.querySelectorAll(".captures")) {
      list.hidden = Number(list.dataset.canvas) !== this.picture.canvas;
    }
    document.getElementById("caption").textContent = this.picture.label ?? "";
    document.getElementById("window").href = this.picture.window;
  }

  listen() {
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-picture]");
      if (!link || !this.viewer || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.choose(Number(link.dataset.picture));
    });
    this.tools.addEventListener("click", (event) => {
      const button = event.target.closest("[data-tool]");
      if (button) this.act(button.dataset.tool);
    });
    this.fader?.addEventListener("input", () => this.overlay && this.fade());
    // Once the thumb rests, as browsers limit how often an address changes.
    this.fader?.addEventListener("change", () => this.address.write(this.picture, this.region(), this.faded));
    this.element.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("fullscreenchange", () => {
      this.element.classList.toggle("filling", document.fullscreenElement === this.element);
    });
  }

  /** Keys that OpenSeadragon does not have. They work while the picture or one of its tools has the focus. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
    const tool = { f: "full-screen", n: "next", p: "previous", t: "boxes" }[event.key.toLowerCase()];
    if (event.key === "Escape" && this.isFilling) return this.act("full-screen");
    if (!tool) return;
    event.preventDefault();
    this.act(tool);
  }

  get isFilling() {
    return this.element.classList.contains("filling");
  }

  act(tool) {
    if (!this.viewer?.isOpen()) return;
    const { viewport } = this.viewer;
    const at = REDUCED.matches;
    const step = (by) => this.choose((this.place + by + this.pictures.length) % this.pictures.length);
    const actions = {
      "zoom-in": () => viewport.zoomBy(1.6, null, at).applyConstraints(at),
      "zoom-out": () => viewport.zoomBy(1 / 1.6, null, at).applyConstraints(at),
      home: () => viewport.setRotation(0, at).goHome(at),
      turn: () => viewport.setRotation(viewport.getRotation() + 90, at),
      "full-screen": () => this.fill(),
      boxes: () => this.boxes.toggle(),
      next: () => step(1),
      previous: () => step(-1),
    };
    this.viewer.uncover();
    actions[tool]?.();
  }

  /** Fills the screen, or where that is not possible (iPhones) the window. */
  fill() {
    if (document.fullscreenElement) return document.exitFullscreen();
    if (this.isFilling) return this.element.classList.remove("filling");
    const asked = this.element.requestFullscreen?.();
    if (!asked) this.element.classList.add("filling");
    else asked.catch(() => this.element.classList.add("filling"));
  }
}

// Scrolls the strip, not the page.
function reveal(link) {
  const list = link.closest("ul");
  const [inner, outer] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
  if (inner.left < outer.left) list.scrollLeft -= outer.left - inner.left;
  else if (inner.right > outer.right) list.scrollLeft += inner.right - outer.right;
}
