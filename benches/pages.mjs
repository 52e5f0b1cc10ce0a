// What a visitor waits for in Chromium: pages of a running Tegl, opened again and again with an empty cache.
//
//   node pages.mjs BASE_URL [ROUNDS]        (from tests/viewers, where Playwright is installed)
//
// For the search page, a search, a work with pictures and a comparison prints the medians and the worst of ROUNDS (5) visits:
// the largest contentful paint, the first result picture, the first tile, layout shift, and the longest answer to a click or
// a key (Event Timing: from the event to the next paint), all in milliseconds; and the weight in kB, without pictures.
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.resolve("package.json"));
const { chromium } = require("playwright-core");

const [base, rounds = 5] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

/** Runs in the page before anything else. */
function observe() {
  const seen = (window.seen = { paint: 0, shift: 0, input: 0 });
  const each = (type, use, more = {}) => new PerformanceObserver((list) => list.getEntries().forEach(use)).observe({ type, buffered: true, ...more });
  each("largest-contentful-paint", (entry) => (seen.paint = entry.startTime));
  each("layout-shift", (entry) => (seen.shift += entry.hadRecentInput ? 0 : entry.value));
  each("event", (entry) => (seen.input = Math.max(seen.input, entry.duration)), { durationThreshold: 16 });
}

/** Milliseconds from the start of the page until the first picture with this selector is there. */
const picture = (selector) => async (page) => {
  if (!(await page.locator(selector).count())) return NaN;
  await page.waitForFunction((selector) => document.querySelector(selector)?.complete, selector);
  return page.evaluate((selector) => performance.getEntriesByName(document.querySelector(selector).currentSrc)[0]?.responseEnd ?? NaN, selector);
};

const mark = (name) => async (page) => {
  await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, name);
  return page.evaluate((name) => performance.getEntriesByName(name)[0].startTime, name);
};

async function words(page) {
  await page.locator("#q").pressSequentially("pai", { delay: 60 });
  await page.locator("#q-suggestions:not([hidden]) li").first().waitFor({ timeout: 3000 }).catch(() => {});
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Escape");
}

async function zoom(page) {
  for (const key of ["+", "+", "ArrowLeft", "-", "0"]) await page.locator(".zoom .openseadragon-canvas, .openseadragon-canvas").first().press(key);
}

async function views(page) {
  await page.locator(".stage .view").first().click();
  for (const key of ["+", "+", "-"]) await page.keyboard.press(key);
}

const found = await (await fetch(`${base}/api/v1/works?has_image=true&limit=2`)).json();
const works = found.items ?? found.works;
if (works.length < 2) console.log("fewer than two works have pictures: the search page alone");
const address = (work) => new URL(work.page, base).pathname;
const kinds = [
  { name: "search page", path: "/", first: "picture", wait: picture("#hits img"), use: words },
  { name: "a search", path: "/?q=a&sort=title", first: "picture", wait: picture("#hits img"), use: words },
];
if (works.length > 1) kinds.push(
  { name: "a work", path: address(works[0]), first: "tile", wait: mark("first-tile"), use: zoom },
  { name: "comparison of two", path: `/compare?works=${works.map((work) => encodeURIComponent(work.object_number)).join(",")}`, first: "", wait: async () => NaN, use: views },
);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const [width, height] of [[390, 844], [1366, 768], [1920, 1080]]) {
  for (const { name, path: target, first, wait, use } of kinds) {
    const visits = [];
    for (let round = 0; round < Number(rounds); round++) {
      const context = await browser.newContext({ viewport: { width, height } });
      const page = await context.newPage();
      await page.addInitScript(observe);
      await page.goto(base + target, { waitUntil: "load" });
      const shown = await wait(page);
      await page.waitForLoadState("networkidle");
      // Taken before the first input, which ends the observation of paints.
      const { paint } = await page.evaluate(() => window.seen);
      await use(page);
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const { shift, input, weight } = await page.evaluate(() => {
        const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
        const isPicture = ({ name, initiatorType }) => /\/iiif\/.*\.(jpg|webp|png)$/.test(name) || initiatorType === "img" || /info\.json$|\/api\//.test(name);
        const weight = loaded.filter((entry) => !isPicture(entry)).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
        return { ...window.seen, weight };
      });
      visits.push({ paint, shown, shift, input, weight: weight / 1000 });
      await context.close();
    }
    const row = (key, digits = 0) => {
      const all = visits.map((visit) => visit[key]);
      return `${median(all).toFixed(digits)} (${Math.max(...all).toFixed(digits)})`;
    };
    const shown = first && `, first ${first} ${row("shown")}`;
    console.log(`${String(width).padStart(4)} px  ${name.padEnd(18)} paint ${row("paint")}${shown}, input ${row("input")}, shift ${row("shift", 3)}, ${row("weight")} kB`);
  }
}
await browser.close();
