// Finds works like a picture of the visitor: chosen, dropped or pasted. It is made smaller here and sent to the public API;
// a part of it can be drawn.

const SIDE = 1024;
const LIMIT = 48;
const FIELDS = "object_number,titles,creators,production,thumbnail,images,public_domain";
const WAIT_MS = 30_000;

const section = document.getElementById("send-picture");
const details = section.closest("details");
const results = document.getElementById("results");
const input = section.querySelector("input[type=file]");
const texts = JSON.parse(results.dataset.texts);
const { language, api } = results.dataset;

let picture = null; // What is compared: the file, or a canvas if it can be drawn.
let turn = 0;

input.addEventListener("change", () => input.files[0] && take(input.files[0]));
addEventListener("dragover", (event) => {
  if (![...event.dataTransfer.items].some(({ kind }) => kind === "file")) return;
  event.preventDefault();
  details.open = true;
  section.classList.add("over");
});
addEventListener("dragleave", () => section.classList.remove("over"));
addEventListener("drop", (event) => {
  const [file] = event.dataTransfer.files;
  if (!file) return;
  event.preventDefault();
  section.classList.remove("over");
  take(file);
});
addEventListener("paste", (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (file) take(file);
});
// Back shows what was found; a link or a reload shows the search again.
if (history.state?.picture && performance.getEntriesByType("navigation")[0]?.type === "back_forward") restore();
results.addEventListener("drawn", ({ detail }) => picture && compare(cut(detail)));

async function take(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
    const size = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
    picture = drawn(bitmap, [0, 0, bitmap.width, bitmap.height], size);
    await compare(picture);
  } catch {
    // The server reads formats that browsers do not.
    picture = null;
    await send(file, null);
  }
}

function drawn(source, [x, y, width, height], [across, down]) {
  const canvas = Object.assign(document.createElement("canvas"), { width: across, height: down });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, across, down);
  context.drawImage(source, x, y, width, height, 0, 0, across, down);
  return canvas;
}

function cut({ x, y, width, height }) {
  const of = (percent, side) => Math.max(1, Math.round((percent / 100) * side));
  const size = [of(width, picture.width), of(height, picture.height)];
  return drawn(picture, [of(x, picture.width), of(y, picture.height), ...size], size);
}

async function compare(canvas) {
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  await send(blob, picture);
}

async function send(body, shown) {
  const own = ++turn;
  const address = new URL(section.dataset.address, location);
  const filters = new URL(api, location).searchParams;
  for (const [name, value] of filters) {
    if (!["sort", "limit", "lang"].includes(name)) address.searchParams.append(name, value);
  }
  address.searchParams.set("limit", LIMIT);
  address.searchParams.set("lang", language);
  address.searchParams.set("fields", FIELDS);
  section.setAttribute("aria-busy", "true");
  say(texts.loading);
  try {
    const headers = { "Content-Type": body.type?.startsWith("image/") ? body.type : "application/octet-stream" };
    const response = await fetch(address, { method: "POST", body, headers, signal: AbortSignal.timeout(WAIT_MS) });
    const answer = await response.json();
    if (own !== turn) return;
    if (response.ok) {
      show(answer.works, shown);
      keep(answer.works);
    } else say(response.status === 415 || response.status === 400 ? texts.notAPicture : texts.pictureFailed, answer.detail);
  } catch {
    if (own === turn) say(texts.pictureFailed);
  } finally {
    section.removeAttribute("aria-busy");
  }
}

function keep(works) {
  const image = picture?.toDataURL("image/jpeg", 0.9);
  try {
    sessionStorage.setItem("tegl-picture", JSON.stringify({ works, image }));
    history.replaceState({ picture: true }, "");
  } catch {
    // Without room for it, Back shows the search.
  }
}

async function restore() {
  const { works, image } = JSON.parse(sessionStorage.getItem("tegl-picture") ?? "{}");
  if (!works) return;
  if (image) {
    const element = Object.assign(new Image(), { src: image });
    await element.decode();
    const size = [element.naturalWidth, element.naturalHeight];
    picture = drawn(element, [0, 0, ...size], size);
  }
  show(works, picture);
}

function say(text, detail) {
  let message = section.querySelector(".message");
  if (!message) {
    message = section.appendChild(document.createElement("p"));
    message.className = "message";
    message.setAttribute("role", "status");
  }
  message.textContent = text;
  if (!detail) return;
  const more = message.appendChild(document.createElement("span"));
  more.lang = "en";
  more.textContent = ` ${detail}`;
}

function show(works, shown) {
  section.querySelector(".message")?.remove();
  for (const old of results.querySelectorAll("nav.pages, nav.sorts, .corrected, .no-results, .like")) old.remove();
  let grid = document.getElementById("hits");
  if (!grid) {
    grid = document.createElement("ul");
    grid.id = "hits";
    grid.className = "hits";
    results.querySelector("#status").before(grid);
  }
  grid.replaceChildren(...works.map(item));
  grid.before(subject(shown));
  const count = works.length.toLocaleString(language);
  results.querySelector(".result-info h2").textContent = `${texts.likeYours}: ${count}`;
  document.getElementById("status").textContent = `${texts.likeYours}: ${count}`;
  details.open = false;
  results.scrollIntoView({ block: "start" });
}

// The visitor's picture, above the results.
function subject(shown) {
  const place = document.createElement("section");
  place.className = "like";
  place.setAttribute("aria-label", texts.yours);
  if (shown) {
    const frame = place.appendChild(document.createElement("div"));
    frame.className = "drawing";
    frame.dataset.draw = "";
    frame.style.setProperty("--ratio", shown.width / shown.height);
    const image = frame.appendChild(document.createElement("img"));
    Object.assign(image, { src: shown.toDataURL("image/jpeg", 0.9), alt: texts.yours, draggable: false });
  }
  const side = place.appendChild(document.createElement("div"));
  if (shown) side.appendChild(document.createElement("p")).textContent = texts.draw;
  const back = side.appendChild(document.createElement("p")).appendChild(document.createElement("a"));
  Object.assign(back, { href: location.href, textContent: texts.end });
  return place;
}

function item(work) {
  const [first] = work.images ?? [];
  const template = document.getElementById(work.thumbnail ? "hit" : "hit-without-picture");
  const element = document.importNode(template.content, true).querySelector("li");
  const ratio = first?.width > 0 && first?.height > 0 ? first.width / first.height : 1;
  element.style.setProperty("--ratio", Math.min(2.6, Math.max(0.55, ratio)));
  const link = element.querySelector("a");
  const lang = new URLSearchParams(location.search).get("lang");
  const form = document.querySelector(".search-form");
  link.href = `${form.action}works/${encodeURIComponent(work.object_number)}${lang ? `?lang=${lang}` : ""}`;
  if (work.thumbnail) {
    const image = Object.assign(new Image(), { alt: "", loading: "lazy", src: work.thumbnail });
    element.querySelector(".picture").append(image);
  }
  element.querySelector("h3").textContent = work.titles?.[0]?.text ?? work.titles ?? work.object_number;
  element.querySelector(".creator").textContent = work.creators?.[0]?.name ?? "";
  element.querySelector(".date").textContent = work.production?.[0]?.text ?? "";
  if (!work.public_domain) element.querySelector(".public-domain").remove();
  return element;
}
