// What the views show as one picture, with credits below.
import { creditOf } from "./export_manifest.js";
import { isPlain, tone } from "./tone.js";

const LINE = 18;
const MARGIN = 12;

/** Resolves with a PNG. Fails where a picture's server does not allow it to be read. */
export async function exportPng(app) {
  const { stage } = app;
  const box = stage.element.getBoundingClientRect();
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const credits = app.pictures.map((picture, at) => `${at + 1}. ${creditOf(picture)}`);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  context.font = "13px sans-serif";
  const lines = [...credits, `${app.name} · ${new Date().toISOString().slice(0, 10)} · ${app.texts.shownAs}`].flatMap((text) => wrapped(context, text, box.width - 2 * MARGIN));
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round((box.height + lines.length * LINE + 2 * MARGIN) * ratio);
  context.scale(ratio, ratio);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, box.width, canvas.height);
  context.fillStyle = app.state.mode === "difference" && stage.isLayered ? "#000" : "#ddd";
  context.fillRect(0, 0, box.width, box.height);
  stage.views.forEach((view, at) => stage.isAway(at) || drawView(context, app, view, at, box));
  context.fillStyle = "#000";
  context.font = "13px sans-serif";
  context.textBaseline = "top";
  lines.forEach((line, at) => context.fillText(line, MARGIN, box.height + MARGIN + at * LINE));
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("PNG"))), "image/png"));
}

function drawView(context, app, view, at, stageBox) {
  const { state, stage } = app;
  const source = view.picture.querySelector(".openseadragon-canvas canvas");
  if (!source || !view.isOpen) return;
  const box = view.element.getBoundingClientRect();
  const [x, y, width, height] = [box.left - stageBox.left, box.top - stageBox.top, box.width, box.height];
  context.save();
  context.beginPath();
  const isOver = stage.isLayered && at === stage.over;
  const cut = isOver && state.mode === "curtain" ? state.curtain * width : 0;
  context.rect(x + cut, y, width - cut, height);
  context.clip();
  if (isOver && state.mode === "overlay") context.globalAlpha = state.opacity;
  if (isOver && state.mode === "difference") context.globalCompositeOperation = "difference";
  context.translate(x + width / 2, y + height / 2);
  context.transform(...view.residual);
  context.scale(view.overscan, view.overscan);
  context.drawImage(toned(source, state.views[at]), -width / 2, -height / 2, width, height);
  context.restore();
  context.save();
  context.translate(x, y);
  drawMarks(context, view);
  context.restore();
}

/** The canvas, or a copy of it with the view's tones. */
function toned(source, view) {
  if (isPlain(view)) return source;
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [source.width, source.height];
  const context = copy.getContext("2d");
  context.drawImage(source, 0, 0);
  const pixels = context.getImageData(0, 0, copy.width, copy.height);
  tone(pixels.data, view);
  context.putImageData(pixels, 0, 0);
  return copy;
}

function drawMarks(context, view) {
  context.strokeStyle = "#fff";
  context.fillStyle = "#fff";
  context.shadowColor = "#000";
  context.shadowBlur = 3;
  context.lineWidth = 2;
  for (const { path, label } of view.marks.shapes) {
    context.stroke(new Path2D(path.getAttribute("d")));
    if (label) context.fillText(label.textContent, Number(label.getAttribute("x")), Number(label.getAttribute("y")));
  }
}

function wrapped(context, text, width) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (lines.at(-1) && context.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
