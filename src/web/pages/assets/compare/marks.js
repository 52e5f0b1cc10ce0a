// What lies over a picture and stays at places in it: points, rulers and a region. Points are buttons, which are dragged
// or moved by arrow keys.
import { apply } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class MarkLayer {
  constructor(element, placeAt) {
    this.element = element;
    this.placeAt = placeAt;
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.setAttribute("aria-hidden", "true");
    element.append(this.lines);
    this.points = [];
    this.shapes = [];
  }

  /** Replaces all marks. Points: { place, text, label, kind, moved(place) }; shapes: { places, text, kind, closed }. */
  set(points, shapes) {
    const focused = this.points.findIndex(({ button }) => button === document.activeElement);
    this.points.forEach(({ button }) => button.remove());
    this.lines.replaceChildren();
    this.points = points.map((point) => ({ ...point, button: this.button(point) }));
    this.shapes = shapes.map((shape) => ({ ...shape, ...this.drawn(shape) }));
    this.element.append(...this.points.map(({ button }) => button));
    if (focused >= 0) this.points[focused]?.button.focus();
    if (this.last) this.update(...this.last);
  }

  button(point) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `mark ${point.kind}`;
    button.dataset.text = point.text;
    button.setAttribute("aria-label", point.label);
    const move = (x, y, isFinished) => {
      const own = this.points.find((one) => one.button === button);
      own.place = this.placeAt({ x, y });
      own.moved(own.place, isFinished);
      this.update(...this.last);
    };
    button.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const size = event.shiftKey ? 10 : 1;
      const [x, y] = this.screen(this.points.find((one) => one.button === button).place);
      move(x + step[0] * size, y + step[1] * size, true);
    });
    button.addEventListener("pointerdown", (event) => {
      button.setPointerCapture(event.pointerId);
      event.stopPropagation();
    });
    const at = (event) => {
      const box = this.element.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    button.addEventListener("pointermove", (event) => button.hasPointerCapture(event.pointerId) && move(...at(event), false));
    button.addEventListener("pointerup", (event) => button.hasPointerCapture(event.pointerId) && move(...at(event), true));
    return button;
  }

  drawn({ kind, text }) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", kind);
    this.lines.append(path);
    if (!text) return { path };
    const label = document.createElementNS(SVG, "text");
    label.textContent = text;
    this.lines.append(label);
    return { path, label };
  }

  screen(place) {
    const [transform, width, height] = this.last;
    const [x, y] = apply(transform, place);
    return [x + width / 2, y + height / 2];
  }

  /** Moves the marks to where their places are on the screen. */
  update(transform, width, height) {
    this.last = [transform, width, height];
    for (const { place, button } of this.points) {
      const [x, y] = this.screen(place);
      button.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    }
    for (const { places, path, label, closed } of this.shapes) {
      const corners = places.map((place) => this.screen(place).map((value) => value.toFixed(1)));
      path.setAttribute("d", `M${corners.join("L")}${closed ? "Z" : ""}`);
      label?.setAttribute("x", (corners[0][0] * 0.5 + corners[1][0] * 0.5).toFixed(1));
      label?.setAttribute("y", (corners[0][1] * 0.5 + corners[1][1] * 0.5 - 6).toFixed(1));
    }
  }
}
