// The pure modules of the page for comparing: node --test compare.test.mjs
import assert from "node:assert/strict";
import test from "node:test";

const module = (name) => import(new URL(`../../src/web/pages/assets/compare/${name}.js`, import.meta.url));
const { IDENTITY, apply, compose, fit, fitAffine, fitSimilarity, invert, nearestSimilarity, residual, similarity } = await module("geometry");
const { decode, encode, sourcesOf } = await module("address");
const { CHANNELS, LOCKS, MODES, UNITS, emptyState, newView, normalized } = await module("state");

// A small generator with a seed, so that a failure can be repeated.
function random(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low, high) => low + (high - low) * next();
  const pick = (list) => list[Math.floor(next() * list.length)];
  return { next, between, pick, whole: (high) => Math.floor(next() * high), maybe: (value) => (next() < 0.5 ? value() : null) };
}

function near(found, expected, tolerance = 1e-6) {
  found.forEach((value, at) => assert.ok(Math.abs(value - expected[at]) <= tolerance * Math.max(1, Math.abs(expected[at])), `${found} ≠ ${expected}`));
}

test("transforms are composed and inverted", () => {
  const r = random(1);
  for (let n = 0; n < 500; n++) {
    const [m, k] = [0, 1].map(() => Array.from({ length: 6 }, () => r.between(-5, 5)));
    const point = [r.between(-9, 9), r.between(-9, 9)];
    near(apply(compose(m, k), point), apply(m, apply(k, point)));
    const inverse = invert(m);
    if (inverse && Math.abs(m[0] * m[3] - m[1] * m[2]) > 0.1) near(compose(inverse, m), IDENTITY, 1e-5);
  }
  assert.equal(invert([1, 2, 2, 4, 0, 0]), null);
});

test("two pairs give the similarity they were made with, mirrored or not", () => {
  const r = random(2);
  for (let n = 0; n < 500; n++) {
    const mirror = r.next() < 0.5;
    const made = similarity({ center: [r.between(0, 4000), r.between(0, 4000)], scale: r.between(0.05, 20), degrees: r.between(-179, 179), mirror });
    const points = Array.from({ length: 2 + r.whole(4) }, () => [r.between(0, 5000), r.between(0, 5000)]);
    const found = fitSimilarity(points.map((point) => [point, apply(made, point)]), mirror);
    near(found, made, 1e-6);
    const { scale, degrees, mirror: mirrored } = nearestSimilarity(made);
    near(similarity({ center: [0, 0], scale, degrees, mirror: mirrored }).slice(0, 4), made.slice(0, 4));
    near(residual(made), IDENTITY, 1e-9);
  }
});

test("three pairs give the affine transform they were made with; more, the least squares", () => {
  const r = random(3);
  const made = [1.1, 0.2, -0.1, 0.9, 40, -30];
  const points = [[10, 20], [900, 40], [300, 800]];
  near(fitAffine(points.map((point) => [point, apply(made, point)])), made);
  const noisy = Array.from({ length: 12 }, () => [r.between(0, 1000), r.between(0, 1000)])
    .map((point) => [point, apply(made, point).map((value) => value + r.between(-2, 2))]);
  const { transform, kind, error } = fit(noisy);
  assert.equal(kind, "affine");
  assert.ok(error < 2, `${error}`);
  for (const at of [0, 1, 2, 3, 4, 5]) {
    for (const step of [-1e-3, 1e-3]) {
      const other = transform.map((value, place) => (place === at ? value + step : value));
      const squares = (m) => noisy.reduce((sum, [from, to]) => sum + (apply(m, from)[0] - to[0]) ** 2 + (apply(m, from)[1] - to[1]) ** 2, 0);
      assert.ok(squares(other) > squares(transform), `${at} ${step}`);
    }
  }
  near(compose(residual(transform), similarity({ center: [0, 0], ...nearestSimilarity(transform) })).slice(0, 4), transform.slice(0, 4));
});

