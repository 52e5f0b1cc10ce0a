// Shows the years of the filter as a slider with two thumbs over the histogram, and says how many works they leave.
import { counted } from "../shared/counted.js";

const DELAY_MS = 200;

const form = document.querySelector("form.years");
const results = document.getElementById("results");
const texts = JSON.parse(results.dataset.texts);
const { api, language } = results.dataset;
const bars = [...document.querySelectorAll(".bars li")];
const button = form.querySelector("button");
const usual = button.textContent;
const [least, most] = [Number(form.dataset.least), Number(form.dataset.most)];
const fields = { from: form.elements.from, to: form.elements.to };
const thumbs = { from: thumb("from", texts.fromYear), to: thumb("to", texts.toYear) };
const slider = document.createElement("div");

let timer = 0;
let request = null;

slider.className = "slider";
slider.append(thumbs.from, thumbs.to);
document.querySelector(".bars").after(slider);
form.addEventListener("input", () => {
  // A thumb stays within the histogram; a field may be beyond.
  for (const end of ["from", "to"]) if (fields[end].value !== "") thumbs[end].value = fields[end].value;
  show();
  count();
});
form.addEventListener("submit", () => {
  for (const field of Object.values(fields)) if (field.value === "") field.disabled = true;
});
// Back shows the form as it was.
addEventListener("pageshow", () => Object.values(fields).forEach((field) => (field.disabled = false)));
show();

function thumb(end, label) {
  const range = document.createElement("input");
  Object.assign(range, { type: "range", min: least, max: most, step: 1, className: end });
  range.value = fields[end].value === "" ? (end === "from" ? least : most) : fields[end].value;
  range.setAttribute("aria-label", label);
  range.addEventListener("input", () => dragged(end));
  range.addEventListener("keydown", (event) => event.key === "Enter" && form.requestSubmit());
  return range;
}

// The thumbs do not pass each other. At the ends of the histogram, the years are open.
function dragged(end) {
  const [from, to] = [Number(thumbs.from.value), Number(thumbs.to.value)];
  if (from > to) thumbs[end].value = end === "from" ? to : from;
  const year = Number(thumbs[end].value);
  fields[end].value = year === (end === "from" ? least : most) ? "" : year;
  show();
  count();
}

function show() {
  const [from, to] = [Number(thumbs.from.value), Number(thumbs.to.value)];
  const share = (year) => (most > least ? (year - least) / (most - least) : 0);
  slider.style.setProperty("--from", share(from));
  slider.style.setProperty("--to", share(to));
  for (const bar of bars) {
    bar.classList.toggle("out", Number(bar.dataset.to) < from || Number(bar.dataset.from) > to);
  }
}

function count() {
  clearTimeout(timer);
  request?.abort();
  button.textContent = usual;
  timer = setTimeout(ask, DELAY_MS);
}

async function ask() {
  request = new AbortController();
  const address = new URL(api, location);
  address.searchParams.delete("years");
  address.searchParams.set("limit", "0");
  if (fields.from.value || fields.to.value) {
    address.searchParams.set("years", `${fields.from.value}/${fields.to.value}`);
  }
  try {
    const response = await fetch(address, { signal: request.signal });
    if (!response.ok) return;
    const { total } = await response.json();
    button.textContent = counted(texts.showCount, total, language);
    form.querySelector("output").textContent = button.textContent;
  } catch {
    // The form works without the count.
  }
}
