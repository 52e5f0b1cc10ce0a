// Opens works of a running Tegl in Mirador, in headless Chromium, and looks whether what their manifests
// say is seen: metadata, tags, captures to choose between, hits of a search within the work. Where regions of tags are
// drawn is measured by boxes.mjs.
//
//   node works.mjs BASE_URL ENCODED_WORK... [--out DIR]
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { PATIENCE } from "./patience.mjs";

const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), "node_modules");
const args = process.argv.slice(2);
const at = args.indexOf("--out");
const out = path.resolve(at < 0 ? "out" : args.splice(at, 2)[1]);
const [base, ...works] = args;
if (!base || works.length === 0) {
  console.error("usage: node works.mjs BASE_URL ENCODED_WORK... [--out DIR]");
  process.exit(2);
}
fs.mkdirSync(out, { recursive: true });

const js = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");
const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://x");
  if (url.pathname !== "/open") {
    const file = path.join(modules, "mirador/dist/mirador.min.js");
    return fs.readFile(file, (error, data) => error ? response.writeHead(404).end() : response.writeHead(200, { "Content-Type": "text/javascript" }).end(data));
  }
  const { manifest, panel, query } = Object.fromEntries(url.searchParams);
  response.writeHead(200, { "Content-Type": "text/html" }).end(`<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>html,body{margin:0;height:100%}#v{position:absolute;inset:0}</style><body><div id="v"></div>
<script src="/mirador.js"></script><script>
window.viewer = Mirador.viewer({ id: "v", language: "en", workspaceControlPanel: { enabled: false },
  windows: [{ id: "w", manifestId: ${js(manifest)}, ${query ? `defaultSearchQuery: ${js(query)},` : ""} }],
  window: { sideBarOpen: true, defaultSideBarPanel: ${js(panel)},
    panels: { info: true, attribution: true, canvas: true, annotations: true, search: true, layers: true } } });
</script>`);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const plain = (html) => html.replace(/<[^>]*>/g, " ").replace(/&amp;/g, "&").replace(/\s+/g, " ").trim();
const squeezed = (text) => text.replace(/\s+/g, " ");
const shown = (map) => map?.en ?? map?.none ?? Object.values(map ?? {})[0] ?? [];

// What stands in the window once the texts are there, or after as long as tests wait.
async function panel(number, manifest, options, texts) {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 } });
  context.setDefaultTimeout(PATIENCE);
  const tab = await context.newPage();
  const faults = [];
  tab.on("pageerror", (error) => faults.push(`script: ${error.message.slice(0, 200)}`));
  tab.on("response", (answer) => answer.status() >= 400 && answer.url().startsWith(base) && faults.push(`${answer.status()} ${answer.url()}`));
  await tab.goto(`${origin}/open?${new URLSearchParams({ manifest, ...options })}`, { waitUntil: "load" });
  let missing = texts;
  for (const until = Date.now() + PATIENCE; Date.now() < until && missing.length > 0;) {
    await tab.waitForTimeout(250);
    const seen = squeezed(await tab.evaluate(() => document.body.innerText));
    missing = texts.filter((text) => !seen.includes(text));
  }
  await tab.waitForTimeout(1500);
  await tab.screenshot({ path: path.join(out, `${number}-${options.panel}.png`) });
  const state = await tab.evaluate(() => JSON.stringify(Object.values(window.viewer.store.getState().searches?.w ?? {})));
  await context.close();
  return { faults: [...faults, ...missing.map((text) => `not seen: ${text}`)], state };
}

async function look(work, number) {
  const address = `${base}/presentation/3/${work}/manifest`;
  const manifest = await (await fetch(address)).json();
  const faults = [];
  const count = { metadata: 0, tags: 0, regions: 0, captures: 0, hits: 0 };

  const texts = [...shown(manifest.label), ...(manifest.metadata ?? []).flatMap(({ label, value }) => [...shown(label), ...shown(value)]),
  ].map(plain).filter(Boolean);
  count.metadata = texts.length;
  faults.push(...(await panel(number, address, { panel: "info" }, texts)).faults);
  const statement = shown(manifest.requiredStatement?.value).map(plain);
  if (statement.length > 0) faults.push(...(await panel(number, address, { panel: "attribution" }, statement)).faults);

  const canvas = manifest.items[0];
  const pages = await Promise.all((canvas.annotations ?? []).map(async (page) => page.items ? page : (await fetch(page.id)).json()));
  const bodies = (annotation) => [annotation.body].flat().filter((body) => body?.type === "TextualBody");
  const tags = pages.flatMap((page) => page.items ?? []).filter((annotation) => annotation.motivation === "tagging");
  const words = tags.flatMap((tag) => bodies(tag).slice(0, 1).map((body) => body.value));
  count.tags = words.length;
  count.regions = tags.filter((tag) => /#xywh=/.test(JSON.stringify(tag.target))).length;
  if (words.length > 0) {
    faults.push(...(await panel(number, address, { panel: "annotations" }, words.slice(0, 10))).faults);
    const query = words[0].split(/\s+/)[0];
    const searched = await panel(number, address, { panel: "search", query }, []);
    count.hits = (searched.state.match(/"(hits|resources|items)":\[\{/g) ?? []).length;
    if (count.hits === 0) faults.push(`a search for ${query} has no hits: ${searched.state.slice(0, 300)}`);
    faults.push(...searched.faults);
  }

  const body = canvas.items?.[0]?.items?.[0]?.body;
  if (body?.type === "Choice") {
    const labels = body.items.flatMap((item) => shown(item.label).slice(0, 1));
    count.captures = labels.length;
    faults.push(...(await panel(number, address, { panel: "layers" }, labels)).faults);
  }
  return { faults, count };
}

let failed = 0;
const sum = {};
for (const [number, work] of works.entries()) {
  const { faults, count } = await look(work, number + 1).catch((error) => ({ faults: [`harness: ${error.message}`], count: {} }));
  failed += faults.length > 0;
  for (const [key, n] of Object.entries(count)) sum[key] = (sum[key] ?? 0) + n;
  console.log(`${faults.length ? "FAIL" : "ok  "} Mirador 4, ${decodeURIComponent(work)}: ${Object.entries(count).map(([key, n]) => `${n} ${key}`).join(", ")}`);
  for (const fault of faults.slice(0, 8)) console.log(`       ${fault}`);
}
// What no work has, no work has shown.
for (const key of ["metadata", "tags", "regions", "captures", "hits"]) {
  if (!sum[key]) { failed += 1; console.log(`FAIL none of these works has ${key}`); }
}
await browser.close();
server.close();
process.exit(failed ? 1 : 0);
