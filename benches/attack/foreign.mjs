// Opens pages of a running Tegl in headless Chromium and prints, for each, the requests to other hosts: a JSON object a line.
//
//   node foreign.mjs BASE_URL PATH…
import { createRequire } from "node:module";
const require = createRequire(new URL("../../tests/viewers/", import.meta.url));
const { chromium } = require("playwright-core");

const [base, ...paths] = process.argv.slice(2);
const own = new URL(base).host;
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP *.test 127.0.0.1:9", ...quiet] });

for (const path of paths) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 2000 } });
  const page = await context.newPage();
  const foreign = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.host !== own) foreign.push(request.url());
  });
  const answer = await page.goto(base + path, { waitUntil: "load", timeout: 60_000 }).catch(() => null);
  // Panels that are folded away, and images that are loaded when they come near, count as well.
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    scrollTo(0, document.body.scrollHeight);
  }).catch(() => {});
  await page.waitForTimeout(path.startsWith("/view/") ? 4000 : 700);
  for (const button of await page.$$('button[aria-label*="sidebar" i]')) await button.click().catch(() => {});
  if (path.startsWith("/view/mirador")) await page.waitForTimeout(1500);
  console.log(JSON.stringify({ page: path, status: answer?.status() ?? 0, foreign: foreign.length, which: foreign }));
  await context.close();
}
await browser.close();
