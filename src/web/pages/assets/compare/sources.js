// Loads the manifests of works and other servers, and the records of works with their dimensions.
import { decoded } from "./address.js";
import { readManifest } from "./manifest.js";
import { sizesByImage } from "./measure.js";

const WAIT_MS = 30_000;

export class Sources {
  /** `waitMs` is how long a server may take to answer. */
  constructor({ base, language, otherServers, waitMs = WAIT_MS }) {
    this.base = base;
    this.language = language;
    this.otherServers = otherServers;
    this.waitMs = waitMs;
    this.loading = new Map();
  }

  /** The work of this server whose manifest or page is at `url`, or the manifest there. */
  named(url) {
    const own = new URL(`${this.base}/`, document.baseURI).href;
    const work = url.startsWith(own) ? /^(?:presentation\/[23]\/([^/?#]+)\/manifest|works\/([^/?#]+))(?:[?#]|$)/.exec(url.slice(own.length)) : null;
    const id = work && decoded(work[1] ?? work[2]);
    return id ? { kind: "work", id } : { kind: "manifest", id: url };
  }

  address({ kind, id }) {
    const path = kind === "work" ? `${this.base}/presentation/3/${encodeURIComponent(id)}/manifest` : id;
    return new URL(path, document.baseURI).href;
  }

  record(id) {
    return `${this.base}/api/v1/works/${encodeURIComponent(id)}`;
  }

  isElsewhere(source) {
    return new URL(this.address(source)).origin !== location.origin;
  }

  /** Other servers are asked by HTTPS only, also where their manifests still say HTTP. */
  secured(address) {
    const url = new URL(address, document.baseURI);
    const isOwn = [location.href, new URL(`${this.base}/`, document.baseURI)].some((own) => new URL(own).host === url.host);
    if (url.protocol === "http:" && !isOwn) url.protocol = "https:";
    return url.href;
  }

  /** { manifest, sizes, creators, number }; each is loaded once, and again after a failure. */
  load(source) {
    const key = `${source.kind}:${source.id}`;
    if (!this.loading.has(key)) {
      const loaded = this.fetched(source);
      loaded.catch(() => this.loading.delete(key));
      this.loading.set(key, loaded);
    }
    return this.loading.get(key);
  }

  async fetched(source) {
    if (source.kind === "manifest" && (!/^https?:/i.test(source.id) || !URL.canParse(source.id))) throw new Error("notManifest");
    if (!this.otherServers && this.isElsewhere(source)) throw new Error("otherServersOff");
    const record = source.kind === "work" ? this.json(this.record(source.id)).catch(() => null) : null;
    const address = this.address(source);
    const manifest = readManifest(await this.json(address), this.language, address);
    for (const picture of manifest.canvases.flatMap(({ pictures }) => pictures)) {
      if (picture.service) picture.service = this.secured(picture.service);
      if (picture.url) picture.url = this.secured(picture.url);
    }
    const known = await record;
    return {
      manifest,
      sizes: sizesByImage(known),
      creators: (known?.creators ?? []).map(({ name }) => name).filter(Boolean),
      number: known?.object_number ?? "",
    };
  }

  /** The info.json of an image. */
  info(service) {
    return this.json(`${service}/info.json`);
  }

  /** Fails with "noAnswer", "notReadable", "notJson" or the status of the response. */
  async json(url) {
    const failed = (error) => {
      throw new Error(error.name === "TimeoutError" ? "noAnswer" : "notReadable");
    };
    const signal = AbortSignal.timeout(this.waitMs);
    const response = await fetch(this.secured(url), { headers: { Accept: "application/ld+json, application/json" }, signal }).catch(failed);
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(String(response.status));
    }
    const text = await response.text().catch(failed);
    try {
      return JSON.parse(text);
    } catch {
      throw new Error("notJson");
    }
  }

  /** Works of this server for a query: [{ id, label, thumbnail }]. */
  async search(words) {
    const query = new URLSearchParams({ q: words, limit: "8", has_image: "true", fields: "object_number,titles,thumbnail", lang: this.language });
    const found = await this.json(`${this.base}/api/v1/works?${query}`);
    return (found.works ?? found.items ?? []).map((work) => ({
      id: work.object_number,
      label: titleOf(work) || work.object_number,
      thumbnail: work.thumbnail,
    }));
  }
}

function titleOf({ titles }) {
  const first = Array.isArray(titles) ? titles[0] : titles;
  const text = first?.text ?? first;
  if (typeof text === "string") return text;
  const value = text && Object.values(text)[0];
  return Array.isArray(value) ? value[0] : value ?? "";
}
