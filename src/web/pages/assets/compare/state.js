// The arrangement as one value: which pictures, how they are shown, aligned and measured (pure).
//
// Sources are { kind: "work", id } (an object number here) or { kind: "manifest", id } (a URL); views refer to them by
// number. Lengths within a picture are fractions of its width, so that they hold for every size of the picture.

export const MODES = ["grid", "overlay", "curtain", "blink", "difference"];
export const LOCKS = ["locked", "free", "here"];
export const CHANNELS = ["", "r", "g", "b"];
export const UNITS = ["cm", "in"];
export const MAX_VIEWS = 6;

export const emptyState = () => ({
  mode: "grid",
  lock: "locked",
  unit: "cm",
  real: false,
  lines: false,
  opacity: 0.5,
  curtain: 0.5,
  blink: 1,
  selected: 1,
  sources: [],
  views: [],
  rulers: [],
});

/** A view of picture `image` of canvas `canvas` of source `source`, as it is before anything is changed. */
export const newView = (source, canvas = 0, image = 0) => ({
  source,
  canvas,
  image,
  // The centre of what is shown, in fractions of the picture's width, and how many widths of the picture fit the view's
  // width; `null` for the whole picture.
  at: null,
  degrees: 0,
  mirror: false,
  grey: false,
  contrast: 1,
  brightness: 1,
  channel: "",
  // The width of what the picture shows in centimetres, if a person has stated it.
  width: null,
  // Points of the first view and this one: [[ax, ay], [bx, by] or null].
  pairs: [],
  detail: null,
});

const round = (value, digits) => Number(Number(value).toFixed(digits));
const within = (value, low, high, or) =>
  Number.isFinite(value) ? Math.min(Math.max(value, low), high) : or;
const one = (value, allowed) => (allowed.includes(value) ? value : allowed[0]);
const whole = (value) => Math.round(within(value, 0, 9999, 0));
const place = (value) => round(within(value, -99, 99, 0), 6);
const point = ([x, y]) => [place(x), place(y)];

/** The state with every number rounded and within its limits, as it is in addresses. */
export function normalized(state) {
  const sources = state.sources.slice(0, MAX_VIEWS).map(({ kind, id }) => ({ kind, id }));
  const views = state.views.filter(({ source }) => source < sources.length).slice(0, MAX_VIEWS).map(normalizedView);
  return {
    mode: one(state.mode, MODES),
    lock: one(state.lock, LOCKS),
    unit: one(state.unit, UNITS),
    real: Boolean(state.real),
    lines: Boolean(state.lines),
    opacity: round(within(state.opacity, 0, 1, 0.5), 2),
    curtain: round(within(state.curtain, 0, 1, 0.5), 3),
    blink: round(within(state.blink, 0.5, 10, 1), 1),
    selected: Math.min(whole(state.selected), Math.max(views.length - 1, 1)),
    sources,
    views,
    rulers: state.rulers
      .filter(({ view }) => view < views.length)
      .slice(0, 20)
      .map(({ view, from, to }) => ({ view, from: point(from), to: point(to) })),
  };
}

function normalizedView(view) {
  const { at, detail, width } = view;
  const box = detail && { x: whole6(detail.x), y: whole6(detail.y), w: Math.max(whole6(detail.w), 1), h: Math.max(whole6(detail.h), 1), note: String(detail.note ?? "").slice(0, 500).toWellFormed() };
  return {
    source: whole(view.source),
    canvas: whole(view.canvas),
    image: whole(view.image),
    at: at && { x: place(at.x), y: place(at.y), widths: round(within(at.widths, 1e-5, 1000, 1), 5) || 1e-5 },
    degrees: round(within(view.degrees, -180, 180, 0), 2) + 0,
    mirror: Boolean(view.mirror),
    grey: Boolean(view.grey),
    contrast: round(within(view.contrast, 0, 3, 1), 2),
    brightness: round(within(view.brightness, 0, 3, 1), 2),
    channel: one(view.channel, CHANNELS),
    width: width > 0 && Number.isFinite(width) ? round(Math.min(Math.max(width, 0.01), 100000), 2) : null,
    pairs: view.pairs.slice(0, 20).map(([a, b]) => [point(a), b && point(b)]),
    detail: box,
  };
}

const whole6 = (value) => Math.round(within(value, 0, 9999999, 0));
