// Boxes of tags over the picture: one on hover or focus, all of them by a button.

/** The boxes of all tags: their element, and the picture and region of each. */
function tagged() {
  return [...document.querySelectorAll("[data-boxes]")].flatMap((element) =>
    JSON.parse(element.dataset.boxes).map(([place, x, y, width, height]) => ({
      element,
      place,
      region: [x, y, width, height],
      label: element.querySelector("a").textContent.trim(),
    })),
  );
}

export class Boxes {
  constructor(stage) {
    this.stage = stage;
    this.all = tagged();
    this.areShown = false;
    this.pointed = null;
    for (const element of new Set(this.all.map((box) => box.element))) {
      const point = (pointed) => () => ((this.pointed = pointed), this.draw());
      element.addEventListener("pointerenter", point(element));
      element.addEventListener("pointerleave", point(null));
      element.addEventListener("focusin", point(element));
      element.addEventListener("focusout", point(null));
    }
  }

  toggle() {
    this.areShown = !this.areShown;
    this.stage.tools.querySelector("[data-tool=boxes]")?.setAttribute("aria-pressed", this.areShown);
    this.draw();
  }

  /** Draws the boxes of the shown picture, and marks the thumbnails of others that a pointed tag is about. */
  draw() {
    const { viewer, place } = this.stage;
    const pointed = this.all.filter((box) => box.element === this.pointed);
    for (const link of document.querySelectorAll(".strip [data-picture]")) {
      const isTagged = pointed.some((box) => box.place !== place && box.place === Number(link.dataset.picture));
      link.classList.toggle("tagged", isTagged);
    }
    if (!viewer?.isOpen()) return;
    viewer.clearOverlays();
    const shown = this.all.filter((box) => box.place === place && (this.areShown || pointed.includes(box)));
    for (const box of shown) this.add(box, pointed.includes(box));
  }

  add({ region, label }, isPointed) {
    const { viewer, overlay } = this.stage;
    const element = document.createElement("div");
    element.className = isPointed ? "tag-box pointed" : "tag-box";
    const name = document.createElement("span");
    name.dir = "auto";
    name.textContent = label;
    element.append(name);
    const item = overlay?.item ?? viewer.world.getItemAt(0);
    viewer.addOverlay({ element, location: item.imageToViewportRectangle(...region) });
  }

  /** Shows the picture of a tag, and zooms to its box. */
  async visit(element) {
    const box = this.all.find((one) => one.element === element && one.place === this.stage.place)
      ?? this.all.find((one) => one.element === element);
    await this.stage.ready;
    await this.stage.choose(box.place);
    const { viewer, overlay } = this.stage;
    const item = overlay?.item ?? viewer.world.getItemAt(0);
    const bounds = item.imageToViewportRectangle(...box.region);
    const around = new OpenSeadragon.Rect(
      bounds.x - bounds.width / 2, bounds.y - bounds.height / 2, bounds.width * 2, bounds.height * 2,
    );
    viewer.viewport.fitBounds(around, matchMedia("(prefers-reduced-motion: reduce)").matches);
    this.pointed = element;
    this.draw();
    this.stage.element.scrollIntoView({ block: "nearest" });
  }
}

/** Shows the buttons that lead to the boxes of a tag. */
export function showTagButtons(stage) {
  for (const button of document.querySelectorAll(".show-box")) {
    button.hidden = false;
    button.addEventListener("click", () => stage.boxes.visit(button.closest("[data-boxes]")));
  }
}
