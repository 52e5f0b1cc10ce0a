// How the views are shown: mode, lock, opacity, curtain and blinking.
import { byId, onAction } from "./dom.js";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;

export function toolbar(app) {
  const controls = [...document.querySelectorAll(".toolbar [data-for]")];
  for (const radio of document.querySelectorAll("[name=mode]")) {
    radio.addEventListener("change", () => app.setMode(radio.value));
  }
  byId("lock").addEventListener("change", (event) => app.setLock(event.target.value));
  for (const name of ["opacity", "curtain"]) {
    byId(name).addEventListener("input", (event) => {
      app.state[name] = Number(event.target.value);
      app.stage.layout();
      app.save();
    });
  }
  byId("blink").addEventListener("change", (event) => {
    app.state.blink = Math.min(Math.max(Number(event.target.value) || 1, 0.5), 10);
    blinking.restart();
    app.restyle();
  });
  onAction("whole", () => app.whole());
  const blinking = blink(app);
  dragCurtain(app);
  return { show: () => show(app, controls, blinking) };
}

function show(app, controls, blinking) {
  const { state, stage } = app;
  const mode = stage.isLayered ? state.mode : "grid";
  for (const radio of document.querySelectorAll("[name=mode]")) radio.checked = radio.value === state.mode;
  byId("lock").value = state.lock;
  for (const name of ["opacity", "curtain", "blink"]) if (document.activeElement !== byId(name)) byId(name).value = state[name];
  const needed = { opacity: "overlay", curtain: "curtain", blink: "blink" };
  for (const control of controls) control.hidden = control.dataset.for in needed && needed[control.dataset.for] !== mode;
  byId("view").value = String(app.selectedAt());
  blinking.update(mode === "blink");
}

/** One view after the other; a button pauses, and it begins paused where motion is to be reduced. */
function blink(app) {
  const button = byId("pause");
  let timer = null;
  let isPaused = reducedMotion;
  const step = () => {
    app.stage.shownInBlink += 1;
    app.stage.layout();
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
  };
  const update = (isOn) => {
    button.setAttribute("aria-pressed", String(isPaused));
    if (!isOn || isPaused) stop();
    else timer ??= setInterval(step, 1000 * app.state.blink);
  };
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    update(true);
  });
  return {
    update,
    restart: stop,
  };
}

/** The edge of the curtain follows the pointer; the range in the toolbar does the same by keys. */
function dragCurtain(app) {
  const { divider, element } = app.stage;
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = element.getBoundingClientRect();
    app.state.curtain = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    byId("curtain").value = app.state.curtain;
    app.stage.layout();
    app.save();
  });
}
