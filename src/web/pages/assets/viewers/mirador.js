// Opens the page's manifest in Mirador.
import { requests, windowSettings } from "./window.js";

if (window.Mirador) {
  const viewerArea = document.getElementById("viewer");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const viewer = Mirador.viewer({
    id: viewerArea.id,
    language: document.documentElement.lang,
    selectedTheme: dark.matches ? "dark" : "light",
    requests,
    windows: [windowSettings(viewerArea.dataset)],
    window: { allowClose: false, allowMaximize: false, sideBarOpen: false },
    workspace: { type: "single" },
    workspaceControlPanel: { enabled: false },
  });
  dark.addEventListener("change", () => {
    viewer.store.dispatch(Mirador.updateConfig({ selectedTheme: dark.matches ? "dark" : "light" }));
  });
}
