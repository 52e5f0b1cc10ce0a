// Opens images of a running Tegl in real viewers, in headless Chromium.
//
//   node run.mjs BASE_URL ENCODED_ID... [--metrics URL] [--out DIR] [--only VIEWER;VIEWER…]
//
// Each viewer draws an image, zooms in, and draws again. It fails on a request that failed, a
// script that threw, or a picture that stayed blank. With --metrics it also says how many answers
// left as stored tiles, and fails where a pyramid's tiles were rendered instead.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { PATIENCE } from "./patience.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, "node_modules");
const args = process.argv.slice(2);
const option = (name) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? undefined : args.splice(at, 2)[1];
};
const metricsUrl = option("metrics");
const out = path.resolve(option("out") ?? "out");
const only = option("only")?.split(";");
const [base, ...identifiers] = args;
if (!base || identifiers.length === 0) {
  console.error("usage: node run.mjs BASE_URL ENCODED_ID... [--metrics URL] [--out DIR]");
  process.exit(2);
}
fs.mkdirSync(out, { recursive: true });

const page = (head, script) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>html,body{margin:0;height:100%}#v{position:absolute;inset:0}</style>${head}<body><div id="v"></div>
<script>${script}</script>`;
const js = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");
const openseadragon = (name, source) => ({
  html: (id) => page(`<script src="/${name}/build/openseadragon/openseadragon.min.js"></script>`,
    `OpenSeadragon({ id: "v", prefixUrl: "/${name}/build/openseadragon/images/", crossOriginPolicy: "Anonymous",
      tileSources: ${js(source(id))} });`),
});
const seadragon = (name, version) => openseadragon(name, (id) => `${base}/iiif/${version}/${id}/info.json`);
const manifest = (id) => js(`${base}/presentation/3/${id}/manifest`);

// The first two see every image; the rest see the first pyramid.
const VIEWERS = {
  "OpenSeadragon 6": { ...seadragon("openseadragon", 3), all: true },
  "Tegl's own page": { address: (id) => `${base}/view/openseadragon/${id}` },
  "OpenSeadragon 6, Image API 2": seadragon("openseadragon", 2),
  "OpenSeadragon 5": seadragon("openseadragon5", 3),
  "OpenSeadragon 4": seadragon("openseadragon4", 3),
  "OpenSeadragon 6, Deep Zoom": openseadragon("openseadragon", (id) => `${base}/deepzoom/${id}.dzi`),
  "Leaflet-IIIF": {
    html: (id) => page(`<link rel="stylesheet" href="/leaflet/dist/leaflet.css"><script src="/leaflet/dist/leaflet.js"></script>
      <script src="/leaflet-iiif/leaflet-iiif.js"></script>`,
    `const map = L.map("v", { center: [0, 0], crs: L.CRS.Simple, zoom: 0 });
      L.tileLayer.iiif(${js(`${base}/iiif/2/${id}/info.json`)}).addTo(map);`),
  },
  "Mirador 4": {
    html: (id) => page(`<script src="/mirador/dist/mirador.min.js"></script>`,
      `Mirador.viewer({ id: "v", windows: [{ manifestId: ${manifest(id)} }], workspaceControlPanel: { enabled: false } });`),
  },
  "Tegl's own Mirador": { address: (id) => `${base}/view/mirador/${id}` },
  "Universal Viewer 4": {
    html: (id) => page(`<link rel="stylesheet" href="/universalviewer/dist/uv.css"><script src="/universalviewer/dist/umd/UV.js"></script>`,
      `document.getElementById("v").className = "uv"; UV.init("v", { manifest: ${manifest(id)}, embedded: true });`),
  },
};

const TYPES = { ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".png": "image/png", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://x");
  if (url.pathname === "/open") {
    const html = VIEWERS[url.searchParams.get("viewer")].html(url.searchParams.get("id"));
    return response.writeHead(200, { "Content-Type": "text/html" }).end(html);
  }
  const file = path.join(modules, decodeURIComponent(url.pathname));
  if (!file.startsWith(modules + path.sep)) return response.writeHead(404).end();
  fs.readFile(file, (error, data) => error ? response.writeHead(404).end()
    : response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream" }).end(data));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

async function answers() {
  if (!metricsUrl) return { stored: 0, rendered: 0 };
  const text = await (await fetch(metricsUrl)).text();
  const count = (source) => Number(text.match(new RegExp(`^tegl_answers_total\\{source="${source}"\\} (\\d+)`, "m"))?.[1] ?? 0);
  return { stored: count("stored"), rendered: count("rendered") };
}

const PIXELS = /\/iiif\/[23]\/.+\/[^/]+\/[^/]+\/[^/]+\/\w+\.\w+$|_files\/\d+\/\d+_\d+\.\w+$/;

async function open(browser, name, id, number) {
  const viewer = VIEWERS[name];
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  context.setDefaultTimeout(PATIENCE);
  const tab = await context.newPage();
  const faults = [], tiles = [];
  let last = Date.now(), under_way = 0;
  tab.on("pageerror", (error) => faults.push(`script: ${error.message.slice(0, 200)}`));
  // On Tegl's own pages the console is where their Content-Security-Policy complains.
  if (viewer.address) tab.on("console", (line) => line.type() === "error" && faults.push(`console: ${line.text().slice(0, 200)}`));
  tab.on("request", (request) => { under_way += 1; if (PIXELS.test(request.url())) tiles.push(request.url()); last = Date.now(); });
  tab.on("requestfinished", async (request) => {
    under_way -= 1; last = Date.now();
    const status = (await request.response())?.status() ?? 0;
    if (status >= 400 && request.url().startsWith(base)) faults.push(`${status} ${request.url()}`);
  });
  tab.on("requestfailed", (request) => {
    under_way -= 1; last = Date.now();
    // What a viewer gives up when it moves on is no fault.
    const why = request.failure()?.errorText ?? "";
    if (!/ERR_ABORTED/.test(why) && request.url().startsWith(base)) faults.push(`${why} ${request.url()}`);
  });
  // Without a graphics card OpenSeadragon's newer drawers take a few tiles a second: leave them time.
  const settled = async () => {
    for (const until = Date.now() + PATIENCE; Date.now() < until;) {
      await tab.waitForTimeout(100);
      if (tiles.length > 0 && under_way <= 0 && Date.now() - last > 1200) return;
    }
    faults.push("it did not come to rest");
  };
  const middle = { x: 420, y: 250, width: 360, height: 300 };
  const before = await answers();
  let shots = [];
  try {
    const address = viewer.address?.(id) ?? `${origin}/open?viewer=${encodeURIComponent(name)}&id=${encodeURIComponent(id)}`;
    await tab.goto(address, { waitUntil: "load" });
    await settled();
    const file = path.join(out, `${number}-${name.replace(/\W+/g, "-")}`);
    shots.push(await tab.screenshot({ path: `${file}-1.png` }) && await tab.screenshot({ clip: middle }));
    await tab.mouse.move(600, 400);
    for (let n = 0; n < 6; n++) { await tab.mouse.wheel(0, -240); await tab.waitForTimeout(200); }
    await settled();
    shots.push(await tab.screenshot({ path: `${file}-2.png` }) && await tab.screenshot({ clip: middle }));
  } catch (error) {
    faults.push(`harness: ${error.message.slice(0, 200)}`);
  }
  const after = await answers();
  await context.close();
  // A blank rectangle is a PNG of about a kilobyte; a picture has tens.
  if (shots.some((shot) => shot.length < 6000)) faults.push("the picture stayed blank");
  if (shots.length === 2 && shots[0].equals(shots[1])) faults.push("zooming changed nothing");
  const counted = { stored: after.stored - before.stored, rendered: after.rendered - before.rendered };
  // Thumbnails aside, a pyramid's tiles leave as they lie.
  if (metricsUrl && !viewer.all && counted.rendered > Math.max(2, 0.1 * tiles.length)) faults.push(`${counted.rendered} answers were rendered`);
  return { faults, tiles: tiles.length, ...counted };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let failed = 0, number = 0;
const pyramid = identifiers.find((id) => /\.tiff?$/i.test(id)) ?? identifiers[0];
for (const [name, viewer] of Object.entries(VIEWERS).filter(([name]) => !only || only.includes(name))) {
  for (const id of viewer.all ? identifiers : [pyramid]) {
    number += 1;
    const seen = await open(browser, name, id, number);
    failed += seen.faults.length > 0;
    const how = metricsUrl ? `, ${seen.stored} stored, ${seen.rendered} rendered` : "";
    console.log(`${seen.faults.length ? "FAIL" : "ok  "} ${name}: ${seen.tiles} image requests${how}: ${decodeURIComponent(id)}`);
    for (const fault of seen.faults.slice(0, 6)) console.log(`       ${fault}`);
  }
}
await browser.close();
server.close();
process.exit(failed ? 1 : 0);
