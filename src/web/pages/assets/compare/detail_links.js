// What a region of a picture is called elsewhere: IIIF image, content state, citation (pure).

/** The URI of a region by the Image API; at most `side` pixels where the region is larger. */
export function imageUri(service, { x, y, w, h }, side = 2000) {
  return `${service}/${x},${y},${w},${h}/${Math.max(w, h) > side ? `!${side},${side}` : "max"}/0/default.jpg`;
}

/** A content state of a region of a canvas, encoded for a URL (Content State 1.0, §6). */
export function contentState(manifest, canvas, region) {
  const target = `${canvas}#xywh=${[region.x, region.y, region.w, region.h]}`;
  const state = { id: target, type: "Canvas", partOf: [{ id: manifest, type: "Manifest" }] };
  const bytes = new TextEncoder().encode(encodeURIComponent(JSON.stringify(state)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** { manifest, canvas, region } of an encoded content state; `null` if it is none. */
export function readContentState(encoded) {
  try {
    const text = decodeURIComponent(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")));
    const state = JSON.parse(text);
    const target = [state.target ?? state].flat()[0];
    const [canvas, xywh] = String(target.id ?? target).split("#xywh=");
    if (target.type === "Manifest") return { manifest: canvas, canvas: null, region: null };
    const manifest = [target.partOf].flat()[0];
    const [x, y, w, h] = (xywh ?? "").split(",").map(Number);
    return { manifest: manifest?.id ?? manifest, canvas, region: w > 0 && h > 0 ? { x, y, w, h } : null };
  } catch {
    return null;
  }
}

/** A region in a picture's pixels as one in its canvas's units. */
export function onCanvas({ x, y, w, h }, picture, canvas) {
  const factor = canvas.width && picture.width ? canvas.width / picture.width : 1;
  const [left, top, right, bottom] = [x, y, x + w, y + h].map((value) => Math.round(value * factor));
  return { x: left, y: top, w: Math.max(right - left, 1), h: Math.max(bottom - top, 1) };
}

/** A citation as text, one sentence for each part that is known. */
export function citation({ creators, label, number, statement, rights, region, size, uri, note, retrieved }) {
  const parts = [creators.join("; "), label, number !== label && number, statement, region && `${region.x},${region.y},${region.w},${region.h} / ${size} px`, note, uri, rights, retrieved];
  return parts.filter(Boolean).map((part) => part.replace(/\s+/g, " ").replace(/[.\s]+$/, "")).join(". ") + ".";
}
