// Lists the tags that wait for a decision, and sends a curator's decisions: one change of many tags at a time.
import { counted, grouped } from "../shared/counted.js";
import { hideAnnotations, showAnnotations } from "./annotations.js";
import { create } from "./dom.js";

const page = document.getElementById("review");
const { base, language } = page.dataset;
const texts = JSON.parse(page.dataset.texts);
const byId = (id) => document.getElementById(id);
const [signIn, tools, message, layout, aside, values, waiting, decided, undoButton, chooseButton] =
  ["sign-in", "tools", "message", "layout", "refine", "values", "waiting", "decided", "undo", "choose"].map(byId);
const schemes = document.querySelector("#schemes select");
const clusterForm = byId("cluster");
const progress = tools.querySelector("progress");

// The most tags in view, and the most decisions of one request.
const PAGE = 60;
const MAX_DECISIONS = 500;
// The most values of a scheme to choose from.
const MAX_VALUES = 200;

let token = sessionStorage.getItem("tegl-token");
let view = "tags";
let chosen = { scheme: null, value: null };
let after = null; // The work before those in view, when going work by work.
let cards = []; // { item, element } in the order of the page.
let current = 0;
let chosenValue = null; // What the server says of it: its number of tags.
let cluster = null; // The group of works whose tags are in view.
let busy = false;
const count = { waiting: 0, done: 0 }; // Tags that wait, and those that were decided in this visit.
const done = []; // What can be undone: lists of decided items, each with what was in view.

class Failed extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

async function call(path, options = {}) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...options.headers };
  const url = path.startsWith("http") ? path : `${base}/api/v1/${path}`;
  const response = await fetch(url, { ...options, headers, cache: "no-store" });
  if (!response.ok) throw new Failed(response.status);
  return response.json();
}

// A text in the page's language, or in any other.
const text = (label) => {
  if (typeof label === "string") return label;
  const all = label[language] ?? label.en ?? label.none ?? Object.values(label)[0] ?? "";
  return Array.isArray(all) ? all[0] : all;
};

/** A button; `look` are its classes. */
const button = (text, look, act) => {
  const made = create("button", { type: "button", className: `button ${look}`.trim(), textContent: text });
  made.addEventListener("click", act);
  return made;
};

const percent = (share) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(share);

/** Says what happened. */
function say(...words) {
  message.className = "";
  message.replaceChildren(...words);
}

/** Says which problem there is, and how to go on. */
function warn(...words) {
  say(...words);
  message.className = "notices";
}

const again = () => button(texts.again, "", () => run(start));

function showCount() {
  byId("count").textContent = counted(texts.waiting, count.waiting, language);
  byId("done").textContent = counted(texts.done, count.done, language);
  progress.max = Math.max(count.waiting + count.done, 1);
  progress.value = count.done;
}

async function run(work) {
  if (busy) return;
  busy = true;
  page.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    if ([401, 403, 429].includes(error.status)) {
      signOut();
      warn(texts.wrongToken);
      signIn.elements.token.focus();
    } else if ([404, 409, 410, 412].includes(error.status)) {
      await start().catch(() => {});
      warn(texts.changed);
    } else {
      warn(texts.failed, " ", again());
    }
  } finally {
    busy = false;
    page.removeAttribute("aria-busy");
  }
}

function signOut() {
  sessionStorage.removeItem("tegl-token");
  token = null;
  signIn.hidden = false;
  hideAnnotations();
  for (const element of [tools, layout, decided, clusterForm]) element.hidden = true;
  for (const list of [values, waiting, decided.querySelector("ol")]) list.replaceChildren();
  cards = [];
  done.length = count.done = 0;
  undoButton.disabled = true;
}

async function start() {
  const known = (await call("review/schemes")).schemes;
  sessionStorage.setItem("tegl-token", token);
  signIn.hidden = true;
  tools.hidden = layout.hidden = false;
  count.waiting = known.reduce((sum, { tags }) => sum + tags, 0);
  showCount();
  schemes.replaceChildren(
    ...known.map(({ scheme, label, tags }) => create("option", { value: scheme, textContent: `${label} (${grouped(tags, language)})` })),
  );
  const kept = known.find(({ scheme }) => scheme === chosen.scheme) ?? known[0];
  chosen = { scheme: kept?.scheme ?? null, value: kept?.scheme === chosen.scheme ? chosen.value : null };
  if (kept) schemes.value = kept.scheme;
  await load();
  await showAnnotations({ call, run, text });
}

