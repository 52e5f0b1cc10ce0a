// Lengths on pictures: their scale from recorded dimensions with its error, rulers and scale bars (pure).

const CENTIMETRES = { mm: 0.1, cm: 1, m: 100, in: 2.54, inch: 2.54, inches: 2.54, '"': 2.54 };
export const INCH = 2.54;
const FRAME = /frame|ramme/i;
/** Measured parts that are larger than the work itself. */
const OUTER = /frame|ramme|mount|passe|box|brutto/i;

/**
 * Height and width of the work, or of its frame, in centimetres with the error by rounding: { height, width }; from a
 * record's `dimensions`. The work is not measured by its frame or mount, nor the other way round.
 */
export function recordedSize(dimensions, { ofFrame = false } = {}) {
  const usable = (dimensions ?? []).map(measure).filter(Boolean);
  const groups = new Map();
  for (const { part, kind, ...length } of usable) {
    const group = groups.get(part) ?? {};
    group[kind] ??= length;
    groups.set(part, group);
  }
  const complete = [...groups].filter(([, { width, height }]) => width && height);
  return complete.find(([part]) => (ofFrame ? FRAME.test(part) : !OUTER.test(part)))?.[1] ?? null;
}

/**
 * The recorded size of what the images of a work show: by image service, { height, width }.
 *
 * A record's dimensions are those of the whole work, so that only an image of its whole front has their scale. A wrong
 * scale looks as right as a true one, so what might show something else gets none: backs (which may show the stretcher or
 * the frame), details, images of a part of the work, and fronts after the first, because an image of which the record says
 * nothing counts as a front. An image of the frame has the frame's dimensions, if those are recorded. Captures of a view
 * share its canvas, and with it its scale.
 */
export function sizesByImage(record) {
  const { images = [], dimensions, parts } = record ?? {};
  const inParts = filesOf(parts);
  const ofRole = (role) => images.filter((image) => (image.role ?? "recto") === role && !inParts.has(image.file));
  // Also if it is not shown here: the next one does not take its place.
  const front = ofRole("recto").slice(0, 1);
  const ofFrame = recordedSize(dimensions, { ofFrame: true });
  const sizes = [...front.map(({ service }) => [service, recordedSize(dimensions)]), ...ofRole("frame").map(({ service }) => [service, ofFrame])];
  return new Map(sizes.filter(([service, size]) => service && size));
}

const filesOf = (parts) => new Set((parts ?? []).flatMap(({ images, parts: inner }) => [...(images ?? []), ...filesOf(inner)]));

function measure({ part, kind, value, unit, text }) {
  const side = /^(width|bredde)$/i.test(kind ?? "") ? "width" : /^(height|højde)$/i.test(kind ?? "") ? "height" : null;
  const factor = CENTIMETRES[(unit ?? "").toLowerCase()];
  if (!side || !factor || !(value > 0)) return null;
  const written = /\d+[.,](\d+)/.exec(text ?? "")?.[1] ?? String(value).split(".")[1] ?? "";
  return { part: part ?? "", kind: side, cm: value * factor, error: (0.5 * factor) / 10 ** written.length };
}

/**
 * The centimetres of a picture's width, and the relative error: from a person's width, a canvas's scale, or height and
 * width as recorded; `null` if nothing is known.
 */
export function scaleOf({ stated, perUnit, canvasWidth, recorded, ratio }) {
  if (stated) return { cm: stated, error: 0.5 / 10 ** decimals(stated) / stated, from: "stated" };
  if (perUnit && canvasWidth) return { cm: perUnit * canvasWidth, error: 0, from: "canvas" };
  if (!recorded) return null;
  const byHeight = recorded.height.cm / ratio;
  const byWidth = recorded.width.cm;
  const cm = Math.sqrt(byHeight * byWidth);
  const rounding = Math.max(recorded.width.error / recorded.width.cm, recorded.height.error / recorded.height.cm);
  const difference = Math.abs(byHeight - byWidth) / (byHeight + byWidth);
  // A picture in other proportions than the recorded ones shows something else, as a detail or the frame.
  if (difference > 0.15) return null;
  return { cm, error: rounding + difference, from: "recorded" };
}

const decimals = (value) => (String(value).split(".")[1] ?? "").length;

/** The length between two points in fractions of the picture's width: { cm, error } in centimetres. */
export function lengthOf([ax, ay], [bx, by], scale, pixel) {
  const distance = Math.hypot(bx - ax, by - ay);
  return { cm: distance * scale.cm, error: distance * scale.cm * scale.error + Math.SQRT2 * pixel * scale.cm };
}

/** `12.3 ± 0.4 cm`: with as many decimals as the error has sense for. */
export function lengthText({ cm, error }, unit, language) {
  const factor = unit === "in" ? 1 / INCH : 1;
  const [length, doubt] = [cm * factor, error * factor];
  const places = Math.min(Math.max(Math.ceil(-Math.log10(Math.max(doubt, 1e-6))), 0), 3);
  const number = (value) => value.toLocaleString(language, { minimumFractionDigits: places, maximumFractionDigits: places });
  return `${number(length)} ± ${number(Math.max(doubt, 10 ** -places))} ${unit}`;
}

/** A round length for a bar of at most `pixels`: { length in the unit, pixels }. */
export function scaleBar(pixelsPerCm, unit, pixels = 140) {
  const perUnit = pixelsPerCm * (unit === "in" ? INCH : 1);
  if (!(perUnit > 0) || !Number.isFinite(perUnit)) return null;
  const most = pixels / perUnit;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((step) => step * power).find((step) => step <= most) ?? power;
  return { length: Number(length.toPrecision(2)), pixels: length * perUnit };
}
