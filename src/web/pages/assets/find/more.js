// Loads the next page of results when its end comes near, and the page before on the way back. The address names the page
// in view, so that a link to it, and Back, show the same works.
import { fill } from "../shared/counted.js";

// Pages that are loaded without a click, so that the end of the page stays within reach.
const MOST_AT_ONCE = 10;
const AHEAD_PX = 1200;
const WAIT_MS = 15_000;

const results = document.getElementById("results");
const grid = document.getElementById("hits");
const status = document.getElementById("status");
const texts = JSON.parse(results.dataset.texts);
const { total, language } = results.dataset;
const items = () => [...grid.children];
const target = (item) => item.querySelector("a").getAttribute("href");
const navigation = (kind) => results.querySelector(`nav.${kind}`);
// A visitor's picture has taken the place of the results.
const isReplaced = () => !grid.contains(pages[0].first);

// The pages in the grid, in order: their address and first item.
const pages = [{ address: location.href.split("#")[0], first: grid.firstElementChild }];
let left = MOST_AT_ONCE;
let loading = false;
let scrolled = scrollY;

history.scrollRestoration = "manual";
restore();
holdBack();
addEventListener("resize", holdBack);
addEventListener("scroll", () => requestAnimationFrame(moved), { passive: true });
// What is in view is kept before the page is left.
addEventListener("pagehide", keep);
results.addEventListener("click", (event) => {
  const link = event.target.closest("nav.later a[rel=next], nav.earlier a[rel=prev]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  left = MOST_AT_ONCE;
  holdBack();
  load(link.rel === "next" ? "later" : "earlier", true);
});
const watch = new IntersectionObserver(
  // The link before may be reported together with the one that has taken its place.
  (entries) => entries.some((entry) => entry.isIntersecting) && left > 0 && load("later"),
  { rootMargin: `0px 0px ${AHEAD_PX}px` },
);
if (navigation("later")) watch.observe(navigation("later"));

async function load(kind, asked = false) {
  const link = navigation(kind)?.querySelector("a[rel]");
  if (!link || loading) return;
  loading = true;
  // A link that was used keeps the focus.
  if (!asked) grid.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(link.href, { signal: AbortSignal.timeout(WAIT_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    add(kind, link.href, page, asked);
  } catch {
    failed(kind);
  } finally {
    loading = false;
    grid.removeAttribute("aria-busy");
  }
}

function add(kind, address, page, asked) {
  const known = new Set(items().map(target));
  const added = [...page.querySelectorAll("#hits > li")].filter((item) => !known.has(target(item)));
  const before = { item: grid.firstElementChild, top: grid.firstElementChild.getBoundingClientRect().top };
  results.querySelector(".load-failed")?.remove();
  if (kind === "later") grid.append(...added);
  else grid.prepend(...added);
  renew(kind, page);
  if (added.length > 0) pages[kind === "later" ? "push" : "unshift"]({ address, first: added[0] });
  if (kind === "earlier") scrollBy(0, before.item.getBoundingClientRect().top - before.top);
  // With the keyboard, the next work is the first new one.
  if (asked && kind === "later") added[0]?.querySelector("a").focus({ preventScroll: true });
  left -= 1;
  holdBack();
  status.textContent = fill(texts.inView, { shown: items().length, total: Number(total) }, language);
}

// Takes the links to further pages from the page that was loaded.
function renew(kind, page) {
  const old = navigation(kind);
  const next = page.querySelector(`nav.${kind}`);
  watch.unobserve(old);
  if (!next?.querySelector("a[rel]")) return old.remove();
  old.replaceWith(document.adoptNode(next));
  // Observed again, it reports at once whether it is still near.
  if (kind === "later") watch.observe(navigation(kind));
}

function failed(kind) {
  left = 0;
  holdBack();
  results.querySelector(".load-failed")?.remove();
  const message = document.createElement("p");
  message.className = "load-failed";
  message.setAttribute("role", "alert");
  message.textContent = texts.failed;
  navigation(kind).before(message);
}

function moved() {
  if (isReplaced()) return;
  const isUp = scrollY < scrolled;
  scrolled = scrollY;
  const earlier = navigation("earlier");
  if (isUp && earlier && earlier.getBoundingClientRect().bottom > -AHEAD_PX / 2 && left > 0) load("earlier");
  const page = pageOf(firstInView());
  if (page && page.address !== location.href.split("#")[0]) history.replaceState(history.state, "", page.address);
}

// The last row changes when further works come; until then it is not shown, so that nothing in view moves.
function holdBack() {
  for (const item of grid.querySelectorAll(".pending")) item.classList.remove("pending");
  if (!navigation("later") || left === 0) return;
  const bottom = grid.lastElementChild.offsetTop;
  for (const item of items().reverse()) {
    if (item.offsetTop !== bottom) break;
    item.classList.add("pending");
  }
}

function firstInView() {
  return items().find((item) => item.getBoundingClientRect().bottom > 0) ?? grid.lastElementChild;
}

function pageOf(item) {
  const follows = ({ first }) =>
    first === item || first.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING;
  return pages.findLast(follows);
}

function keep() {
  if (isReplaced()) return;
  const item = firstInView();
  const page = pageOf(item);
  if (!page) return;
  const state = { work: target(item), top: item.getBoundingClientRect().top, isAtTop: scrollY === 0 };
  history.replaceState(state, "", page.address);
}

function restore() {
  const { work, top, isAtTop } = history.state ?? {};
  if (!work || isAtTop) return;
  const item = items().find((item) => target(item) === work);
  if (item) scrollBy(0, item.getBoundingClientRect().top - top);
}
