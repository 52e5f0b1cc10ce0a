// Lists the annotations that wait for a decision, in text only.
import { create } from "./dom.js";

const section = document.getElementById("annotations");
const texts = JSON.parse(document.getElementById("review").dataset.texts);
// The most annotations in view.
const PAGE = 50;

/** Shows what waits. `call` asks the API; `run` reports what fails; `text` is a label in the page's language. */
export async function showAnnotations({ call, run, text }) {
  const { annotations } = await call(`review/annotations?limit=${PAGE}`);
  section.hidden = annotations.length === 0;
  section.querySelector("ul").replaceChildren(...annotations.map((annotation) => item(annotation, { call, run, text })));
}

export function hideAnnotations() {
  section.hidden = true;
  section.querySelector("ul").replaceChildren();
}

function item(annotation, page) {
  const link = create("a", { href: annotation.page, textContent: page.text(annotation.label), dir: "auto" });
  const words = create("p", { textContent: annotation.text, dir: "auto" });
  const by = create("p", { className: "hint", textContent: `${texts.by} ${annotation.creator}` });
  const decide = (status, label, look) => {
    const button = create("button", { type: "button", className: `button ${look}`.trim(), textContent: label });
    button.addEventListener("click", () =>
      page.run(async () => {
        const headers = { "If-Match": `"${annotation.revision}"` };
        await page.call(annotation.id, { method: "PATCH", headers, body: JSON.stringify({ status }) });
        await showAnnotations(page);
      }),
    );
    return button;
  };
  const buttons = create("div", {}, decide("accepted", texts.accept, "primary"), " ", decide("rejected", texts.reject, ""));
  return create("li", {}, link, words, by, buttons);
}
