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

/** Shows the buttons that copy the text of an element. */
export function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.closest(".copy").hidden = false;
    button.addEventListener("click", () => copy(document.getElementById(button.dataset.copy).textContent.trim(), button));
  }
}
