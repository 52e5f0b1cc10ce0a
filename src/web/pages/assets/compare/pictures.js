// What is known of the picture of each view: where it is, its proportions, its scale, its work (pure).
import { scaleOf } from "./measure.js";

/** `loaded` are the sources of the state, as `Sources` gives them, an Error, or `null` while they load. */
export function picturesOf(state, loaded, texts) {
  const seen = new Map();
  return state.views.map((view) => {
    const source = state.sources[view.source];
    const found = loaded[view.source];
    const name = `${source.kind}:${source.id}#${view.canvas}.${view.image}`;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    const base = { key: `${name}#${seen.get(name)}`, source, ratio: 1, cm: null, scale: null };
    if (!found) return { ...base, picture: null, label: `${texts.loading}: ${source.id}` };
    if (found instanceof Error) return { ...base, picture: null, label: source.id };
    const canvas = found.manifest.canvases[view.canvas] ?? found.manifest.canvases[0];
    const picture = canvas?.pictures[view.image] ?? canvas?.pictures[0];
    if (!picture) return { ...base, picture: null, label: `${found.manifest.label}: ${texts.noPicture}` };
    return { ...base, ...described(view, found, canvas, picture) };
  });
}

function described(view, found, canvas, picture) {
  const { manifest, sizes } = found;
  const width = picture.width ?? canvas.width;
  const height = picture.height ?? canvas.height;
  const ratio = width > 0 && height > 0 ? height / width : 1;
  // Captures show what the first image of their canvas shows, and parts of a picture only a part of it.
  const recorded = picture.area ? null : (sizes.get(canvas.pictures[0].service) ?? null);
  const scale = scaleOf({ stated: view.width, perUnit: canvas.perUnit, canvasWidth: picture.area?.w ?? canvas.width, recorded, ratio });
  const parts = [manifest.label, manifest.canvases.length > 1 && canvas.label, canvas.pictures.length > 1 && picture.label];
  const label = [...new Set(parts.filter(Boolean))].join(" · ");
  return { picture, kind: picture.kind, canvas, manifest, found, width, height, ratio, scale, cm: scale?.cm ?? null, label: label || manifest.id };
}

/** The picture with its true size, and what its server can do, known once it is open. */
export function sized(picture, view, { width, height, kind }) {
  const { found, canvas } = picture;
  if (!found) return picture;
  return { ...picture, ...described(view, found, canvas, { ...picture.picture, width, height }), picture: picture.picture, kind: kind ?? picture.kind, width, height };
}
