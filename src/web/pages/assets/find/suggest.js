// Suggestions below the search field, as a combobox with a list (ARIA Authoring Practices, «Editable Combobox With List
// Autocomplete»). Without them, or without an answer, the form works as it does.

const DELAY_MS = 120;
const MOST = 8;

const form = document.querySelector(".search-form[data-suggest]");
const input = form.querySelector("input[type=search]");
const list = document.createElement("ul");
const kept = () => [...form.querySelectorAll("input[type=hidden]")].map(({ name, value }) => [name, value]);
const language = document.documentElement.lang;

let options = []; // What is listed: { href, element }.
let current = -1;
let timer = 0;
let request = null;

list.id = "q-suggestions";
list.className = "suggestions";
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", form.dataset.suggestions);
list.hidden = true;
input.after(list);
for (const [name, value] of Object.entries({
  role: "combobox",
  "aria-autocomplete": "list",
  "aria-expanded": "false",
  "aria-controls": list.id,
})) {
  input.setAttribute(name, value);
}

input.addEventListener("input", () => {
  close();
  clearTimeout(timer);
  timer = setTimeout(ask, DELAY_MS);
});
input.addEventListener("keydown", pressed);
input.addEventListener("blur", close);
// The field keeps the focus.
list.addEventListener("mousedown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const place = options.findIndex(({ element }) => element.contains(event.target));
  if (place >= 0) open(place);
});

async function ask() {
  request?.abort();
  const typed = input.value.trim();
  if (!typed) return;
  request = new AbortController();
  const query = new URLSearchParams({ q: typed, limit: MOST, lang: language });
  try {
    const response = await fetch(`${form.dataset.suggest}?${query}`, { signal: request.signal });
    if (!response.ok || typed !== input.value.trim()) return;
    const { suggestions } = await response.json();
    show(suggestions.filter(({ label }) => label));
  } catch {
    // The form works without suggestions.
  }
}

function show(suggestions) {
  if (document.activeElement !== input) return;
  options = suggestions.map((suggestion, place) => ({ href: address(suggestion), element: item(suggestion, place) }));
  list.replaceChildren(...options.map(({ element }) => element));
  list.hidden = options.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  choose(-1);
}

function item({ label, colour, works, object_number }, place) {
  const element = document.createElement("li");
  element.id = `${list.id}-${place}`;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  if (colour) {
    const swatch = element.appendChild(document.createElement("span"));
    swatch.className = "swatch";
    swatch.style.setProperty("--colour", colour);
  }
  const name = element.appendChild(document.createElement("span"));
  name.dir = "auto";
  name.textContent = label;
  const number = element.appendChild(document.createElement("span"));
  number.className = "number";
  number.textContent = works?.toLocaleString(language) ?? object_number;
  return element;
}

// A value becomes a filter of this search; a work is opened.
function address({ filter, object_number }) {
  const rest = kept();
  if (filter) return `${form.action}?${new URLSearchParams([["all", filter], ...rest])}`;
  const chosen = rest.filter(([name]) => name === "lang");
  const query = chosen.length > 0 ? `?${new URLSearchParams(chosen)}` : "";
  return `${form.action}works/${encodeURIComponent(object_number)}${query}`;
}

function pressed(event) {
  if (list.hidden) {
    if (event.key === "ArrowDown" && input.value.trim()) {
      event.preventDefault();
      ask();
    }
    return;
  }
  const last = options.length - 1;
  switch (event.key) {
    case "ArrowDown":
      choose(current === last ? -1 : current + 1);
      break;
    case "ArrowUp":
      choose(current === -1 ? last : current - 1);
      break;
    case "Enter":
      if (current < 0) return;
      open(current);
      break;
    case "Escape":
      close();
      break;
    default:
      return;
  }
  event.preventDefault();
}

function choose(place) {
  current = place;
  options.forEach(({ element }, at) => element.setAttribute("aria-selected", String(at === place)));
  const chosen = options[place]?.element;
  chosen?.scrollIntoView({ block: "nearest" });
  if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
  else input.removeAttribute("aria-activedescendant");
}

function open(place) {
  location.assign(options[place].href);
}

function close() {
  clearTimeout(timer);
  request?.abort();
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  choose(-1);
}