// Loads what the view shows: the values of the scheme and the tags of one of them, or the next works.
async function load() {
  say("");
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === view));
  }
  // One work after the other needs no choice of a tag.
  const isByTag = view === "tags" && chosen.scheme !== null;
  layout.classList.toggle("with-filters", isByTag);
  aside.hidden = chooseButton.hidden = !isByTag;
  values.replaceChildren();
  chosenValue = null;
  clusterForm.hidden = true;
  if (view === "works") return showWorks();
  if (!chosen.scheme) return showCards([]);
  const scheme = encodeURIComponent(chosen.scheme);
  const known = (await call(`review/schemes/${scheme}`)).values;
  if (!known.some(({ value }) => value === chosen.value)) chosen.value = known[0]?.value ?? null;
  chosenValue = known.find(({ value }) => value === chosen.value) ?? null;
  values.append(
    ...known.slice(0, MAX_VALUES).map(({ value, label, tags }) => {
      const name = create("span", { dir: "auto", textContent: text(label) });
      const number = create("span", { className: "number", textContent: grouped(tags, language) });
      const made = create("button", { type: "button" }, name, " ", number);
      made.setAttribute("aria-pressed", String(value === chosen.value));
      if (value === chosen.value) chooseButton.textContent = text(label);
      made.addEventListener("click", () => {
        if (aside.matches(":popover-open")) aside.hidePopover();
        run(async () => ((chosen.value = value), await load()));
      });
      return create("li", {}, made);
    }),
  );
  if (!chosen.value) return showCards([]);
  const { tags } = await call(`review/schemes/${scheme}/${encodeURIComponent(chosen.value)}?limit=${PAGE}`);
  showCards(tags);
  await showCluster(tags[0]?.tag.concept);
}

// Shows what can be said of a group of works, if that is what the tags in view are.
async function showCluster(concept) {
  const known = /^urn:tegl:cluster:([^:]+):[0-9]+$/.exec(concept ?? "");
  if (!known) return;
  const { clusters } = await call(`review/clusters/${encodeURIComponent(known[1])}`);
  cluster = clusters.find((one) => one.concept === concept);
  if (!cluster) return;
  const { name, into, show } = clusterForm.elements;
  name.value = cluster.name ?? "";
  name.placeholder = text(cluster.label);
  const option = (one) => create("option", { value: one.id, textContent: text(one.label) });
  const blank = () => create("option", { value: "", textContent: "" });
  const others = clusters.filter((one) => one.id !== cluster.id && one.works > 0);
  into.replaceChildren(blank(), ...others.filter((one) => one.merged_into === null && !one.hidden).map(option));
  const away = others.filter((one) => one.merged_into !== null || one.hidden);
  show.replaceChildren(blank(), ...away.map(option));
  show.parentElement.hidden = away.length === 0;
  cluster.scheme = known[1];
  clusterForm.hidden = false;
}

const changeCluster = (id, change) =>
  run(async () => {
    const path = `review/clusters/${encodeURIComponent(cluster.scheme)}/${id}`;
    await call(path, { method: "PATCH", body: JSON.stringify(change) });
    await start();
    say(texts.clusterChanged);
  });

async function showWorks() {
  const from = after === null ? "" : `&after=${encodeURIComponent(after)}`;
  const { works } = await call(`review/works?limit=1${from}`);
  if (works.length === 0 && after !== null) {
    after = null;
    return showWorks();
  }
  showCards(works.flatMap(({ tags }) => tags));
}

function showCards(items) {
  cards = items.map((item) => ({ item, element: card(item) }));
  waiting.replaceChildren();
  if (items.length === 0) waiting.append(nothing());
  else waiting.append(create("ul", {}, ...cards.map(({ element }) => element)));
  if (view === "works" && items.length > 0) {
    const [{ page, label, work }] = items;
    const title = create("h3", { dir: "auto" }, create("a", { href: page, target: "_blank", textContent: text(label) || work }));
    const next = button(texts.next, "", goOn);
    next.id = "next";
    waiting.prepend(create("div", { className: "work" }, title, create("span", { className: "facts", textContent: work }), next));
  }
  choose(0, false);
}

/** What is shown if no tag waits, with ways to go on. */
function nothing() {
  const all = create("a", { href: `${base}/`, textContent: texts.all });
  return create(
    "div", { className: "no-results" },
    create("p", { textContent: texts.nothing }), create("p", { textContent: texts.nothingMore }),
    create("p", {}, again(), " ", all),
  );
}

function card(item) {
  const title = text(item.label) || item.work;
  const picture = item.picture
    ? create("img", { src: item.picture, alt: `${texts.pictureOf} ${title}`, loading: "lazy" })
    : create("span", { className: "blank", textContent: texts.noPicture });
  const link = create("a", { href: item.page, target: "_blank", textContent: title, title: item.work });
  const tag = create("b", {}, create("span", { dir: "auto", textContent: text(item.tag.label) }));
  if (item.tag.color) {
    const swatch = create("i", { className: "swatch" });
    swatch.style.setProperty("--colour", item.tag.color);
    tag.prepend(swatch);
  }
  const source = create("p", { className: "facts", textContent: `${item.tag.source} · ${percent(item.tag.confidence)}` });
  const frame = create("div", { className: "picture" }, picture);
  // Work by work, the title is above all cards.
  const heading = view === "tags" ? [create("h3", { dir: "auto" }, link)] : [];
  const element = create("li", { tabIndex: -1 }, frame, ...heading, tag, source);
  const here = () => cards.findIndex((known) => known.element === element);
  const buttons = create(
    "div",
    { className: "decide" },
    button(texts.accept, "primary accept", () => decide([here()], "accepted")),
    button(texts.reject, "reject", () => decide([here()], "rejected")),
  );
  if (view === "tags") buttons.append(button(texts.acceptToHere, "to-here", () => acceptToHere(here())));
  element.append(buttons);
  element.addEventListener("focusin", () => choose(cards.findIndex((known) => known.element === element), false));
  return element;
}

