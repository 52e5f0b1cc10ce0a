// Requests every address that OpenSeadragon 4, 5 and 6 derive from image descriptions, with their own code.
//
//   node addresses.mjs URL...      each an info.json or a .dzi
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), "node_modules");
const RELEASES = ["openseadragon4", "openseadragon5", "openseadragon"];

// OpenSeadragon's file looks for a browser while it loads; computing addresses needs none.
function openSeadragon(release) {
  const element = () => new Proxy(function () {}, {
    get: (target, key) => key === Symbol.toPrimitive ? () => "" : key === "getContext" ? () => null
      : key === "prototype" ? target.prototype : element(),
    set: () => true,
    apply: () => element(),
  });
  const nothing = () => {};
  const page = {
    console, URL, setTimeout, clearTimeout, Promise,
    navigator: { appVersion: "", userAgent: "", vendor: "", appName: "", platform: "" },
    location: { href: "http://localhost/", search: "", protocol: "http:", host: "localhost" },
    addEventListener: nothing, devicePixelRatio: 1, Image: function () {}, HTMLElement: function () {},
    matchMedia: () => ({ matches: false, addEventListener: nothing }),
    document: {
      createElement: element, createElementNS: element, documentElement: element(), body: element(),
      addEventListener: nothing, removeEventListener: nothing,
    },
  };
  page.window = page.self = page;
  const file = path.join(modules, release, "build/openseadragon/openseadragon.js");
  vm.runInNewContext(fs.readFileSync(file, "utf8"), page, { filename: file });
  return page.OpenSeadragon;
}

function tileSource(library, url, text) {
  if (!url.endsWith(".dzi")) {
    const info = JSON.parse(text);
    return new library.IIIFTileSource(library.IIIFTileSource.prototype.configure.call({}, info, url, null));
  }
  const attribute = (name) => text.match(new RegExp(`${name}="([^"]*)"`))[1];
  const image = {
    Format: attribute("Format"), Overlap: attribute("Overlap"), TileSize: attribute("TileSize"),
    Size: { Width: attribute("Width"), Height: attribute("Height") }, xmlns: attribute("xmlns"),
  };
  return new library.DziTileSource(library.DziTileSource.prototype.configure.call({}, { Image: image }, url, null));
}

function addresses(source) {
  const found = [];
  for (let level = source.minLevel; level <= source.maxLevel; level++) {
    const { x: across, y: down } = source.getNumTiles(level);
    for (let y = 0; y < down; y++) for (let x = 0; x < across; x++) found.push(source.getTileUrl(level, x, y));
  }
  return found;
}

const libraries = RELEASES.map(openSeadragon);
let failed = 0;
for (const url of process.argv.slice(2)) {
  const description = await fetch(url);
  const text = await description.text();
  if (!description.ok) {
    console.log(`FAIL ${url}: ${description.status}`);
    failed += 1;
    continue;
  }
  const wanted = new Set(libraries.flatMap((library) => addresses(tileSource(library, url, text))));
  const missing = [];
  for (const address of wanted) {
    const answer = await fetch(address);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.status !== 200 || bytes[0] !== 0xff || bytes[1] !== 0xd8) missing.push(`${answer.status} ${address}`);
  }
  failed += missing.length > 0;
  console.log(`${missing.length ? "FAIL" : "ok  "} ${missing.length} of ${wanted.size} addresses missing: ${decodeURIComponent(url)}`);
  for (const address of missing.slice(0, 6)) console.log(`       ${address}`);
}
process.exit(failed ? 1 : 0);
