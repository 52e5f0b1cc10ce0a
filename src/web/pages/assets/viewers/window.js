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