test("pairs without extent have no transform; points on a line give a similarity", () => {
  assert.equal(fit([]), null);
  assert.equal(fit([[[1, 1], [2, 2]]]), null);
  assert.equal(fit([[[1, 1], [2, 2]], [[1, 1], [5, 5]]]), null);
  assert.equal(fit([[[0, 0], [0, 0]], [[1, 1], [2, 2]], [[2, 2], [4, 4]]]).kind, "similarity");
});

const WORDS = ["", "a", "ø & å = #?%+", "דג", "a:b;c,d", "\n\t\"<b>", "😀", "100%25", " x "];

function anyState(r) {
  const point = () => [r.between(-1, 2), r.between(-1, 2)];
  const sources = Array.from({ length: r.whole(7) }, () =>
    r.next() < 0.6 ? { kind: "work", id: r.pick(["KMS1", "Ch. 3", "a,b", "ø/å+1", "%2C", "x&y=z"]) } : { kind: "manifest", id: r.pick(["https://a.example/m?x=1&y=2#z", "https://b.example/å,b/manifest"]) });
  const view = () => ({
    ...newView(r.whole(sources.length), r.whole(40), r.whole(5)),
    at: r.maybe(() => ({ x: r.between(-1, 2), y: r.between(-1, 2), widths: r.between(0.001, 10) })),
    degrees: r.pick([0, 90, -90, r.between(-180, 180)]),
    mirror: r.next() < 0.3,
    grey: r.next() < 0.3,
    contrast: r.between(0, 3),
    brightness: r.pick([1, r.between(0, 3)]),
    channel: r.pick(CHANNELS),
    width: r.maybe(() => r.between(0.01, 500)),
    pairs: Array.from({ length: r.whole(5) }, () => [point(), r.maybe(point)]),
    detail: r.maybe(() => ({ x: r.whole(20000), y: r.whole(20000), w: 1 + r.whole(9000), h: 1 + r.whole(9000), note: r.pick(WORDS) })),
  });
  const views = sources.length ? Array.from({ length: r.whole(7) }, view) : [];
  const rulers = views.length ? Array.from({ length: r.whole(4) }, () => ({ view: r.whole(views.length), from: point(), to: point() })) : [];
  return {
    mode: r.pick(MODES), lock: r.pick(LOCKS), unit: r.pick(UNITS), real: r.next() < 0.5, lines: r.next() < 0.5,
    opacity: r.next(), curtain: r.next(), blink: r.between(0.5, 10), selected: r.whole(6), sources, views, rulers,
  };
}

// What `encode` reorders: works come before manifests.
function sorted(state) {
  const rank = state.sources.map((source, at) => [source, at]).sort(([a, i], [b, j]) => (a.kind === "manifest") - (b.kind === "manifest") || i - j);
  return { ...state, sources: rank.map(([source]) => source), views: state.views.map((view) => ({ ...view, source: rank.findIndex(([, at]) => at === view.source) })) };
}

test("an address that is read gives the state that was written", () => {
  for (let seed = 0; seed < 3000; seed++) {
    const state = normalized(anyState(random(seed)));
    const read = decode(encode(state));
    assert.deepEqual(read, sorted(state), `seed ${seed}`);
    assert.deepEqual(encode(read), encode(state), `seed ${seed}`);
    // As browsers write it.
    const url = new URL(`http://x/compare${encode(state, ["lang=da"]).query}${encode(state).hash}`);
    assert.deepEqual(decode({ query: url.search, hash: url.hash }), read, `seed ${seed}`);
  }
});

