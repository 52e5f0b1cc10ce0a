// Opens pages of a running Tegl in headless Chromium and prints, for each, the requests that reached another host: a JSON
// object a line. Every other host is a server of this script's own, so that what a policy stops does not count.
//
//   node foreign.mjs BASE_URL PATH…
import http from "node:http";
import { createRequire } from "node:module";
const require = createRequire(new URL("../../tests/viewers/", import.meta.url));
const { chromium } = require("playwright-core");

const [base, ...paths] = process.argv.slice(2);
let foreign = [];
const elsewhere = http.createServer((request, response) => {
  foreign.push(request.headers.host + request.url);
  response.writeHead(404).end();
});
await new Promise((listening) => elsewhere.listen(0, "127.0.0.1", listening));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", `--host-resolver-rules=MAP *.test 127.0.0.1:${elsewhere.address().port}`, ...quiet] });

for (const path of paths) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 2000 } });
  const page = await context.newPage();
  foreign = [];
  const answer = await page.goto(base + path, { waitUntil: "load", timeout: 60_000 }).catch(() => null);
  // Panels that are folded away, and images that are loaded when they come near, count as well.
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    scrollTo(0, document.body.scrollHeight);
  }).catch(() => {});
  await page.waitForTimeout(path.startsWith("/view/") ? 4000 : 700);
  for (const button of await page.$$('button[aria-label*="sidebar" i]')) await button.click({ timeout: 1000 }).catch(() => {});
  if (path.startsWith("/view/mirador")) await page.waitForTimeout(1500);
  console.log(JSON.stringify({ page: path, status: answer?.status() ?? 0, foreign: foreign.length, which: foreign }));
  await context.close();
}
await browser.close();
elsewhere.close();
