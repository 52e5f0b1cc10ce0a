// Opens works of a running Tegl in Mirador, in headless Chromium, and measures where the region of each work's only tag
// is drawn: it must be where the picture is blue, and the picture upright.
//
//   node boxes.mjs BASE_URL ENCODED_WORK... [--out DIR]
//
// Pictures are dark with one blue rectangle, at the parts 0.625 to 0.875 of width and height.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { PATIENCE } from "./patience.mjs";

const EXPECTED = [0.625, 0.625, 0.875, 0.875];
// Lines and scaling blur edges by so many pixels of the screen.
const TOLERANCE = 4;

const here = path.dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const at = args.indexOf("--out");
const out = at < 0 ? undefined : path.resolve(args.splice(at, 2)[1]);
const [base, ...works] = args;
if (!base || works.length === 0) {
  console.error("usage: node boxes.mjs BASE_URL ENCODED_WORK... [--out DIR]");
  process.exit(2);
}
if (out) fs.mkdirSync(out, { recursive: true });

const js = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");
const page = (manifest, panel) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>html,body{margin:0;height:100%}#v{position:absolute;inset:0}.mirador-canvas-nav{display:none!important}</style><body><div id="v"></div>
<script src="/mirador.js"></script><script>
Mirador.viewer({ id: "v", language: "en", workspaceControlPanel: { enabled: false }, windows: [{ manifestId: ${js(manifest)} }],
  window: { sideBarOpen: true, defaultSideBarPanel: ${js(panel)}, highlightAllAnnotations: true } });
</script>`;
const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://x");
  if (pathname === "/mirador.js") {
    response.writeHead(200, { "Content-Type": "text/javascript" });
    return fs.createReadStream(path.join(here, "node_modules/mirador/dist/mirador.min.js")).pipe(response);
  }
  response.writeHead(200, { "Content-Type": "text/html" }).end(page(searchParams.get("manifest"), searchParams.get("panel")));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// Annotations are drawn while their panel is open. The rectangles, as left, upper, right and lower edge on the screen, of the dark picture, of its blue part, and of what two
// pictures of the screen differ in.
async function measure(tab, without, drawn) {
  const urls = [without, drawn].map((picture) => `data:image/png;base64,${picture.toString("base64")}`);
  return tab.evaluate(async (urls) => {
    const [before, after] = await Promise.all(urls.map(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas.drawImage(image, 0, 0);
      return canvas.getImageData(0, 0, image.width, image.height);
    }));
    const rectangle = (holds) => {
      const found = [Infinity, Infinity, -Infinity, -Infinity];
      for (let y = 0; y < before.height; y++) for (let x = 0; x < before.width; x++) {
        if (!holds(4 * (y * before.width + x))) continue;
        found[0] = Math.min(found[0], x); found[1] = Math.min(found[1], y);
        found[2] = Math.max(found[2], x + 1); found[3] = Math.max(found[3], y + 1);
      }
      return found;
    };
    const [a, b] = [before.data, after.data];
    const blue = (n) => a[n + 2] > 130 && a[n] < 90 && a[n + 1] < 90;
    const dark = (n) => a[n] < 90 && a[n + 1] < 90 && a[n + 2] < 90;
    const differs = (n) => [0, 1, 2].some((k) => Math.abs(a[n + k] - b[n + k]) > 60);
    return { picture: rectangle((n) => blue(n) || dark(n)), blue: rectangle(blue), drawn: rectangle(differs) };
  }, urls);
}

async function look(work) {
  const manifest = `${base}/presentation/3/${work}/manifest`;
  const tab = await browser.newPage({ viewport: { width: 1300, height: 900 } });
  tab.setDefaultTimeout(PATIENCE);
  // The viewer's picture, taken when two pictures in a row are the same.
  const settled = async (panel) => {
    await tab.goto(`${origin}/open?${new URLSearchParams({ manifest, panel })}`, { waitUntil: "networkidle" });
    const clip = await tab.locator(".openseadragon-canvas").first().boundingBox();
    let last = await tab.screenshot({ clip });
    for (const until = Date.now() + PATIENCE; Date.now() < until;) {
      await tab.waitForTimeout(1500);
      const next = await tab.screenshot({ clip });
      const same = next.equals(last);
      last = next;
      if (same) break;
    }
    if (out) fs.writeFileSync(path.join(out, `${work}-${panel}.png`), last);
    return last;
  };
  const found = await measure(tab, await settled("info"), await settled("annotations"));
  await tab.close();
  const { picture, blue, drawn } = found;
  const size = [picture[2] - picture[0], picture[3] - picture[1]];
  const right = EXPECTED.map((part, n) => picture[n % 2] + part * size[n % 2]);
  const near = (one, other) => one.every((edge, n) => Math.abs(edge - other[n]) <= TOLERANCE);
  const faults = [];
  if (!near(blue, right)) faults.push("the picture is not upright");
  if (!near(drawn, blue)) faults.push("the tag's region is not drawn where the picture is blue");
  return { ...found, faults };
}

let failed = 0;
for (const work of works) {
  const { faults, ...found } = await look(work).catch((error) => ({ faults: [`harness: ${error.message}`] }));
  failed += faults.length > 0;
  console.log(`${faults.length ? "FAIL" : "ok  "} Mirador 4, ${decodeURIComponent(work)}: ${JSON.stringify(found)}`);
  for (const fault of faults) console.log(`       ${fault}`);
}
await browser.close();
server.close();
process.exit(failed ? 1 : 0);
