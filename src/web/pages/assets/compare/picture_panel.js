// Turning, mirroring and tones of the selected view; all in the browser only.
import { byId, onAction } from "./dom.js";
import { alignment } from "./links.js";
import { newView } from "./state.js";

const TONES = ["contrast", "brightness"];
const BOXES = ["grey"];

export function picturePanel(app) {
  const view = () => app.state.views[app.selectedAt()];
  // A view that is aligned by points lies as the first one does, so that both are turned.
  const turned = () => (view() && alignment(view()) ? app.state.views[0] : view());
  const orient = (change) => {
    const one = turned();
    if (!one) return;
    change(one);
    one.degrees = ((((one.degrees + 180) % 360) + 360) % 360) - 180;
    app.stage.here = [];
    app.replace();
  };
  onAction("turn-left", () => orient((one) => (one.degrees -= 90)));
  onAction("turn-right", () => orient((one) => (one.degrees += 90)));
  byId("angle").addEventListener("change", (event) => orient((one) => (one.degrees = Number(event.target.value) || 0)));
  byId("mirror").addEventListener("change", (event) => orient((one) => (one.mirror = event.target.checked)));
  for (const name of TONES) byId(name).addEventListener("input", (event) => set(app, view(), name, Number(event.target.value)));
  for (const name of BOXES) byId(name).addEventListener("change", (event) => set(app, view(), name, event.target.checked));
  byId("channel").addEventListener("change", (event) => set(app, view(), "channel", event.target.value));
  byId("lines").addEventListener("change", (event) => {
    app.state.lines = event.target.checked;
    app.restyle();
  });
  onAction("reset", () => {
    const { degrees, mirror, grey, contrast, brightness, channel } = newView(0);
    Object.assign(view() ?? {}, { degrees, mirror, grey, contrast, brightness, channel });
    app.stage.here = [];
    app.replace();
  });
}

function set(app, view, name, value) {
  if (!view) return;
  view[name] = value;
  app.restyle();
}

/** Shows what the selected view has. */
export function showPicture(app) {
  const view = app.state.views[app.selectedAt()];
  if (!view) return;
  const turned = alignment(view) ? app.state.views[0] : view;
  byId("angle").value = turned.degrees;
  byId("mirror").checked = turned.mirror;
  byId("lines").checked = app.state.lines;
  for (const name of TONES) byId(name).value = view[name];
  for (const name of BOXES) byId(name).checked = view[name];
  byId("channel").value = view.channel;
}
