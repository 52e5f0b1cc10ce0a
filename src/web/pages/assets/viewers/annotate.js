// Opens the page's manifest in Mirador with its annotation plugin, for holders of a token.
import { ProtocolAdapter, Refused, containerOf } from "./annotation_adapter.js";
import { requests, windowSettings } from "./window.js";

const viewerArea = document.getElementById("viewer");
const signIn = document.getElementById("sign-in");
const message = document.getElementById("message");
const { bundle, wrongToken, failed, first } = viewerArea.dataset;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Says what went wrong; the server's reason is in English. */
function warn(text) {
  message.textContent = text;
  message.hidden = !text;
}

/** Fails if the server does not take the token. */
async function check(token) {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${containerOf(first)}?iris=1`, { headers, cache: "no-store" });
  if (!response.ok) throw new Refused(response.status);
}

async function open(token) {
  await check(token);
  sessionStorage.setItem("tegl-token", token);
  signIn.hidden = true;
  warn("");
  const { Mirador, annotationPlugins } = await import(bundle);
  // The plugin does not catch what its adapter refuses.
  addEventListener("unhandledrejection", ({ reason }) => {
    if (reason instanceof Refused) warn(`${failed} ${reason.message}`);
  });
  const settings = {
    id: viewerArea.id,
    language: document.documentElement.lang,
    selectedTheme: dark.matches ? "dark" : "light",
    annotation: { adapter: (canvasId) => new ProtocolAdapter(canvasId, token), exportLocalStorageAnnotations: false },
    annotations: { htmlSanitizationRuleSet: "iiif" },
    requests,
    windows: [windowSettings(viewerArea.dataset)],
    window: { allowClose: false, allowMaximize: false, sideBarOpen: true, defaultSideBarPanel: "annotations", highlightAllAnnotations: true },
    workspace: { type: "single" },
    workspaceControlPanel: { enabled: false },
  };
  Mirador.viewer(settings, annotationPlugins);
}

async function attempt(token) {
  try {
    await open(token);
  } catch (error) {
    signIn.hidden = false;
    if ([401, 403, 429].includes(error.status)) sessionStorage.removeItem("tegl-token");
    warn([401, 403, 429].includes(error.status) ? wrongToken : failed);
  }
}

signIn.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(signIn.elements.token.value.trim());
});

const known = sessionStorage.getItem("tegl-token");
if (known) attempt(known);
else signIn.hidden = false;