test("what cannot be read is as it is by default", () => {
  const r = random(4);
  const { query, hash } = encode(normalized(anyState(random(9))));
  for (let n = 0; n < 3000; n++) {
    const at = r.whole(hash.length);
    const damaged = hash.slice(0, at) + r.pick(["", "%", "&", ":", "-", "w=", "x=9:1", "NaN", "9e99"]) + hash.slice(at + r.whole(4));
    const state = decode({ query, hash: damaged });
    assert.deepEqual(state, normalized(state), damaged);
  }
  assert.deepEqual(decode({ query: "?works=A,B" }).views.map(({ source }) => source), [0, 1]);
  assert.deepEqual(decode({}), normalized(emptyState()));
});

test("numbers of works are separated by commas, which they may contain", () => {
  assert.deepEqual(sourcesOf("?works=A,B%2C1&lang=da&manifest=https%3A%2F%2Fx").map(({ id }) => id), ["A", "B,1", "https://x"]);
});

test("four views have a short address", () => {
  const r = random(5);
  const state = normalized({ ...emptyState(), sources: ["KMS1", "KMS2", "KMS3", "KMS4"].map((id) => ({ kind: "work", id })) });
  state.views = [0, 1, 2, 3].map((source) => ({ ...newView(source), at: { x: r.next(), y: r.next(), widths: 0.25 } }));
  assert.ok(encode(state).hash.length < 200, encode(state).hash);
});

const { droppedManifest, readManifest, textOf } = await module("manifest");
const { lengthOf, lengthText, recordedSize, scaleBar, scaleOf, sizesByImage } = await module("measure");
const { alignment, firstWidths, followed, links, screenTransform, widthsToFit } = await module("links");
const { citation, contentState, imageUri, onCanvas, readContentState } = await module("detail_links");
const { arrangementManifest } = await module("export_manifest");
const { tone } = await module("tone");

const service3 = (id) => ({ id, type: "ImageService3", profile: "level2" });
const image3 = (id, label) => ({ id: `${id}/full/max/0/default.jpg`, type: "Image", width: 3000, height: 2000, service: [service3(id)], ...(label && { label: { en: [label] } }) });
const canvas3 = (id, body, more = {}) => ({ id, type: "Canvas", width: 3000, height: 2000, label: { none: [id] }, items: [{ type: "AnnotationPage", items: [{ type: "Annotation", motivation: "painting", body, target: id }] }], ...more });

test("manifests of version 3 are read, with captures, dimensions and credits", () => {
  const read = readManifest({
    "@context": "http://iiif.io/api/presentation/3/context.json", id: "https://x/m", type: "Manifest",
    label: { da: ["Hest"], en: ["<b>Horse</b>"] }, rights: "http://x/rights",
    requiredStatement: { label: { en: ["By"] }, value: { en: ["A <a href='x'>museum</a>"] } },
    items: [
      canvas3("c1", { type: "Choice", items: [image3("s1", "Visible"), image3("s2", "Infrared")] }, { service: [{ profile: "http://iiif.io/api/annex/services/physdim", physicalScale: 0.1, physicalUnits: "mm" }] }),
      canvas3("c2", { type: "SpecificResource", source: image3("s3") }),
      canvas3("empty", []),
      canvas3("plain", { id: "https://x/a.jpg", type: "Image" }),
    ],
  }, "en");
  assert.deepEqual([read.label, read.statement, read.rights], ["Horse", "A museum", "http://x/rights"]);
  assert.deepEqual(read.canvases.map(({ id, pictures }) => [id, pictures.map(({ service, url }) => service ?? url)]), [["c1", ["s1", "s2"]], ["c2", ["s3"]], ["plain", ["https://x/a.jpg"]]]);
  assert.deepEqual(read.canvases[0].pictures.map(({ label }) => label), ["Visible", "Infrared"]);
  near([read.canvases[0].perUnit], [0.01]);
});

