// Keeps annotations on this server, by the Web Annotation Protocol: the interface that Mirador's annotation plugins ask of
// their adapters (`all`, `get`, `create`, `update`, `delete`, and the identifier of the annotation page).

const MEDIA_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"';
const CONTEXT = "http://www.w3.org/ns/anno.jsonld";

/** A request that the server has refused: its status, and its reason. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail || `status ${status}`);
    this.status = status;
  }
}

/** The container of a canvas, `…/presentation/3/{work}/canvas/{number}`. */
export const containerOf = (canvasId) => `${canvasId.replace("/presentation/3/", "/annotations/")}/`;

const list = (value) => (value === undefined || value === null ? [] : [value].flat());

/** The annotation as the server takes it: without what the plugin only keeps for itself, or leaves empty. */
export function toServer(annotation, canvasId) {
  const { id, creator, creationDate, lastEditor, lastSavedDate, created, modified, ...sent } = annotation;
  const bodies = list(annotation.body).filter((body) => typeof body !== "object" || plain(body.value) !== "" || body.source);
  sent["@context"] = CONTEXT;
  sent.type = "Annotation";
  sent.motivation = annotation.motivation ?? (annotation.maeData?.templateType === "tagging" ? "tagging" : "commenting");
  sent.body = bodies.map((body) => withFormat(body));
  sent.target = list(annotation.target ?? canvasId).map((target) => targetOf(target, canvasId));
  if (sent.target.length === 1) [sent.target] = sent.target;
  if (creator && typeof creator === "object") sent.creator = creator;
  return sent;
}

const plain = (html) => (html ?? "").replace(/<[^>]*>/g, "").trim();

function withFormat(body) {
  if (typeof body !== "object" || body.type !== "TextualBody" || body.format) return body;
  return { ...body, format: /<[a-z]/i.test(body.value) ? "text/html" : "text/plain" };
}

/** A target with selectors that select something, in whole pixels on the canvas. */
function targetOf(target, canvasId) {
  if (typeof target === "string") return fragment(target);
  const selectors = list(target.selector)
    .filter(({ value, type }) => type === "PointSelector" || (value && !/#$/.test(value)))
    .map((selector) => (selector.type === "FragmentSelector" ? { ...selector, value: fragment(selector.value).replace(/^.*#/, "") } : selector));
  return { type: "SpecificResource", source: target.source?.id ?? target.source ?? canvasId, selector: selectors };
}

/** `xywh` of a rectangle that was drawn in any direction. */
function fragment(uri) {
  return uri.replace(/xywh=(-?[\d.]+),(-?[\d.]+),(-?[\d.]+),(-?[\d.]+)/, (_, ...numbers) => {
    const [x, y, width, height] = numbers.slice(0, 4).map(Number);
    const [left, top] = [Math.max(Math.min(x, x + width), 0), Math.max(Math.min(y, y + height), 0)];
    const [right, bottom] = [Math.max(x, x + width), Math.max(y, y + height)];
    return `xywh=${[left, top, Math.max(right - left, 1), Math.max(bottom - top, 1)].map(Math.round)}`;
  });
}

/** The annotation as the plugin shows it: it takes a name for the creator, and a local time. */
function toPlugin(annotation) {
  const [creator] = list(annotation.creator);
  const shown = { ...annotation, creator: creator?.name ?? creator };
  // The plugin's form for notes takes one text, which may be empty, and tags.
  if (annotation.maeData?.templateType === "multiple_body") {
    const bodies = list(annotation.body);
    const hasText = bodies.some(({ purpose }) => purpose === "describing");
    shown.body = hasText ? bodies : [{ type: "TextualBody", purpose: "describing", value: "" }, ...bodies];
  }
  const date = (text) => new Date(text).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
  if (annotation.created) shown.creationDate = date(annotation.created);
  return shown;
}

/** The annotations of one canvas. `user` is the name that the plugin shows. */
export class ProtocolAdapter {
  #token;
  #container;
  #canvasId;
  #user;
  // What the user has seen, by the annotations' identifiers: their last changes, and the ETags of those that were read alone.
  static #seen = new Map();

  constructor(canvasId, token, user = "") {
    this.#canvasId = canvasId;
    this.#token = token;
    this.#container = containerOf(canvasId);
    this.#user = user;
    // The page that the manifest refers to, which this one replaces.
    this.annotationPageId = `${canvasId}/annotations`;
  }

  getStorageAdapterUser() {
    return this.#user;
  }

  async #ask(url, options = {}) {
    const headers = { Authorization: `Bearer ${this.#token}`, Accept: MEDIA_TYPE, ...options.headers };
    const response = await fetch(url, { ...options, headers, cache: "no-store" });
    if (!response.ok) throw new Refused(response.status, (await response.json().catch(() => ({}))).detail);
    return response;
  }

  #keep(annotation, etag) {
    ProtocolAdapter.#seen.set(annotation.id, { changed: annotation.modified ?? annotation.created, etag });
  }

  /** The annotation page with all annotations of the canvas. */
  async all() {
    const items = [];
    let next = `${this.#container}?iris=0&page=0`;
    while (next) {
      const page = await (await this.#ask(next)).json();
      for (const item of page.items) {
        const known = ProtocolAdapter.#seen.get(item.id);
        if (known?.changed !== (item.modified ?? item.created)) this.#keep(item);
        items.push(toPlugin(item));
      }
      next = page.next;
    }
    return { id: this.annotationPageId, type: "AnnotationPage", items };
  }

  async get(id) {
    const response = await this.#ask(id);
    const annotation = await response.json();
    this.#keep(annotation, response.headers.get("ETag"));
    return toPlugin(annotation);
  }

  async create(annotation) {
    const body = JSON.stringify(toServer(annotation, this.#canvasId));
    const response = await this.#ask(this.#container, { method: "POST", headers: { "Content-Type": MEDIA_TYPE }, body });
    this.#keep(await response.json(), response.headers.get("ETag"));
    return this.all();
  }

  async update(annotation) {
    const etag = await this.#etag(annotation.id);
    const body = JSON.stringify({ ...toServer(annotation, this.#canvasId), id: annotation.id });
    const headers = { "Content-Type": MEDIA_TYPE, "If-Match": etag };
    const response = await this.#ask(annotation.id, { method: "PUT", headers, body });
    this.#keep(await response.json(), response.headers.get("ETag"));
    return this.all();
  }

  async delete(id) {
    await this.#ask(id, { method: "DELETE", headers: { "If-Match": await this.#etag(id) } });
    ProtocolAdapter.#seen.delete(id);
    return this.all();
  }

  /** The ETag of what the user has seen; refused if somebody has changed the annotation since. */
  async #etag(id) {
    const known = ProtocolAdapter.#seen.get(id);
    if (known?.etag) return known.etag;
    const response = await this.#ask(id);
    const now = await response.json();
    if (known && known.changed !== (now.modified ?? now.created)) throw new Refused(412, "The annotation has changed meanwhile.");
    const etag = response.headers.get("ETag");
    this.#keep(now, etag);
    return etag;
  }
}
