// Looks at the pages of a running Tegl in headless Chromium, wide and narrow, while their HTML arrives piece by piece.
//
//   node pages.mjs BASE_URL PATH... [--out DIR]
//
// It fails on a page that moves while it loads (Cumulative Layout Shift of 0.05 or more), that is wider than the
// window, that throws, that asks another host, or whose numbers break in the middle.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { chromium } from "playwright-core";
import { PATIENCE } from "./patience.mjs";

const args = process.argv.slice(2);
const at = args.indexOf("--out");
const out = path.resolve(at < 0 ? "out" : args.splice(at, 2)[1]);
const [base, ...paths] = args;
if (!base || paths.length === 0) {
  console.error("usage: node pages.mjs BASE_URL PATH... [--out DIR]");
  process.exit(2);
}
fs.mkdirSync(out, { recursive: true });

const MOST_SHIFT = 0.05;
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } };
const PIECES = 12;
const PAUSE_MS = 120;

// Stands before the server and hands its pages on a piece at a time, as a slow or busy connection does.
const slow = http.createServer((request, response) => {
  const headers = { ...request.headers, "accept-encoding": "identity" };
  const upstream = http.request(new URL(request.url, base), { method: request.method, headers }, async (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    if (!answer.headers["content-type"]?.startsWith("text/html")) return answer.pipe(response);
    const page = Buffer.concat(await answer.toArray());
    const length = Math.ceil(page.length / PIECES);
    for (let from = 0; from < page.length; from += length) {
      response.write(page.subarray(from, from + length));
      await new Promise((pause) => setTimeout(pause, PAUSE_MS));
    }
    response.end();
  });
  upstream.on("error", () => response.destroy());
  upstream.end();
});
await new Promise((listening) => slow.listen(0, "127.0.0.1", listening));
const site = `http://127.0.0.1:${slow.address().port}`;

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

function observe() {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries().filter((entry) => !entry.hadRecentInput)) {
      const moved = entry.sources.map(({ node }) => node?.className || node?.nodeName).join(" ");
      window.shifts.push({ value: entry.value, moved });
    }
  }).observe({ type: "layout-shift", buffered: true });
}

function measured() {
  const lines = (node) => Math.round(node.getBoundingClientRect().height / parseFloat(getComputedStyle(node).lineHeight));
  const broken = [...document.querySelectorAll(".number")].filter((node) => node.offsetParent && lines(node) > 1);
  return {
    shifts: window.shifts,
    broken: broken.map((node) => node.textContent),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
}

async function look(size, target) {
  const context = await browser.newContext({ viewport: SIZES[size] });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`threw ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.host !== new URL(site).host) faults.push(`asks ${url.host}`);
  });
  await page.addInitScript(observe);
  const answer = await page.goto(site + target, { waitUntil: "load" });
  await page.waitForTimeout(1500);
  const { shifts, broken, overflow } = await page.evaluate(measured);
  const shift = shifts.reduce((sum, { value }) => sum + value, 0);
  if (answer.status() !== 200) faults.push(`status ${answer.status()}`);
  if (shift >= MOST_SHIFT) faults.push(`moves: ${shifts.map(({ value, moved }) => `${value.toFixed(3)} ${moved}`).join("; ")}`);
  if (overflow > 0) faults.push(`is ${overflow} px wider than the window`);
  if (broken.length > 0) faults.push(`numbers break: ${broken.join(", ")}`);
  const name = `${size}-${target.replaceAll(/[^a-z0-9]+/gi, "-")}`;
  await page.screenshot({ path: path.join(out, `${name}.png`) });
  await context.close();
  console.log(`${faults.length ? "FAIL" : "ok  "} ${size} ${target}: layout shift ${shift.toFixed(3)}`);
  for (const fault of faults) console.log(`       ${fault}`);
  return faults.length;
}

let failed = 0;
for (const target of paths) for (const size of Object.keys(SIZES)) failed += await look(size, target);
await browser.close();
slow.close();
process.exit(failed ? 1 : 0);
