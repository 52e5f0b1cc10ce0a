// Lets visitors draw a rectangle on a picture: dispatches `drawn` with its place in percent, and fills the form beside it.

const LEAST = 3; // percent

let drawing = null; // { frame, from, pointer }

document.addEventListener("pointerdown", (event) => {
  const frame = event.target.closest?.(".drawing[data-draw]");
  if (!frame || event.button !== 0) return;
  event.preventDefault();
  frame.setPointerCapture(event.pointerId);
  drawing = { frame, from: place(frame, event), pointer: event.pointerId };
});
document.addEventListener("pointermove", (event) => {
  if (event.pointerId === drawing?.pointer) mark(drawing.frame, region(event));
});
document.addEventListener("pointerup", (event) => {
  if (event.pointerId !== drawing?.pointer) return;
  const { frame } = drawing;
  const found = region(event);
  drawing = null;
  if (found.width < LEAST || found.height < LEAST) return;
  fill(frame, found);
  frame.dispatchEvent(new CustomEvent("drawn", { bubbles: true, detail: found }));
});
document.addEventListener("pointercancel", () => (drawing = null));
for (const form of document.querySelectorAll("form.detail")) {
  form.addEventListener("input", () => {
    const [x, y, width, height] = ["x", "y", "w", "h"].map((name) => Number(form.elements[name].value));
    mark(form.closest(".like").querySelector(".drawing"), { x, y, width, height });
  });
}

// In percent of the picture.
function place(frame, event) {
  const box = frame.querySelector("img").getBoundingClientRect();
  const within = (share) => Math.min(100, Math.max(0, 100 * share));
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

function region(event) {
  const [from, to] = [drawing.from, place(drawing.frame, event)];
  const [x, y] = [Math.min(from[0], to[0]), Math.min(from[1], to[1])];
  return { x, y, width: Math.abs(from[0] - to[0]), height: Math.abs(from[1] - to[1]) };
}

function mark(frame, { x, y, width, height }) {
  let shown = frame.querySelector(".region");
  if (!shown) {
    shown = frame.appendChild(document.createElement("span"));
    shown.className = "region";
  }
  Object.assign(shown.style, { left: `${x}%`, top: `${y}%`, width: `${width}%`, height: `${height}%` });
}

function fill(frame, { x, y, width, height }) {
  const form = frame.closest(".like")?.querySelector("form.detail");
  if (!form) return;
  for (const [name, value] of Object.entries({ x, y, w: width, h: height })) {
    form.elements[name].value = value.toFixed(2);
  }
  form.querySelector("button").focus({ preventScroll: true });
}