test("manifests of version 2 are read, and what is no manifest is refused", () => {
  const resource = (id) => ({ "@id": `${id}/full/full/0/default.jpg`, "@type": "dctypes:Image", service: { "@context": "http://iiif.io/api/image/2/context.json", "@id": `${id}/`, profile: "http://iiif.io/api/image/2/level2.json" } });
  const read = readManifest({
    "@context": "http://iiif.io/api/presentation/2/context.json", "@id": "https://x/m", "@type": "sc:Manifest",
    label: [{ "@value": "Hest", "@language": "da" }, { "@value": "Horse", "@language": "en" }], attribution: "A museum", license: "http://x/rights",
    sequences: [{ canvases: [{ "@id": "c1", label: "1", width: 30, height: 20, images: [{ resource: { "@type": "oa:Choice", default: resource("s1"), item: [resource("s2")] } }] }] }],
  }, "da");
  assert.deepEqual([read.label, read.statement, read.rights], ["Hest", "A museum", "http://x/rights"]);
  assert.deepEqual(read.canvases[0].pictures.map(({ service }) => service), ["s1", "s2"]);
  for (const other of [null, {}, [], "x", { type: "Collection", items: [] }, { "@type": "sc:Collection" }]) assert.throws(() => readManifest(other));
  assert.equal(textOf({ none: ["a", "b"] }, "en"), "a · b");
});

test("dropped links name a manifest", () => {
  assert.deepEqual(droppedManifest("https://x/?manifest=https%3A%2F%2Fy%2Fm&canvas=c"), { manifest: "https://y/m", canvas: "c" });
  assert.deepEqual(droppedManifest("# comment\r\nhttps://y/m\r\n"), { manifest: "https://y/m", canvas: null });
  for (const text of ["", "javascript:alert(1)", "a b", "data:text/html,x"]) assert.equal(droppedManifest(text), null);
});

test("sizes are read from records, without frames", () => {
  const side = (kind, value, unit = "cm", part) => ({ kind, value, unit, part });
  const size = (dimensions) => {
    const found = recordedSize(dimensions);
    return found && [found.height.cm, found.width.cm, found.width.error];
  };
  assert.deepEqual(size([side("height", 60, "cm", "frame"), side("width", 90, "cm", "frame"), side("height", 40), side("width", 60)]), [40, 60, 0.5]);
  near(size([side("height", 400, "mm", "sheet"), side("width", 600.5, "mm", "sheet")]), [40, 60.05, 0.005]);
  near(size([side("højde", 10, "in"), side("bredde", 20, "in")]), [25.4, 50.8, 1.27]);
  assert.equal(size([side("height", 60, "cm", "frame"), side("width", 90, "cm", "frame")]), null);
  for (const none of [undefined, [], [side("height", 4)], [side("width", -1), side("height", 3)], [side("width", 4, "kg"), side("height", 3, "kg")]]) assert.equal(size(none), null);
});

test("only images of the whole front have the scale of the work", () => {
  const side = (kind, value, part) => ({ kind, value, unit: "cm", part });
  const dimensions = [side("height", 40), side("width", 60), side("height", 50, "frame"), side("width", 70, "frame")];
  const widths = (images, more = {}) => {
    const named = images.map((image, at) => ({ file: `${at}`, service: `s${at}`, ...image }));
    const sizes = sizesByImage({ dimensions, images: named, ...more });
    return named.map(({ service }) => sizes.get(service)?.width.cm ?? null);
  };
  assert.deepEqual(widths([{ role: "recto" }, { role: "verso" }, { role: "detail" }, { role: "frame" }]), [60, null, null, 70]);
  assert.deepEqual(widths([{ role: "detail" }, {}]), [null, 60], "the front need not come first");
  assert.deepEqual(widths([{}, {}, {}]), [60, null, null], "undescribed images after the first may be details");
  assert.deepEqual(widths([{ role: "verso" }, { role: "Macro" }]), [null, null], "there may be no front");
  assert.deepEqual(widths([{ service: undefined }, {}]), [null, null], "the place of a front that is not shown is not taken");
  const parts = [{ label: "Wings", parts: [{ label: "Left wing", images: ["0"] }] }];
  assert.deepEqual(widths([{}, {}], { parts }), [null, 60], "an image of a part does not show the whole");
  assert.deepEqual([sizesByImage(null).size, sizesByImage({ dimensions }).size], [0, 0]);
});

