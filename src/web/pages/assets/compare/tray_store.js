// The works chosen for comparison, kept in this browser's localStorage: [{ id, label }], at most six.
// `id` is the object number of a work of this server, or the URL of a manifest.

const KEY = "tegl.compare";
export const MAX_WORKS = 6;

/** The chosen works; none if the browser keeps nothing for this site. */
export function chosenWorks() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    const valid = Array.isArray(kept) ? kept.filter((work) => typeof work?.id === "string" && work.id) : [];
    return valid.slice(0, MAX_WORKS).map(({ id, label }) => ({ id, label: String(label ?? id) }));
  } catch {
    return [];
  }
}

/** Keeps these works; tells this page and, by the browser's own event, the other open pages. */
export function keepWorks(works) {
  try {
    localStorage.setItem(KEY, JSON.stringify(works.slice(0, MAX_WORKS)));
  } catch {
    // A browser that keeps nothing has a tray that is forgotten with the page.
  }
  dispatchEvent(new CustomEvent("tegl-compare"));
}

/** Calls `listener` when the choice changes here or in another window, also while this page was only kept for Back. */
export function onChoice(listener) {
  addEventListener("pageshow", (event) => event.persisted && listener());
  addEventListener("tegl-compare", listener);
  addEventListener("storage", (event) => event.key === KEY && listener());
}

/** The list of works as a parameter of /compare: `works=A,B`, with each comma inside a number encoded. */
export function worksParameter(works) {
  return `works=${works.map(({ id }) => encodeURIComponent(id)).join(",")}`;
}
