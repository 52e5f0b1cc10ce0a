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

const { readManifest, textOf } = await module("manifest");
const { plainText } = await module("plain_text");
const { serviceKind, tileSource } = await module("image_service");
const { lengthOf, lengthText, recordedSize, scaleBar, scaleOf, sizesByImage } = await module("measure");
const { alignment, firstWidths, followed, links, screenTransform, widthsToFit } = await module("links");
const { citation, contentState, droppedManifest, imageUri, onCanvas, onPicture, readContentState } = await module("detail_links");
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
  for (const other of [null, {}, [], "x", { type: "Canvas" }]) assert.throws(() => readManifest(other), { message: "notManifest" });
  for (const other of [{ type: "Collection", items: [] }, { "@type": "sc:Collection" }]) assert.throws(() => readManifest(other), { message: "isCollection" });
});

test("what museums publish is read as far as it can be", () => {
  const address = "https://x/m";
  const nameless = readManifest({ type: "Manifest", items: [null, { ...canvas3("c", image3("s")), items: [null, ...canvas3("c", image3("s")).items] }] }, "en", address);
  assert.deepEqual([nameless.id, nameless.label, nameless.canvases.length], [address, "", 1]);
  const two = (label, images) => readManifest({ "@type": "sc:Manifest", "@id": 7, label, sequences: [null, { canvases: [null, { "@id": "c", images }] }] }, "en");
  assert.deepEqual([two(1234, [null]).label, two(0, []).id], ["1234", "7"]);
  const choice = { "@type": "oa:Choice", default: { "@id": "a.jpg" }, item: ["rdf:nil", { "@id": "b.jpg" }] };
  assert.deepEqual(two("x", [{ resource: choice }, { resource: { "@id": "c.jpg" }, on: "c#xywh=10,0,10,20" }]).canvases[0].pictures.map(({ url, area }) => [url, area]),
    [["a.jpg", null], ["b.jpg", null], ["c.jpg", { x: 10, y: 0, w: 10, h: 20 }]]);
  const canvas = canvas3("c", ["https://x/a.jpg", null]);
  assert.deepEqual(readManifest({ type: "Manifest", items: [canvas] }, "en").canvases[0].pictures.map(({ url }) => url), ["https://x/a.jpg"]);
  canvas.items[0].items[0].target = { type: "SpecificResource", source: "c", selector: { type: "FragmentSelector", value: "xywh=pixel:1,2,3,4" } };
  assert.deepEqual(readManifest({ type: "Manifest", items: [canvas] }, "en").canvases[0].pictures[0].area, { x: 1, y: 2, w: 3, h: 4 });
});

test("texts are in the preferred language, and without HTML", () => {
  for (const [value, expected] of [
    [{ none: ["a", "b"] }, "a · b"],
    [{ en: [], fr: ["Français"] }, "Français"],
    [{ fr: ["Français"], "en-GB": ["British"] }, "British"],
    [{ fr: ["x"], "@none": ["y"] }, "y"],
    [[{ "@value": "a", "@language": "fr" }, { "@value": 5, "@language": "en-US" }], "5"],
    [[null, "a", {}], "a"],
    [1500, "1500"],
    [{ en: null }, ""],
  ]) assert.equal(textOf(value, "en"), expected);
  for (const [text, expected] of [
    ["<i>Hours</i> &amp; Psalms &quot;q&quot; &#233;&#xE9;", 'Hours & Psalms "q" éé'],
    ["Size < 5 cm & > 2 cm <unfinished>", "Size < 5 cm & > 2 cm <unfinished>"],
    ["<p>one</p><p class=\"x\">two<br/>three</p>", "one two three"],
    ["a <!-- <b> --> b", "a b"],
    ["AT&T; &bogus; &#0; &#xD800; &#9999999;", "AT&T; &bogus; &#0; &#xD800; &#9999999;"],
    ["&amp;lt;b&gt;", "&lt;b>"],
  ]) assert.equal(plainText(text), expected);
});

