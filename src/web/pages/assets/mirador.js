// Opens the manifest that the page names in Mirador.
"use strict";

if (window.Mirador) {
  const stage = document.getElementById("viewer");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const viewer = Mirador.viewer({
    id: stage.id,
    selectedTheme: dark.matches ? "dark" : "light",
    windows: [{ manifestId: new URL(stage.dataset.manifest, document.baseURI).href }],
    window: { allowClose: false, allowMaximize: false, sideBarOpen: false },
    workspace: { type: "single" },
    workspaceControlPanel: { enabled: false },
  });
  dark.addEventListener("change", () => {
    viewer.store.dispatch(Mirador.updateConfig({ selectedTheme: dark.matches ? "dark" : "light" }));
  });
}
