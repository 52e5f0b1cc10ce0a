// The arrangement as an address, and back (pure): `?works=A,B&manifest=URL#c=1&…`.
//
// Sources are in the query, so that the server can list them without script: first works, then manifests. The rest is in
// the fragment as parameters; `c` is its version. What is as it is by default is left out.
import { emptyState, newView, normalized } from "./state.js";

const VERSION = "1";
const NAMES = { mode: "m", lock: "k", unit: "u", opacity: "o", curtain: "s", blink: "b", selected: "v" };
const NUMBERS = ["opacity", "curtain", "blink", "selected"];
const FLAGS = { real: "r", lines: "l" };

/** The query and fragment of an address: { query, hash }. `keep` are other parameters of the query, as `lang=da`. */
export function encode(state, keep = []) {
  const { sources, views, rulers, ...rest } = ordered(normalized(state));
  const works = sources.filter(({ kind }) => kind === "work").map(({ id }) => encodeURIComponent(id));
  const manifests = sources.filter(({ kind }) => kind === "manifest").map(({ id }) => `manifest=${encodeURIComponent(id)}`);
  const query = [...(works.length ? [`works=${works.join(",")}`] : []), ...manifests, ...keep].join("&");
  const hash = new URLSearchParams({ c: VERSION });
  const defaults = emptyState();
  for (const [name, short] of Object.entries(NAMES)) if (rest[name] !== defaults[name]) hash.append(short, rest[name]);
  for (const [name, short] of Object.entries(FLAGS)) if (rest[name]) hash.append(short, "1");
  views.forEach((view) => hash.append("w", viewText(view)));
  views.forEach(({ pairs }, at) => pairs.length && hash.append("p", `${at}:${pairs.map(pairText).join(";")}`));
  views.forEach(({ detail: box }, at) => box && hash.append("d", `${at}:${box.x},${box.y},${box.w},${box.h}:${box.note}`));
  rulers.forEach(({ view, from, to }) => hash.append("x", `${view}:${[...from, ...to]}`));
  return { query: query ? `?${query}` : "", hash: `#${String(hash).replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%3B", ";")}` };
}

/** Works before manifests, and what refers to them accordingly. */
function ordered(state) {
  const rank = state.sources.map((source, at) => ({ source, at }));
  rank.sort((a, b) => (a.source.kind === "manifest") - (b.source.kind === "manifest") || a.at - b.at);
  const views = state.views.map((view) => ({ ...view, source: rank.findIndex(({ at }) => at === view.source) }));
  return { ...state, sources: rank.map(({ source }) => source), views };
}

const flags = (view) => `${view.mirror ? "m" : ""}${view.grey ? "y" : ""}${view.channel}`;

/** `source.canvas.image,x,y,widths,degrees,flags,contrast,brightness,width`, without what is empty at the end. */
function viewText(view) {
  const { source, canvas, image, at, degrees, contrast, brightness, width } = view;
  const or = (value, usual) => (value === usual ? "" : value);
  const parts = [`${source}.${canvas}.${image}`, at?.x ?? "", at?.y ?? "", at?.widths ?? "", or(degrees, 0), flags(view), or(contrast, 1), or(brightness, 1), width ?? ""];
  while (parts.at(-1) === "") parts.pop();
  return parts.join(",");
}

const pairText = ([a, b]) => [...a, ...(b ?? [])].join(",");

/** The state of an address; what cannot be read is as it is by default. */
export function decode({ query = "", hash = "" }) {
  const state = emptyState();
  state.sources = sourcesOf(query);
  const read = new URLSearchParams(hash.replace(/^#/, ""));
  if (read.get("c") !== VERSION) return normalized({ ...state, views: state.sources.map((_, at) => newView(at)) });
  for (const [name, short] of Object.entries(NAMES)) {
    if (read.has(short)) state[name] = NUMBERS.includes(name) ? Number(read.get(short)) : read.get(short);
  }
  for (const [name, short] of Object.entries(FLAGS)) state[name] = read.get(short) === "1";
  state.views = read.getAll("w").map(viewOf).filter(({ source }) => source < state.sources.length);
  for (const [at, text] of numbered(read.getAll("p"))) {
    if (state.views[at]) state.views[at].pairs = text.split(";").map(pairOf).filter(Boolean);
  }
  for (const [at, text] of numbered(read.getAll("d"))) {
    const box = /^(\d+),(\d+),(\d+),(\d+):([^]*)$/.exec(text);
    if (box && state.views[at]) state.views[at].detail = { x: +box[1], y: +box[2], w: +box[3], h: +box[4], note: box[5] };
  }
  for (const [view, text] of numbered(read.getAll("x"))) {
    const ends = text.split(",").map(Number);
    if (ends.length === 4 && ends.every(Number.isFinite)) state.rulers.push({ view, from: ends.slice(0, 2), to: ends.slice(2) });
  }
  return normalized(state);
}

/** The works and manifests of a query. Commas separate works before they are decoded. */
export function sourcesOf(query) {
  const pairs = query.replace(/^\?/, "").split("&");
  const after = (name) => pairs.filter((pair) => pair.startsWith(name)).map((pair) => pair.slice(name.length));
  const works = after("works=").flatMap((list) => list.split(",")).filter(Boolean).map((id) => ({ kind: "work", id: decoded(id) }));
  const manifests = after("manifest=").filter(Boolean).map((id) => ({ kind: "manifest", id: decoded(id) }));
  return [...works, ...manifests].filter(({ id }) => id);
}

/** A percent-encoded text; empty if it is none. */
export function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return "";
  }
}

const numbered = (texts) => texts.map((text) => /^(\d+):([^]*)$/.exec(text)).filter(Boolean).map(([, at, rest]) => [Number(at), rest]);

function viewOf(text) {
  const [place, x, y, widths, degrees, marks = "", contrast, brightness, width] = text.split(",");
  const [source, canvas, image] = place.split(".").map(Number);
  const or = (value, usual) => (value === undefined || value === "" ? usual : Number(value));
  return {
    ...newView(source, canvas, image),
    at: x && y && widths ? { x: Number(x), y: Number(y), widths: Number(widths) } : null,
    degrees: or(degrees, 0),
    mirror: marks.includes("m"),
    grey: marks.includes("y"),
    channel: /[rgb]/.exec(marks)?.[0] ?? "",
    contrast: or(contrast, 1),
    brightness: or(brightness, 1),
    width: or(width, null),
  };
}

function pairOf(text) {
  const numbers = text.split(",").map(Number);
  if (![2, 4].includes(numbers.length) || !numbers.every(Number.isFinite)) return null;
  return [numbers.slice(0, 2), numbers.length === 4 ? numbers.slice(2) : null];
}
