// Buttons that share the address, or copy it or a text.

import { copy } from "../shared/clipboard.js";

const message = document.getElementById("message");

/** Copies a text, and says so if the browser has. */
async function copyText(text, button) {
  if (await copy(text)) done(button);
}

/** Copies a file of the citation of what is shown. */
async function copyFile(button) {
  const links = [...document.querySelectorAll("#citation a[data-cite]")];
  const link = links.find(({ pathname }) => pathname.endsWith(`.${button.dataset.copyFile}`));
  const text = fetch(link.href).then((response) => (response.ok ? response.text() : Promise.reject(new Error(link.href))));
  try {
    // The clipboard is asked at once, because some browsers refuse it some time after the button was pressed.
    const blob = text.then((text) => new Blob([text], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    done(button);
  } catch {
    // What cannot be copied is downloaded.
    const isCopied = await text.then(copy).catch(() => false);
    if (isCopied) done(button);
    else link.click();
  }
}

function done(button) {
  const before = button.textContent;
  message.textContent = button.dataset.done;
  button.textContent = `✓ ${before.replace(/^✓ /, "")}`;
}

/** Shows the buttons of the address; sharing only where the browser can. */
export function shareButtons() {
  for (const button of document.querySelectorAll("[data-share]")) {
    const isCopy = button.dataset.share === "copy";
    button.closest(".share").hidden = !isCopy && !navigator.share;
    button.addEventListener("click", () => {
      if (isCopy) return copyText(location.href, button);
      // Leaving the dialog is no error.
      navigator.share({ title: document.title, url: location.href }).catch(() => {});
    });
  }
}

/** Shows the buttons that copy the text of an element, or a file of the citation. */
export function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.closest(".copy").hidden = false;
    button.addEventListener("click", () => copyText(document.getElementById(button.dataset.copy).textContent.trim(), button));
  }
  for (const button of document.querySelectorAll("[data-copy-file]")) {
    button.closest(".copy").hidden = false;
    button.addEventListener("click", () => copyFile(button));
  }
}
