// Buttons that share the address, or copy it or a text.

const message = document.getElementById("message");

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure context there is no clipboard: a selected field can be copied by hand and by old browsers.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  done(button);
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
    await text.then((text) => copy(text, button)).catch(() => link.click());
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
      if (isCopy) return copy(location.href, button);
      // Leaving the dialog is no error.
      navigator.share({ title: document.title, url: location.href }).catch(() => {});
    });
  }
}

/** Shows the buttons that copy the text of an element, or a file of the citation. */
export function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.closest(".copy").hidden = false;
    button.addEventListener("click", () => copy(document.getElementById(button.dataset.copy).textContent.trim(), button));
  }
  for (const button of document.querySelectorAll("[data-copy-file]")) {
    button.closest(".copy").hidden = false;
    button.addEventListener("click", () => copyFile(button));
  }
}
