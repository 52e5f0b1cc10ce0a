// The views side by side or on top of each other, and how they follow each other.
import { compose, determinant, invert } from "./geometry.js";
import { alignment, firstWidths, followed, links, screenTransform } from "./links.js";
import { scaleBar } from "./measure.js";
import { styleOf } from "./tone.js";
import { View } from "./view.js";

export class Stage {
  /** `app`: { state, pictures, moved(), pressed(at, place), failed(at), key(event), opened(at) }. */
  constructor(element, app) {
    this.element = element;
    this.app = app;
    this.views = [];
    this.lead = 0;
    this.here = [];
    this.shownInBlink = 0;
    // Whether a person has moved a view since it was placed.
    this.isMoved = false;
    this.divider = document.createElement("div");
    this.divider.className = "divider";
    this.divider.setAttribute("aria-hidden", "true");
    element.append(this.divider);
  }

  get state() {
    return this.app.state;
  }

  get isLayered() {
    return this.state.mode !== "grid" && this.state.views.length > 1;
  }

  /** The width by the height of a view. */
  get frame() {
    const first = this.views[0];
    return first ? first.width / first.height : 1;
  }

  /** The view that lies over the first one. */
  get over() {
    return Math.min(Math.max(this.state.selected, 1), this.views.length - 1);
  }

  /** Makes the figures agree with the views of the state; keeps those whose picture has not changed. */
  rebuild() {
    const old = this.views;
    const keys = this.app.pictures.map(({ key }) => key);
    this.views = keys.map((key) => {
      const at = old.findIndex((view) => view?.key === key);
      return at < 0 ? this.newView(key) : old.splice(at, 1)[0];
    });
    old.forEach((view) => view.destroy());
    this.lead = 0;
    this.element.append(...this.views.map(({ element }) => element));
    this.layout();
    this.views.forEach((view, at) => {
      const { picture, label } = this.app.pictures[at];
      if (view.opened !== picture || !picture) view.open(picture, `${at + 1}. ${label}`);
      view.opened = picture;
    });
    this.here = [];
    this.place();
  }

  newView(key) {
    const at = () => this.views.indexOf(view);
    const view = new View({
      info: (service) => this.app.sources.info(service),
      moved: () => at() === this.lead && this.follow(),
      resized: () => this.place(),
      opened: (size) => {
        this.app.opened(at(), size);
        this.here = [];
        this.place();
      },
      failed: () => this.app.failed(at()),
      key: (event) => this.app.key(event),
      pressed: (event, place) => this.app.pressed(at(), place, event),
      doubleClicked: (event) => this.app.doubleClicked(event),
      dragged: (event, place, before) => this.app.dragged(at(), event, place, before),
      dragEnded: (event) => this.app.dragEnded(at(), event),
    });
    view.key = key;
    const leads = () => {
      this.lead = at();
      this.isMoved = true;
    };
    for (const kind of ["pointerdown", "wheel", "keydown", "touchstart"]) {
      view.element.addEventListener(kind, leads, { capture: true, passive: true });
    }
    return view;
  }

  /** The ties between the views, from the state. */
  retie() {
    this.here = this.state.lock === "here" ? this.keptHere() : [];
    this.tied = links(this.state, this.app.pictures, this.frame, this.here);
  }

  /** Where each view was against the first when they were locked. */
  keptHere() {
    const [first, ...others] = this.state.views.map((view, at) => this.ownTransform(view, at));
    const now = others.map((own) => own && first && compose(invert(own), first));
    return [null, ...now.map((link, at) => this.here[at + 1] ?? link)];
  }

  ownTransform(view, at) {
    const picture = this.app.pictures[at];
    const whole = at === 0 && picture ? firstWidths(this.state, this.app.pictures, this.frame) : undefined;
    return picture && screenTransform(view, picture, this.views[at]?.width ?? 1, this.frame, whole);
  }

  /** Shows what the state says: the first view where it is, those that are tied to it accordingly, the others too. */
  place() {
    if (!this.views.length) return;
    this.views.forEach((view) => view.measure());
    this.retie();
    const own = this.state.views.map((view, at) => this.ownTransform(view, at));
    const all = followed(this.tied, 0, own[0]);
    this.isMoved = false;
    this.views.forEach((view, at) => view.show(all[at] ?? own[at]));
    this.describe();
  }

  /** Lets the other views follow the one that is being moved. */
  follow() {
    const lead = this.views[this.lead];
    if (!lead?.isOpen || !this.tied) return;
    const transform = lead.read();
    lead.update(transform);
    followed(this.tied, this.lead, transform).forEach((one, at) => at !== this.lead && one && this.views[at].show(one));
    // A view that nobody has moved shows the whole picture in a window of any size.
    if (this.isMoved) this.views.forEach((view, at) => view.transform && (this.state.views[at].at = view.at));
    this.describe();
    this.app.moved();
  }

  /** Scale bars. */
  describe() {
    this.views.forEach((view, at) => {
      const cm = this.app.pictures[at]?.cm;
      const bar = cm && view.transform && scaleBar(Math.sqrt(Math.abs(determinant(view.transform))) / cm, this.state.unit);
      view.bar.hidden = !bar;
      if (!bar) return;
      const barWidth = `${bar.pixels.toFixed(1)}px`;
      if (view.bar.style.width !== barWidth) view.bar.style.width = barWidth;
      const text = `${bar.length.toLocaleString(this.app.language)} ${this.state.unit}`;
      if (view.bar.textContent !== text) view.bar.textContent = text;
    });
  }

  /** Mode, opacity, curtain and tones; nothing moves. */
  layout() {
    const { state, element, over } = this;
    element.dataset.mode = this.isLayered ? state.mode : "grid";
    element.dataset.count = String(state.views.length);
    element.style.setProperty("--views", state.views.length);
    element.classList.toggle("lines", state.lines);
    this.divider.hidden = !(this.isLayered && state.mode === "curtain");
    this.divider.style.left = `${100 * state.curtain}%`;
    this.views.forEach((view, at) => {
      const isOver = this.isLayered && at === over;
      view.element.classList.toggle("selected", at === state.selected && this.views.length > 1);
      view.element.classList.toggle("over", isOver);
      view.element.classList.toggle("away", this.isAway(at));
      view.frame.style.opacity = isOver && state.mode === "overlay" ? String(state.opacity) : "";
      view.frame.style.clipPath = isOver && state.mode === "curtain" ? `inset(0 0 0 ${100 * state.curtain}%)` : "";
      view.element.dataset.passes = String(this.isLayered && at !== this.handled(over));
      view.frame.style.filter = styleOf(state.views[at]);
    });
  }

  /** The view that takes the pointer where they lie on top of each other: the upper one where it moves on its own. */
  handled(over) {
    return this.state.lock === "free" && !alignment(this.state.views[over]) ? over : 0;
  }

  isAway(at) {
    if (!this.isLayered) return false;
    if (this.state.mode === "blink") return at !== this.shownInBlink % this.views.length;
    return at !== 0 && at !== this.over;
  }
}