test("lengths state their error", () => {
  const recorded = recordedSize([{ kind: "height", value: 40.2, unit: "cm" }, { kind: "width", value: 60.1, unit: "cm" }]);
  const scale = scaleOf({ recorded, ratio: 2 / 3 });
  near([scale.cm], [Math.sqrt(60.3 * 60.1)]);
  assert.ok(scale.error > 0.002 && scale.error < 0.004, `${scale.error}`);
  assert.equal(scaleOf({ recorded, ratio: 1 }), null, "another part of the work");
  assert.equal(scaleOf({ ratio: 1 }), null);
  near([scaleOf({ stated: 30, recorded, ratio: 1 }).cm], [30]);
  const length = lengthOf([0.1, 0.2], [0.4, 0.6], scale, 0.001);
  near([length.cm], [0.5 * scale.cm]);
  assert.equal(lengthText(length, "cm", "en"), "30.1 ± 0.2 cm");
  assert.equal(lengthText(length, "in", "da"), "11,85 ± 0,07 in");
  assert.deepEqual(scaleBar(7, "cm"), { length: 20, pixels: 140 });
  assert.equal(scaleBar(0, "cm"), null);
});

// A view and its picture, as the stage has them.
const pictureOf = (ratio, cm = null) => ({ ratio, cm });

test("aligned views show the same place at the same point of the screen, whatever moves", () => {
  const r = random(6);
  for (let n = 0; n < 300; n++) {
    const made = [1.2, 0.1, -0.2, 0.9, 0.1, 0.05];
    const points = [[0.1, 0.1], [0.9, 0.2], [0.4, 0.6]];
    const state = normalized({ ...emptyState(), sources: [{ kind: "work", id: "a" }], views: [0, 0, 0].map(() => ({ ...newView(0), degrees: r.pick([0, 90, 33]), mirror: r.next() < 0.5 })) });
    state.views[1].pairs = points.map((point) => [point, apply(made, point)]);
    const pictures = [pictureOf(0.7), pictureOf(1.1), pictureOf(0.5)];
    const tied = links(state, pictures, 1.5, []);
    near(tied[1], made);
    const lead = r.whole(3);
    const moved = similarity({ center: [r.next(), r.next()], scale: r.between(50, 9000), degrees: r.between(-180, 180), mirror: r.next() < 0.5 });
    const all = followed(tied, lead, moved);
    const place = [r.next(), r.next()];
    near(apply(all[1], apply(made, place)), apply(all[0], place), 1e-6);
    near(all[lead], moved);
  }
});

test("views that are not aligned are locked by their centres, in their own orientation", () => {
  const state = normalized({ ...emptyState(), sources: [{ kind: "work", id: "a" }], views: [newView(0), { ...newView(0), degrees: 90 }] });
  const pictures = [pictureOf(0.5), pictureOf(2)];
  const frame = 1;
  const tied = links(state, pictures, frame, []);
  const first = screenTransform(state.views[0], pictures[0], 800, frame);
  const [, second] = followed(tied, 0, first);
  near(apply(second, [0.5, 1]), [0, 0], 1e-6);
  const { scale, degrees } = nearestSimilarity(second);
  near([scale, degrees], [800 / widthsToFit(2, frame), 90]);
  const real = links({ ...state, real: true }, [pictureOf(0.5, 60), pictureOf(2, 30)], frame, []);
  near([nearestSimilarity(followed(real, 0, first)[1]).scale * 60], [nearestSimilarity(first).scale * 30]);
  const whole = firstWidths({ ...state, real: true }, [pictureOf(0.5, 60), pictureOf(2, 90)], frame);
  near([whole], [(widthsToFit(2, frame) * 90) / 60]);
  assert.deepEqual(links({ ...state, lock: "free" }, pictures, frame, []), [IDENTITY, null]);
  assert.equal(alignment(state.views[1]), null);
});