function choose(at, focus = true) {
  current = Math.max(0, Math.min(at, cards.length - 1));
  cards.forEach(({ element }, place) => element.classList.toggle("current", place === current));
  if (focus) cards[current]?.element.focus();
}

const acceptToHere = (at) => decide(cards.slice(0, at + 1).map((_, place) => place), "accepted");

const decide = (places, status) =>
  run(async () => {
    const items = places.filter((at) => at >= 0 && cards[at]).map((at) => cards[at].item);
    if (items.length === 0) return;
    await send(items, status, true);
    done.push({ items, at: { ...chosen } });
    undoButton.disabled = false;
    counts(items.length);
    const keep = current - places.filter((at) => at < current).length;
    for (const item of items) {
      const at = cards.findIndex((known) => known.item === item);
      cards[at].element.remove();
      cards.splice(at, 1);
    }
    if (cards.length === 0) await start();
    else choose(keep);
  });

/** So many tags more have been decided: of the chosen value, if one is. */
function counts(number) {
  count.done += number;
  count.waiting -= number;
  showCount();
  if (chosenValue) chosenValue.tags -= number;
  const left = values.querySelector('[aria-pressed="true"] .number');
  if (left) left.textContent = grouped(chosenValue.tags, language);
}

// Sends decisions in one request, or several if there are very many; remembers the revisions that they make.
async function send(items, status, isExpected) {
  for (let from = 0; from < items.length; from += MAX_DECISIONS) {
    const part = items.slice(from, from + MAX_DECISIONS);
    const decisions = part.map(({ work, tag, revision }) => ({ work, tag: tag.id, status, ...(isExpected && { revision }) }));
    const answer = await call("tags", { method: "PATCH", body: JSON.stringify({ decisions }) });
    answer.decisions.forEach((made, at) => record(part[at], made, answer.actor));
  }
}

// Other tags of the same work can be decided next, with the new revision as their precondition.
function record(item, made, actor) {
  for (const known of [item, ...cards.map((card) => card.item)]) {
    if (known.work === made.work) known.revision = made.revision;
  }
  const when = new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(new Date(made.at));
  const words = `${text(item.label) || item.work}: ${text(item.tag.label)} ${texts[made.status]} ${texts.by} ${actor}, ${when}`;
  decided.hidden = false;
  decided.querySelector("ol").prepend(create("li", { textContent: words }));
  say(words);
}

const undo = () =>
  run(async () => {
    const last = done.pop();
    if (!last) return;
    const { items, at } = last;
    undoButton.disabled = done.length === 0;
    await send(items, "proposed", false);
    count.done -= items.length;
    const words = message.textContent;
    chosen = at;
    after = null;
    await start();
    say(words);
    choose(cards.findIndex(({ item }) => item.work === items[0].work && item.tag.id === items[0].tag.id));
  });

const goOn = () =>
  run(async () => {
    if (view === "works") {
      after = cards[0]?.item.work ?? after;
      return load();
    }
    const buttons = [...values.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button.getAttribute("aria-pressed") === "true");
    const next = buttons[(at + 1) % Math.max(buttons.length, 1)];
    if (next) setTimeout(() => next.click());
  });

// How many cards are in the first row.
function columns() {
  const top = cards[0]?.element.offsetTop;
  const below = cards.findIndex(({ element }) => element.offsetTop !== top);
  return below > 0 ? below : Math.max(cards.length, 1);
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, select, textarea");
  if (!token || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = {
    ArrowRight: () => choose(current + 1),
    ArrowLeft: () => choose(current - 1),
    ArrowDown: () => choose(current + columns()),
    ArrowUp: () => choose(current - columns()),
    a: () => decide([current], "accepted"),
    r: () => decide([current], "rejected"),
    l: () => view === "tags" && acceptToHere(current),
    u: undo,
    n: goOn,
  };
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

signIn.addEventListener("submit", (event) => {
  event.preventDefault();
  token = new FormData(signIn).get("token").trim();
  signIn.reset();
  run(start);
});
schemes.addEventListener("change", () => run(async () => ((chosen = { scheme: schemes.value, value: null }), await load())));
undoButton.addEventListener("click", undo);
clusterForm.addEventListener("submit", (event) => {
  event.preventDefault();
  changeCluster(cluster.id, { name: clusterForm.elements.name.value.trim() || null });
});
clusterForm.elements.hide.addEventListener("click", () => changeCluster(cluster.id, { hidden: true }));
clusterForm.elements.into.addEventListener("change", ({ target }) => target.value && changeCluster(cluster.id, { merged_into: Number(target.value) }));
clusterForm.elements.show.addEventListener("change", ({ target }) => target.value && changeCluster(target.value, { hidden: false, merged_into: null }));
byId("sign-out").addEventListener("click", () => (signOut(), say("")));
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => run(async () => ((view = button.dataset.view), (after = null), await load())));
}

if (token) run(start);
else signIn.hidden = false;
