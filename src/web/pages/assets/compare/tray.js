// The «compare» buttons and tray of any page.
//
// Interface for other pages:
//
// - On the server: `compare::button(context, id, label)` writes the button, `compare::tray(context)` the tray (once,
//   before the footer); add `compare::TRAY` (script and style sheet) to the files of `document`.
// - The button is <button type="button" class="compare-button" hidden data-compare="ID" data-label="TITLE">, where ID is
//   an object number or the URL of a manifest. It is hidden without script, is pressed while the work is in the tray,
//   and adds or removes it.
// - Buttons that are added to the page later (further results) work without a call: clicks are listened for on the
//   document. Call `refresh(root)` for new content, so that its buttons are shown and pressed as they should be.
// - The choice is kept in localStorage (`tray_store.js`) and is the same in all windows. No cookie, no request.
import { MAX_WORKS, chosenWorks, keepWorks, onChoice, worksParameter } from "./tray_store.js";

const tray = document.getElementById("compare-tray");
const texts = JSON.parse(tray?.dataset.texts ?? "{}");

/** Shows the buttons below `root`, pressed where their work is in the tray. */
export function refresh(root = document) {
  const chosen = new Set(chosenWorks().map(({ id }) => id));
  for (const button of root.querySelectorAll("[data-compare]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(chosen.has(button.dataset.compare)));
  }
}

function toggle({ compare: id, label }) {
  const works = chosenWorks();
  const others = works.filter((work) => work.id !== id);
  if (others.length < works.length) return keepWorks(others);
  if (works.length >= MAX_WORKS) return say(texts.full);
  keepWorks([...works, { id, label: label || id }]);
}

function say(text) {
  tray.querySelector("[role=status]").textContent = text ?? "";
}

function showTray() {
  const works = chosenWorks();
  refresh();
  if (!tray) return;
  tray.hidden = works.length === 0;
  tray.querySelector("ul").replaceChildren(...works.map(listItem));
  const link = tray.querySelector("a");
  const page = new URL(tray.dataset.page, document.baseURI);
  const separator = page.search ? "&" : "?";
  link.href = `${page.pathname}${page.search}${separator}${worksParameter(works)}`;
  link.querySelector("span").textContent = String(works.length);
  say("");
}

function listItem({ id, label }) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.dir = "auto";
  name.textContent = label;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.textContent = "×";
  remove.setAttribute("aria-label", `${texts.remove}: ${label}`);
  remove.addEventListener("click", () => {
    keepWorks(chosenWorks().filter((work) => work.id !== id));
    (tray.hidden ? document.querySelector("[data-compare]") : tray.querySelector("a"))?.focus();
  });
  item.append(name, remove);
  return item;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-compare]");
  if (button) toggle(button.dataset);
});
tray?.querySelector("[data-clear]").addEventListener("click", () => {
  keepWorks([]);
  document.querySelector("[data-compare]")?.focus();
});
onChoice(showTray);
showTray();
