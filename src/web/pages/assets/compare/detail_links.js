// What a region of a picture is called elsewhere: IIIF image, content state, citation (pure).
import { regionParameters } from "./image_service.js";

/**
 * The URI of a region by the Image API, at most `side` pixels where the region is larger; of the whole image, if its
 * server has no regions.
 */
export function imageUri({ service, kind, url }, region, side = 2000) {
  if (!service || kind?.level === 0) return url || `${service}/info.json`;
  return `${service}/${regionParameters(region, kind ?? { version: 3 }, side)}`;
}

/** A content state of a region of a canvas, encoded for a URL (Content State 1.0, §6). */
export function contentState(manifest, canvas, region) {
  const target = `${canvas}#xywh=${[region.x, region.y, region.w, region.h]}`;
  const state = { id: target, type: "Canvas", partOf: [{ id: manifest, type: "Manifest" }] };
  const bytes = new TextEncoder().encode(encodeURIComponent(JSON.stringify(state)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * { manifest, canvas, region } of a content state in any of its forms: the address of a manifest, or JSON of an annotation
 * or a target, encoded or not. `null` if it is none.
 */
export function readContentState(text) {
  try {
    return stateOf(parsed(text.trim()));
  } catch {
    return null;
  }
}

function parsed(text) {
  if (/^https?:/.test(text)) return text;
  if (/^[{["]/.test(text)) return JSON.parse(text);
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  const decoded = new TextDecoder().decode(bytes);
  // Some encode the JSON itself, without the percent-encoding below.
  const plain = /^\s*[{["]/.test(decoded) ? decoded : decodeURIComponent(decoded);
  return /^https?:/.test(plain) ? plain : JSON.parse(plain);
}

const first = (value) => (Array.isArray(value) ? value[0] : value);
const addressOf = (value) => (typeof value === "string" ? value : value?.id ?? value?.["@id"]);

function stateOf(state) {
  const target = first(first(state)?.target ?? state);
  const source = first(target?.type === "SpecificResource" ? target.source : target);
  const [id, fragment] = addressOf(source).split("#");
  const selector = [target.selector].flat().map((one) => one?.value).find(Boolean);
  const region = regionOf(selector ?? fragment ?? "");
  const manifest = addressOf(first(source.partOf));
  const isManifest = !manifest && (typeof source === "string" || /Manifest$/.test(source.type ?? source["@type"] ?? ""));
  if (!manifest && !isManifest) return null;
  return isManifest ? { manifest: id, canvas: null, region: null } : { manifest, canvas: id, region };
}

function regionOf(text) {
  const [x, y, w, h] = /xywh=(?:pixel:)?([\d.,]+)/.exec(text)?.[1].split(",").map(Number) ?? [];
  return w > 0 && h > 0 ? { x, y, w, h } : null;
}

/**
 * { manifest, canvas, region } of a dropped or typed text: a manifest's address, a link with the parameter `manifest` (IIIF
 * drag and drop) or `iiif-content`, or a content state.
 */
export function droppedManifest(text) {
  const plain = text.trim();
  if (/^[{[]/.test(plain)) return readContentState(plain);
  let url;
  try {
    url = new URL(plain.split(/[\r\n]/).find((line) => line && !line.startsWith("#")) ?? "");
  } catch {
    return null;
  }
  if (!/^https?:$/.test(url.protocol)) return null;
  const [content, manifest] = ["iiif-content", "manifest"].map((name) => url.searchParams.get(name));
  if (content) return readContentState(content);
  if (manifest) return { manifest, canvas: url.searchParams.get("canvas"), region: null };
  return readContentState(url.href);
}

/**
 * A region of a picture as one of its canvas. `width` is the picture's; the canvas has `width` of its own, and `area` is
 * the part of the canvas that the picture fills, if it is not the whole.
 */
export function onCanvas(region, { width }, canvas, area = null) {
  const factor = (area?.w ?? canvas.width ?? width) / width || 1;
  return placed(region, factor, area?.x ?? 0, area?.y ?? 0);
}

/** The reverse: a region of a canvas as one of the picture on it. */
export function onPicture(region, { width }, canvas, area = null) {
  const factor = (area?.w ?? canvas.width ?? width) / width || 1;
  return placed(region, 1 / factor, -(area?.x ?? 0) / factor, -(area?.y ?? 0) / factor);
}

function placed({ x, y, w, h }, factor, dx, dy) {
  const [left, right] = [x, x + w].map((value) => Math.round(value * factor + dx));
  const [top, bottom] = [y, y + h].map((value) => Math.round(value * factor + dy));
  return { x: left, y: top, w: Math.max(right - left, 1), h: Math.max(bottom - top, 1) };
}

/** A citation as text, one sentence for each part that is known. */
export function citation({ creators, label, number, statement, rights, region, size, uri, note, retrieved }) {
  const parts = [creators.join("; "), label, number !== label && number, statement, region && `${region.x},${region.y},${region.w},${region.h} / ${size} px`, note, uri, rights, retrieved];
  return parts.filter(Boolean).map((part) => part.replace(/\s+/g, " ").replace(/[.\s]+$/, "")).join(". ") + ".";
}
