// Image services of other servers: what they can do, and their info.json in the form that OpenSeadragon reads (pure).

const PROTOCOL = "http://iiif.io/api/image";

/** { version, level } of a service as a manifest or its info.json describes it; `level` is `null` if it does not say. */
export function serviceKind(service) {
  const profile = [service.profile].flat().filter((one) => typeof one === "string").join(" ");
  const text = `${service["@context"] ?? ""} ${service.type ?? service["@type"] ?? ""} ${profile}`;
  const level = /level([0-2])/.exec(profile)?.[1];
  return { version: versionOf(text, service), level: level === undefined ? null : Number(level) };
}

function versionOf(text, service) {
  if (/image\/3|ImageService3/.test(text)) return 3;
  if (/image-api|image\/1|ImageService1/.test(text)) return 1;
  return /image\/2|ImageService2/.test(text) || service["@id"] ? 2 : 3;
}

/**
 * What OpenSeadragon opens for this info.json. Its address is the one that it was loaded from: many name another host, or
 * HTTP. Version and protocol are there in the usual form, and tiles without a width are left out. Where a server without
 * regions names no sizes either, it is the whole image.
 */
export function tileSource(info, service) {
  const { version, level } = serviceKind(info);
  const { "@id": _, id: __, ...rest } = info;
  const source = { ...rest, protocol: PROTOCOL, [version === 3 ? "id" : "@id"]: service };
  if (version > 1) source["@context"] = `${PROTOCOL}/${version}/context.json`;
  if (rest.tiles) {
    source.tiles = [rest.tiles].flat().filter((tile) => tile?.width > 0 && tile.scaleFactors?.length);
    if (!source.tiles.length) delete source.tiles;
  }
  if (level === 0 && !source.tiles && !rest.sizes?.length) {
    return { type: "image", url: `${service}/full/${version === 3 ? "max" : "full"}/0/${version === 1 ? "native" : "default"}.jpg` };
  }
  return source;
}

/** The service as a manifest of version 3 names it. */
export function serviceReference(service, { version, level }) {
  if (version === 3) return { id: service, type: "ImageService3", profile: `level${level ?? 2}` };
  const profile = version === 2 ? `http://iiif.io/api/image/2/level${level ?? 2}.json` : `http://library.stanford.edu/iiif/image-api/1.1/compliance.html#level${level ?? 2}`;
  return { "@id": service, "@type": `ImageService${version}`, profile };
}

/** The parameters of a region: at full size, or at most `side` pixels wide and high. All servers with regions allow them. */
export function regionParameters({ x, y, w, h }, { version }, side) {
  const size = Math.max(w, h) <= side ? (version === 3 ? "max" : "full") : w >= h ? `${side},` : `,${side}`;
  return `${x},${y},${w},${h}/${size}/0/${version === 1 ? "native" : "default"}.jpg`;
}
