// The arrangement as a manifest of the Presentation API 3.0 (pure).
//
// A canvas for each view, with the region that is marked as an annotation, and before them one with all views placed as
// they are on the screen: side by side, or, where they are aligned, each in the upright rectangle around its place. IIIF
// cannot say shear, and viewers do not turn what a canvas has, so that the address of the page remains the exact form.
import { apply, compose, invert } from "./geometry.js";
import { serviceReference } from "./image_service.js";

const SIDE = 2000;

/** `views`: [{ picture, label, canvas, manifest, found, width, height, state, transform }]; `address` is this page's. */
export function arrangementManifest({ views, label, language, address, frame, isLayered, name }) {
  const id = (path) => `${address.split("#")[0]}#${path}`;
  const own = views.map((view, at) => viewCanvas(view, id(`canvas-${at + 1}`), language));
  const first = arrangementCanvas(views, id("canvas-0"), { label, language, frame, isLayered });
  return {
    "@context": "http://iiif.io/api/presentation/3/context.json",
    id: id("manifest"),
    type: "Manifest",
    label: { [language]: [label] },
    requiredStatement: { label: { en: ["Credits"], da: ["Kreditering"] }, value: { none: views.map(creditOf) } },
    homepage: [{ id: address, type: "Text", label: { [language]: [name] }, format: "text/html" }],
    items: [first, ...own],
  };
}

/** One line of credits: creators, title, number, statement and rights. */
export function creditOf({ found, manifest, label }) {
  const parts = [found?.creators?.join("; "), label, found?.number, manifest?.statement, manifest?.rights];
  return [...new Set(parts.filter(Boolean))].join(", ");
}

/** The image as its own manifest names it. */
function body({ picture, kind, width, height }) {
  const { service, url } = picture;
  const image = { id: url || `${service}/full/max/0/default.jpg`, type: "Image", format: "image/jpeg", width, height };
  return service ? { ...image, service: [serviceReference(service, kind ?? { version: 3 })] } : image;
}

const page = (id, items) => ({ id, type: "AnnotationPage", items });
const painting = (id, what, target) => ({ id, type: "Annotation", motivation: "painting", body: what, target });

function viewCanvas(view, id, language) {
  const { width, height, label, state, manifest } = view;
  const canvas = {
    id, type: "Canvas", width, height,
    label: { [language]: [label] },
    items: [page(`${id}/page`, [painting(`${id}/painting`, body(view), id)])],
    partOf: [{ id: manifest.id, type: "Manifest" }],
  };
  const box = state.detail;
  if (box) {
    const note = { type: "TextualBody", value: box.note || `${box.x},${box.y},${box.w},${box.h}`, format: "text/plain" };
    canvas.annotations = [page(`${id}/notes`, [{ id: `${id}/note`, type: "Annotation", motivation: "commenting", body: note, target: `${id}#xywh=${box.x},${box.y},${box.w},${box.h}` }])];
  }
  return canvas;
}

function arrangementCanvas(views, id, { label, language, frame, isLayered }) {
  const boxes = isLayered ? layered(views) : sideBySide(views);
  const width = SIDE;
  const [right, bottom] = [Math.max(...boxes.map(({ x, w }) => x + w)), Math.max(...boxes.map(({ y, h }) => y + h))];
  const height = Math.max(Math.round((SIDE * bottom) / right), 1);
  const target = ({ x, y, w, h }) => [x, y, w, h].map((value) => Math.max(Math.round((value * SIDE) / right), 0)).map((value, at) => (at > 1 ? Math.max(value, 1) : value));
  const items = views.map((view, at) => painting(`${id}/painting-${at + 1}`, body(view), `${id}#xywh=${target(boxes[at])}`));
  return { id, type: "Canvas", width, height, label: { [language]: [label] }, items: [page(`${id}/page`, items)] };
}

/** Whole pictures in rows of at most three, each in a field as wide as it is high. */
function sideBySide(views) {
  const columns = Math.min(views.length === 4 ? 2 : 3, views.length);
  return views.map(({ width, height }, at) => {
    const [w, h] = width > height ? [1, height / width] : [width / height, 1];
    return { x: (at % columns) * 1.05 + (1 - w) / 2, y: Math.floor(at / columns) * 1.05 + (1 - h) / 2, w, h };
  });
}

/** The rectangles around the pictures, in widths of the first one. */
function layered(views) {
  const first = invert(views[0].transform);
  const boxes = views.map(({ transform, width, height }) => {
    const ratio = height / width;
    const corners = [[0, 0], [1, 0], [1, ratio], [0, ratio]].map((corner) => apply(compose(first, transform), corner));
    const [xs, ys] = [0, 1].map((side) => corners.map((corner) => corner[side]));
    return { x: Math.min(...xs), y: Math.min(...ys), w: Math.max(...xs) - Math.min(...xs), h: Math.max(...ys) - Math.min(...ys) };
  });
  const [left, top] = [Math.min(...boxes.map(({ x }) => x)), Math.min(...boxes.map(({ y }) => y))];
  return boxes.map(({ x, y, w, h }) => ({ x: x - left, y: y - top, w, h }));
}
