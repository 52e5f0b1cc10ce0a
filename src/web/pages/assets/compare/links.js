// How the views are tied to each other (pure): for each view the transform from places in the first picture to places in
// its own, both in fractions of the picture's width. `null` for a view that is free.
import { IDENTITY, apply, compose, fit, invert, orientation } from "./geometry.js";

/** The pairs of a view that are complete. */
export const completePairs = ({ pairs }) => pairs.filter(([, b]) => b);

/** The alignment of a view by its pairs of points; `null` without. */
export const alignment = (view) => fit(completePairs(view), false);

/**
 * `pictures` are { ratio (height by width), cm }, `frame` is the width by the height of a view on the screen, `here` the
 * transforms that were kept when the views were locked from where they were.
 */
export function links(state, pictures, frame, here) {
  return state.views.map((view, at) => {
    if (at === 0) return IDENTITY;
    const aligned = alignment(view);
    if (state.lock === "free") return null;
    if (aligned) return aligned.transform;
    if (state.lock === "here") return here[at] ?? null;
    return byCentres(state, pictures, frame, at);
  });
}

/** Centre to centre, at the same size of the whole picture, or at the same scale if both are known and wanted. */
function byCentres(state, pictures, frame, at) {
  const [first, own] = [pictures[0], pictures[at]];
  if (!first || !own) return null;
  const byScale = state.real && first.cm && own.cm;
  const factor = byScale ? first.cm / own.cm : widthsToFit(own.ratio, frame) / widthsToFit(first.ratio, frame);
  const turn = compose(invert(turnOf(state.views[at])), turnOf(state.views[0]));
  const scaled = turn.map((value) => value * factor);
  const [x, y] = apply([...scaled.slice(0, 4), 0, 0], [0.5, first.ratio / 2]);
  return [...scaled.slice(0, 4), 0.5 - x, own.ratio / 2 - y];
}

const turnOf = ({ degrees, mirror }) => orientation(degrees, mirror);

/** How many widths of a picture a view has when it shows the whole picture. */
export const widthsToFit = (ratio, frame) => Math.max(1, ratio * frame) * 1.02;

/** How many widths of the first picture its view has when every view shows its whole picture. */
export function firstWidths(state, pictures, frame) {
  const [first] = pictures;
  const own = widthsToFit(first.ratio, frame);
  if (!state.real || state.lock !== "locked" || !first.cm) return own;
  const others = pictures.filter(({ cm }, at) => cm && !alignment(state.views[at]));
  return Math.max(own, ...others.map(({ ratio, cm }) => (widthsToFit(ratio, frame) * cm) / first.cm));
}

/** What `at` of a view is on the screen: from fractions of the picture's width to pixels from the view's centre. */
export function screenTransform(view, picture, width, frame, whole = widthsToFit(picture.ratio, frame)) {
  const { x, y, widths } = view.at ?? { x: 0.5, y: picture.ratio / 2, widths: whole };
  const [a, b, c, d] = orientation(view.degrees, view.mirror).map((value) => (value * width) / widths);
  return [a, b, c, d, -(a * x + c * y), -(b * x + d * y)];
}

/** The transforms of all views when that of `lead` is `transform`; `null` for those that stay as they are. */
export function followed(tied, lead, transform) {
  if (!tied[lead]) return tied.map((_, at) => (at === lead ? transform : null));
  const first = compose(transform, tied[lead]);
  return tied.map((link, at) => (at === lead ? transform : link && compose(first, invert(link) ?? IDENTITY)));
}
