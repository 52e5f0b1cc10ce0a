// Reads IIIF manifests of versions 2 and 3: their pictures by canvas, label and credits (pure). What museums publish is
// read as far as it can be: missing labels and addresses, numbers as labels, empty entries.
import { plainText } from "./plain_text.js";
import { serviceKind } from "./image_service.js";

const list = (value) => (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined && one !== null);

/** The text of a language map, a list, a string or a number, in the preferred language, without HTML. */
export function textOf(value, language = "en") {
  if (value === undefined || value === null) return "";
  if (typeof value !== "object") return plainText(String(value));
  if (Array.isArray(value)) {
    const preferred = value.filter((item) => isIn(item?.["@language"], language));
    return (preferred.length ? preferred : value).map((item) => textOf(item, language)).filter(Boolean).join(" · ");
  }
  if ("@value" in value) return textOf(value["@value"], language);
  const rank = (key) => [(key) => key === language, (key) => isIn(key, language), (key) => /^@?none$/.test(key), (key) => isIn(key, "en"), () => true].findIndex((is) => is(key));
  const keys = Object.keys(value).sort((a, b) => rank(a) - rank(b));
  // A language may be there without a text.
  return keys.map((key) => textOf(value[key], language)).find(Boolean) ?? "";
}

/** Whether a language tag, as `en-GB`, is of this language. */
const isIn = (tag, language) => String(tag ?? "").toLowerCase().split("-")[0] === language;

/**
 * { id, label, rights, statement, homepage, seeAlso, canvases: [{ id, label, width, height, perUnit, pictures }] }, where
 * pictures are { label, service, kind, url, width, height, area }. `address` is where the manifest is, for one that does
 * not say so. Throws "isCollection" or "notManifest".
 */
export function readManifest(json, language, address = "") {
  const isVersion2 = Boolean(json?.sequences) || /presentation\/2/.test(String(json?.["@context"]));
  const kind = String(json?.type ?? json?.["@type"] ?? "");
  if (/Collection$/i.test(kind)) throw new Error("isCollection");
  if (!/Manifest$/i.test(kind)) throw new Error("notManifest");
  const canvases = isVersion2 ? list(json.sequences).flatMap(({ canvases }) => list(canvases)) : list(json.items);
  const statement = isVersion2 ? json.attribution : json.requiredStatement?.value;
  const homepage = isVersion2 ? json.related : json.homepage;
  return {
    id: idOf(json) || address,
    label: textOf(json.label, language),
    rights: textOf(json.rights ?? json.license, language),
    statement: textOf(statement, language),
    homepage: list(homepage).map(idOf).find(Boolean) ?? "",
    seeAlso: list(json.seeAlso).map((one) => ({ id: idOf(one), format: one?.format ?? "" })),
    canvases: canvases.map((canvas) => readCanvas(canvas, isVersion2, language)).filter(({ pictures }) => pictures.length),
  };
}

const idOf = (value) => String((typeof value === "string" ? value : value?.id ?? value?.["@id"]) ?? "");

function readCanvas(canvas, isVersion2, language) {
  const painted = isVersion2 ? list(canvas.images).map(({ resource, on }) => [resource, on]) : paintings(canvas);
  const choices = isVersion2 ? choices2 : choices3;
  return {
    id: idOf(canvas),
    label: textOf(canvas.label, language),
    width: canvas.width,
    height: canvas.height,
    perUnit: centimetres(list(canvas.service)),
    pictures: painted.flatMap(([body, target]) => choices(body).map((one) => pictureOf(one, language, areaOf(target))).filter(Boolean)),
  };
}

const choices2 = (resource) =>
  resource?.["@type"] === "oa:Choice" ? [...list(resource.default), ...list(resource.item)].filter((one) => one !== "rdf:nil") : list(resource);

function paintings(canvas) {
  const annotations = list(canvas.items).flatMap(({ items }) => list(items));
  const painting = annotations.filter(({ motivation }) => list(motivation ?? "painting").includes("painting"));
  return painting.flatMap(({ body, target }) => list(body).map((one) => [one, target]));
}

function choices3(body) {
  if (body.type === "Choice") return list(body.items).flatMap(choices3);
  if (body.type === "SpecificResource") return list(body.source).flatMap(choices3);
  return body.type === "Image" || body.service || typeof body === "string" ? [body] : [];
}

/** The part of the canvas that a picture fills: { x, y, w, h }; `null` for the whole canvas. */
function areaOf(target) {
  const selector = list(target?.selector).map(({ value }) => value).find(Boolean);
  const [x, y, w, h] = /xywh=(?:pixel:)?([\d.,]+)/.exec(selector ?? idOf(list(target)[0]))?.[1].split(",").map(Number) ?? [];
  return w > 0 && h > 0 ? { x, y, w, h } : null;
}

function pictureOf(body, language, area) {
  const image = body.full ?? body;
  const services = list(image.service).filter((service) => /image/i.test(`${service.type ?? service["@type"] ?? ""}${service.profile ?? ""}${service["@context"] ?? ""}`));
  const found = services.find((service) => idOf(service));
  const service = found && idOf(found).replace(/\/$/, "");
  const url = idOf(image);
  if (!service && !url) return null;
  return { label: textOf(body.label ?? image.label, language), service, kind: found && serviceKind(found), url, width: image.width, height: image.height, area };
}

/** The centimetres of one canvas unit, if the canvas has the service for physical dimensions. */
function centimetres(services) {
  const physical = services.find(({ profile }) => /physdim/.test(String(profile)));
  const factor = { mm: 0.1, cm: 1, in: 2.54 }[physical?.physicalUnits];
  const scale = Number(physical?.physicalScale);
  return factor && scale > 0 ? factor * scale : null;
}
