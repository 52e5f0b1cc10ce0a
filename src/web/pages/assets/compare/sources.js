// Loads the manifests of works and other servers, and the records of works with their dimensions.
import { readManifest } from "./manifest.js";
import { sizesByImage } from "./measure.js";

export class Sources {
  constructor({ base, language, otherServers }) {
    this.base = base;
    this.language = language;
    this.otherServers = otherServers;
    this.loading = new Map();
  }

  /** The work of this server whose manifest is at `url`, or the manifest there. */
  named(url) {
    const own = new URL(`${this.base}/presentation/`, document.baseURI).href;
    const work = url.startsWith(own) ? /^[23]\/([^/]+)\/manifest$/.exec(url.slice(own.length)) : null;
    return work ? { kind: "work", id: decodeURIComponent(work[1]) } : { kind: "manifest", id: url };
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
    if (!this.otherServers && this.isElsewhere(source)) throw new Error("otherServersOff");
    const record = source.kind === "work" ? this.json(this.record(source.id)).catch(() => null) : null;
    const manifest = readManifest(await this.json(this.address(source)), this.language);
    const known = await record;
    return {
      manifest,
      sizes: sizesByImage(known),
      creators: (known?.creators ?? []).map(({ name }) => name).filter(Boolean),
      number: known?.object_number ?? "",
    };
  }

  async json(url) {
    const response = await fetch(url, { headers: { Accept: "application/ld+json, application/json" } });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(String(response.status));
    }
    return response.json();
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
