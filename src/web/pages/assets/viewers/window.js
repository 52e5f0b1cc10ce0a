// Mirador's window settings: the manifest, at a canvas and a region of it if the page has them.
export function windowSettings({ manifest, canvas, region }) {
  const view = { manifestId: new URL(manifest, document.baseURI).href };
  if (canvas) view.canvasId = canvas;
  if (canvas && region) {
    const [x, y, width, height] = region.split(",").map(Number);
    view.initialViewerConfig = { x: x + width / 2, y: y + height / 2, zoom: 1 / (2 * Math.max(width, height)) };
  }
  return view;
}

/** Mirador 4.0 shows every body of a tag as a text, and fails at those that are links, such as concepts: these are left out. */
function withoutLinks(value) {
  if (Array.isArray(value)) return value.forEach(withoutLinks);
  if (typeof value !== "object" || value === null) return;
  if (value.motivation === "tagging" && value.body) value.body = [value.body].flat().filter((body) => body.value !== undefined);
  else Object.values(value).forEach(withoutLinks);
}

/** Mirador's settings of requests: manifests and annotation pages are read without what it cannot show. */
export const requests = {
  postprocessors: [(_, action) => withoutLinks(action.manifestJson ?? action.annotationJson)],
};
