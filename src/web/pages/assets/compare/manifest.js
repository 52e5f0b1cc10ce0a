// Reads IIIF manifests of versions 2 and 3: their pictures by canvas, label and credits (pure).

const list = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);

/** The text of a language map, a list or a string, in the preferred language; tags are removed. */
export function textOf(value, language = "en") {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value.replace(/<[^>]*>/g, "").trim();
  if (Array.isArray(value)) {
    const preferred = value.filter((item) => item?.["@language"] === language);
    return (preferred.length ? preferred : value).map((item) => textOf(item, language)).filter(Boolean).join(" · ");
  }
  if ("@value" in value) return textOf(String(value["@value"]), language);
  const chosen = value[language] ?? value.none ?? value.en ?? Object.values(value)[0];
  return textOf(chosen, language);
}

/**
 * { id, label, rights, statement, homepage, seeAlso, canvases: [{ id, label, width, height, perUnit, pictures }] }, where
 * pictures are { label, service, url, width, height }. Throws if it is no manifest.
 */
export function readManifest(json, language) {
  const isVersion2 = Boolean(json?.sequences) || /presentation\/2/.test(String(json?.["@context"]));
  const kind = json?.type ?? json?.["@type"] ?? "";
  if (!/Manifest$/i.test(kind)) throw new Error(kind || "JSON");
  const canvases = isVersion2 ? list(json.sequences).flatMap(({ canvases }) => list(canvases)) : list(json.items);
  const statement = isVersion2 ? json.attribution : json.requiredStatement?.value;
  const homepage = isVersion2 ? json.related : json.homepage;
  return {
    id: json.id ?? json["@id"],
    label: textOf(json.label, language),
    rights: textOf(json.rights ?? json.license, language),
    statement: textOf(statement, language),
    homepage: list(homepage).map(idOf).find(Boolean) ?? "",
    seeAlso: list(json.seeAlso).map((one) => ({ id: idOf(one), format: one?.format ?? "" })),
    canvases: canvases.map((canvas) => readCanvas(canvas, isVersion2, language)).filter(({ pictures }) => pictures.length),
  };
}

const idOf = (value) => (typeof value === "string" ? value : value?.id ?? value?.["@id"] ?? "");

function readCanvas(canvas, isVersion2, language) {
  const bodies = isVersion2 ? list(canvas.images).flatMap(({ resource }) => choices2(resource)) : paintings(canvas);
  return {
    id: idOf(canvas),
    label: textOf(canvas.label, language),
    width: canvas.width,
    height: canvas.height,
    perUnit: centimetres(list(canvas.service)),
    pictures: bodies.map((body) => pictureOf(body, language)).filter(Boolean),
  };
}

const choices2 = (resource) =>
  resource?.["@type"] === "oa:Choice" ? [resource.default, ...list(resource.item)].filter(Boolean) : list(resource);

function paintings(canvas) {
  const annotations = list(canvas.items).flatMap(({ items }) => list(items));
  const painting = annotations.filter(({ motivation }) => list(motivation ?? "painting").includes("painting"));
  return painting.flatMap(({ body }) => list(body)).flatMap(choices3);
}

function choices3(body) {
  if (body?.type === "Choice") return list(body.items).flatMap(choices3);
  if (body?.type === "SpecificResource") return list(body.source).flatMap(choices3);
  return body?.type === "Image" || body?.service ? [body] : [];
}

function pictureOf(body, language) {
  const image = body.full ?? body;
  const services = list(image.service).filter((service) => /image/i.test(`${service.type ?? service["@type"] ?? ""}${service.profile ?? ""}${service["@context"] ?? ""}`));
  const service = services.map(idOf).find(Boolean)?.replace(/\/$/, "");
  const url = idOf(image);
  if (!service && !url) return null;
  return { label: textOf(body.label ?? image.label, language), service, url, width: image.width, height: image.height };
}

/** The centimetres of one canvas unit, if the canvas has the service for physical dimensions. */
function centimetres(services) {
  const physical = services.find(({ profile }) => /physdim/.test(String(profile)));
  const factor = { mm: 0.1, cm: 1, in: 2.54 }[physical?.physicalUnits];
  const scale = Number(physical?.physicalScale);
  return factor && scale > 0 ? factor * scale : null;
}

/** The manifest and canvas of a dropped link: its own address, or its `manifest` parameter (IIIF drag and drop). */
export function droppedManifest(text) {
  let url;
  try {
    url = new URL(text.trim().split(/[\r\n]/).find((line) => line && !line.startsWith("#")) ?? "");
  } catch {
    return null;
  }
  if (!/^https?:$/.test(url.protocol)) return null;
  const manifest = url.searchParams.get("manifest");
  return { manifest: manifest ?? url.href, canvas: manifest ? url.searchParams.get("canvas") : null };
}