test("regions have a URI, a content state that is read back, and a citation", () => {
  const region = { x: 10, y: 20, w: 300, h: 200 };
  assert.equal(imageUri("https://x/iiif/3/a", region), "https://x/iiif/3/a/10,20,300,200/max/0/default.jpg");
  assert.equal(imageUri("https://x/a", { ...region, w: 3000 }), "https://x/a/10,20,3000,200/!2000,2000/0/default.jpg");
  const state = contentState("https://x/m/æ", "https://x/c", region);
  assert.match(state, /^[\w-]+$/);
  assert.deepEqual(readContentState(state), { manifest: "https://x/m/æ", canvas: "https://x/c", region });
  assert.equal(readContentState("%%%"), null);
  assert.deepEqual(onCanvas(region, { width: 6000 }, { width: 3000 }), { x: 5, y: 10, w: 150, h: 100 });
  const text = citation({ creators: ["A. B.", "C"], label: "Horse", number: "K1", region, size: "9 × 6", uri: "https://x", note: "a\n b", rights: "", retrieved: "Retrieved 2026" });
  assert.equal(text, "A. B.; C. Horse. K1. 10,20,300,200 / 9 × 6 px. a b. https://x. Retrieved 2026.");
});

test("an exported manifest has the arrangement, the works and the notes", () => {
  const view = (id, transform, detail = null) => ({ picture: { service: `https://x/${id}` }, label: id, canvas: { id }, manifest: { id: `https://x/m/${id}`, label: id }, found: { creators: ["A"], number: id }, width: 900, height: 600, state: { detail }, transform });
  const first = similarity({ center: [0.5, 0.3], scale: 400, degrees: 0, mirror: false });
  const views = [view("a", first, { x: 1, y: 2, w: 3, h: 4, note: "" }), view("b", compose(first, [0.5, 0, 0, 0.5, 0.25, 0.1]))];
  for (const isLayered of [true, false]) {
    const made = arrangementManifest({ views, label: "AB", language: "en", address: "https://x/compare?works=a#c=1", isLayered, name: "M" });
    assert.deepEqual(made.items.map(({ type, items }) => [type, items[0].items.length]), [["Canvas", 2], ["Canvas", 1], ["Canvas", 1]]);
    const ids = JSON.stringify(made).match(/"id":"https:\/\/x\/compare[^"]*"/g);
    assert.equal(new Set(ids).size, ids.length, "identifiers are unique");
    for (const { target } of made.items[0].items[0].items) {
      const [x, y, w, h] = target.split("=").at(-1).split(",").map(Number);
      assert.ok(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= made.items[0].width + 1 && y + h <= made.items[0].height + 1, target);
    }
    assert.match(JSON.stringify(made.items[1].annotations), /xywh=1,2,3,4/);
  }
  const layered = arrangementManifest({ views, label: "AB", language: "en", address: "https://x/compare", isLayered: true, name: "M" });
  assert.match(layered.items[0].items[0].items[1].target, /xywh=500,200,1000,667$/);
});

test("tones of exported pixels are those of the filters", () => {
  const changed = (view) => [...tone(Uint8ClampedArray.of(200, 100, 50, 255), { grey: false, contrast: 1, brightness: 1, channel: "", ...view })];
  assert.deepEqual(changed({}), [200, 100, 50, 255]);
  assert.deepEqual(changed({ channel: "g" }), [100, 100, 100, 255]);
  assert.deepEqual(changed({ brightness: 2 }), [255, 200, 100, 255]);
  assert.deepEqual(changed({ contrast: 0 }), [128, 128, 128, 255]);
  const [r, g, b] = changed({ grey: true });
  assert.ok(r === g && g === b && r === 118, `${r}`);
});
