// Runs the examples of the page, and shows the responses.

const { running, failed, cut } = document.querySelector(".developers").dataset;
/** Longer responses are cut, in bytes. */
const MAX_BYTES = 60_000;

/** The beginning of a body as text, and whether there is more. */
async function beginning(response) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let length = 0; length < MAX_BYTES; ) {
    const { value, done } = await reader.read();
    if (done) return { text: text + decoder.decode(), isCut: false };
    length += value.length;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return { text, isCut: true };
}

function pretty(text, type) {
  if (!/json/.test(type)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function run(form) {
  const section = form.closest(".operation");
  const [status, output] = [section.querySelector(".status"), section.querySelector(".response")];
  const url = new URL(form.elements.url.value, document.baseURI);
  status.textContent = running;
  const began = performance.now();
  try {
    // The example has the server's public address; the page may be open at another of its addresses.
    const response = await fetch(url);
    const type = response.headers.get("content-type") ?? "";
    const { text, isCut } = await beginning(response);
    const ms = Math.round(performance.now() - began);
    status.textContent = `${response.status} ${response.statusText} · ${type} · ${ms} ms${isCut ? ` · ${cut}` : ""}`;
    output.textContent = pretty(text, type);
    output.hidden = false;
  } catch {
    status.textContent = failed;
    output.hidden = true;
  }
}

for (const form of document.querySelectorAll(".run")) {
  form.hidden = false;
  form.closest(".operation").querySelector(".plain-link").hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(form);
  });
}

// A link to an operation opens it.
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.matches("details")) target.open = true;
}
addEventListener("hashchange", openTarget);
openTarget();
