// Opens the page's manifest in Mirador.
"use strict";

// Mirador's window settings: the manifest, at a canvas and a region of it if the page has them.
function windowSettings({ manifest, canvas, region }) {
  const view = { manifestId: new URL(manifest, document.baseURI).href };
  if (canvas) view.canvasId = canvas;
  if (canvas && region) {
    const [x, y, width, height] = region.split(",").map(Number);
    view.initialViewerConfig = { x: x + width / 2, y: y + height / 2, zoom: 1 / (2 * Math.max(width, height)) };
  }
  return view;
}

if (window.Mirador) {
  const viewerArea = document.getElementById("viewer");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const viewer = Mirador.viewer({
    id: viewerArea.id,
    language: document.documentElement.lang,
    selectedTheme: dark.matches ? "dark" : "light",
    windows: [windowSettings(viewerArea.dataset)],
    window: { allowClose: false, allowMaximize: false, sideBarOpen: false },
    workspace: { type: "single" },
    workspaceControlPanel: { enabled: false },
  });
  dark.addEventListener("change", () => {
    viewer.store.dispatch(Mirador.updateConfig({ selectedTheme: dark.matches ? "dark" : "light" }));
  });
}