test("image services are used as far as they go", () => {
  const level = (profile, version = 2) => ({ "@context": `http://iiif.io/api/image/${version}/context.json`, profile });
  assert.deepEqual(serviceKind(level(["http://iiif.io/api/image/2/level1.json", { supports: [] }])), { version: 2, level: 1 });
  assert.deepEqual(serviceKind({ type: "ImageService3", profile: "level0" }), { version: 3, level: 0 });
  assert.deepEqual(serviceKind({ "@context": "http://library.stanford.edu/iiif/image-api/1.1/context.json" }), { version: 1, level: null });
  const size = { width: 30, height: 20 };
  const source = (more, profile = "http://iiif.io/api/image/2/level2.json") => tileSource({ ...level(profile), ...size, "@id": "http://elsewhere/a", ...more }, "https://x/a");
  assert.equal(source({})["@id"], "https://x/a", "the address is the one that was asked");
  const { protocol, "@context": context } = tileSource({ type: "ImageService3", ...size }, "https://x/a");
  assert.deepEqual([protocol, context], ["http://iiif.io/api/image", "http://iiif.io/api/image/3/context.json"], "OpenSeadragon needs both");
  assert.equal(source({ tiles: [{ scaleFactors: [1, 2] }] }).tiles, undefined);
  assert.equal(source({ tiles: [] }).tiles, undefined);
  assert.deepEqual(source({ tiles: [{ width: 5, scaleFactors: [1] }, { width: 6 }] }).tiles, [{ width: 5, scaleFactors: [1] }]);
  const level0 = "http://iiif.io/api/image/2/level0.json";
  assert.deepEqual(source({}, level0), { type: "image", url: "https://x/a/full/full/0/default.jpg" });
  assert.deepEqual(source({ sizes: [size] }, level0).sizes, [size]);
});

test("dropped links name a manifest", () => {
  assert.deepEqual(droppedManifest("https://x/?manifest=https%3A%2F%2Fy%2Fm&canvas=c"), { manifest: "https://y/m", canvas: "c", region: null });
  assert.deepEqual(droppedManifest("# comment\r\nhttps://y/m\r\n"), { manifest: "https://y/m", canvas: null, region: null });
  const target = '{"id":"https://y/c#xywh=1,2,3,4","type":"Canvas","partOf":"https://y/m"}';
  const found = { manifest: "https://y/m", canvas: "https://y/c", region: { x: 1, y: 2, w: 3, h: 4 } };
  assert.deepEqual([droppedManifest(target), droppedManifest(`https://x/?iiif-content=${encodeURIComponent(target)}`)], [found, found]);
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
  const uri = (kind, box = region) => imageUri({ service: "https://x/a", url: "https://x/a.jpg", kind }, box);
  assert.equal(uri({ version: 3, level: 2 }), "https://x/a/10,20,300,200/max/0/default.jpg");
  assert.equal(uri({ version: 3, level: 1 }, { ...region, w: 3000 }), "https://x/a/10,20,3000,200/2000,/0/default.jpg");
  assert.equal(uri({ version: 2, level: null }), "https://x/a/10,20,300,200/full/0/default.jpg");
  assert.equal(uri({ version: 1, level: 1 }, { ...region, h: 3000 }), "https://x/a/10,20,300,3000/,2000/0/native.jpg");
  assert.equal(uri({ version: 3, level: 0 }), "https://x/a.jpg", "a server of level 0 has no regions");
  const state = contentState("https://x/m/æ", "https://x/c", region);
  assert.match(state, /^[\w-]+$/);
  assert.deepEqual(readContentState(state), { manifest: "https://x/m/æ", canvas: "https://x/c", region });
  for (const broken of ["%%%", "", "e30", "{}", "[]", "null", '{"id":"https://x/c","type":"Canvas"}', '{"type":"Annotation"}']) assert.equal(readContentState(broken), null, broken);
  const canvas = { id: "https://x/c", type: "Canvas", partOf: [{ id: "https://x/m", type: "Manifest" }] };
  const named = { manifest: "https://x/m", canvas: "https://x/c", region };
  const selector = { type: "FragmentSelector", value: "xywh=10,20,300,200" };
  for (const [state, expected] of [
    ["https://x/m", { manifest: "https://x/m", canvas: null, region: null }],
    [btoa("https://x/m"), { manifest: "https://x/m", canvas: null, region: null }],
    [{ "@id": "https://x/m", "@type": "sc:Manifest" }, { manifest: "https://x/m", canvas: null, region: null }],
    [canvas, { ...named, region: null }],
    [{ type: "Annotation", motivation: ["contentState"], target: [{ type: "SpecificResource", source: canvas, selector }] }, named],
    [{ ...canvas, id: "https://x/c#xywh=10,20,300,200", partOf: "https://x/m" }, named],
  ]) {
    const text = typeof state === "string" ? state : JSON.stringify(state);
    assert.deepEqual(readContentState(text), expected, text);
    if (typeof state !== "string") assert.deepEqual(readContentState(btoa(text)), expected, `${text}, without percent-encoding`);
  }
  const [half, right] = [{ width: 6000 }, { x: 1500, y: 0, w: 1500, h: 2000 }];
  assert.deepEqual(onCanvas(region, half, { width: 3000 }), { x: 5, y: 10, w: 150, h: 100 });
  assert.deepEqual(onCanvas({ x: 400, y: 80, w: 40, h: 40 }, half, { width: 3000 }, right), { x: 1600, y: 20, w: 10, h: 10 });
  assert.deepEqual(onPicture({ x: 1600, y: 20, w: 10, h: 10 }, half, { width: 3000 }, right), { x: 400, y: 80, w: 40, h: 40 });
  const text = citation({ creators: ["A. B.", "C"], label: "Horse", number: "K1", region, size: "9 × 6", uri: "https://x", note: "a\n b", rights: "", retrieved: "Retrieved 2026" });
  assert.equal(text, "A. B.; C. Horse. K1. 10,20,300,200 / 9 × 6 px. a b. https://x. Retrieved 2026.");
});

test("an exported manifest has the arrangement, the works and the notes", () => {
  const view = (id, transform, detail = null) => ({ picture: { service: `https://x/${id}` }, label: id, canvas: { id }, manifest: { id: `https://x/m/${id}`, label: id }, found: { creators: ["A"], number: id }, width: 900, height: 600, state: { detail }, transform });
  const first = similarity({ center: [0.5, 0.3], scale: 400, degrees: 0, mirror: false });
  assert.deepEqual(arrangementManifest({ views: [{ ...view("a", first), picture: { service: "https://x/a", url: "https://x/a/full/full/0/native.jpg" }, kind: { version: 1, level: 1 } }], label: "A", language: "en", address: "https://x/", isLayered: false, name: "M" }).items[1].items[0].items[0].body, {
    id: "https://x/a/full/full/0/native.jpg", type: "Image", format: "image/jpeg", width: 900, height: 600,
    service: [{ "@id": "https://x/a", "@type": "ImageService1", profile: "http://library.stanford.edu/iiif/image-api/1.1/compliance.html#level1" }],
  }, "images are named as their manifest names them");
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

test("other servers are asked by HTTPS, for a limited time, and what fails has a reason", async (t) => {
  t.after(() => ["document", "location"].forEach((name) => delete globalThis[name]));
  globalThis.document = { baseURI: "http://own.example/art/compare" };
  globalThis.location = new URL(document.baseURI);
  const { Sources } = await module("sources");
  const sources = new Sources({ base: "/art", language: "en", otherServers: true, waitMs: 20 });
  for (const [address, expected] of [
    ["http://other.example/m", "https://other.example/m"],
    ["http://own.example/iiif/3/a", "http://own.example/iiif/3/a"],
    ["/art/api", "http://own.example/art/api"],
  ]) assert.equal(sources.secured(address), expected);
  const manifest = (id) => ({ kind: "manifest", id });
  for (const [address, expected] of [
    ["http://own.example/art/works/A%2F1?canvas=2", { kind: "work", id: "A/1" }],
    ["http://own.example/art/presentation/2/B/manifest", { kind: "work", id: "B" }],
    ["http://own.example/art/works/%ZZ", manifest("http://own.example/art/works/%ZZ")],
    ["http://own.example/works/A", manifest("http://own.example/works/A")],
  ]) assert.deepEqual(sources.named(address), expected);
  const never = (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const fetch = t.mock.method(globalThis, "fetch");
  for (const [answer, reason] of [
    [never, "noAnswer"],
    [() => Promise.reject(new TypeError("Failed to fetch")), "notReadable"],
    [async () => new Response("<!doctype html>"), "notJson"],
    [async () => new Response("", { status: 404 }), "404"],
    [async () => Response.json({ type: "Collection" }), "isCollection"],
  ]) {
    fetch.mock.mockImplementation(answer);
    // A timer of the signal keeps no test alive.
    const alive = setTimeout(() => {}, 1000);
    await assert.rejects(sources.load(manifest("https://other.example/m")), { message: reason });
    clearTimeout(alive);
  }
  for (const id of ["javascript:alert(1)", "http://[::1", "a b"]) await assert.rejects(sources.load(manifest(id)), { message: "notManifest" });
});
