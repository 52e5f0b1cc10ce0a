// Compares how pages look with golden pictures in tests/golden/pages, in three windows, light and dark; shows that a
// block that is hidden, has moved or has another color is found, and that other drawing of letters is not.
//
//   node visual.mjs BASE_URL TOKEN GOLDEN [--out DIR]
//
// The collection is that of tests/visual.rs; TOKEN is a curator's. With UPDATE_GOLDEN in the environment, the pictures are
// written. Otherwise pages that differ are written to DIR.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";
import { start } from "./browser.mjs";
import { CELL, compared, described, goldenOf, isAlike, stepOf } from "./golden.mjs";
import { PATIENCE } from "./patience.mjs";
import { settled } from "./visitor.mjs";

const test = await start("visual", "TOKEN GOLDEN");
const [token, folder] = test.args;
const isUpdate = Boolean(process.env.UPDATE_GOLDEN);

/** Taller than usual windows, so that more is seen. */
const WINDOWS = { 390: 1680, 1366: 1128, 1920: 1128 };
const SCHEMES = ["light", "dark"];

/** Pages; and of each a block to hide, to move and to recolor. */
const PAGES = {
  search: { path: "/?q=shore", block: "#hits > li:first-child" },
  work: { path: "/works/S%201?canvas=1&capture=2", block: ".download .primary" },
  compare: { path: "/compare?works=S%201,S%202#c=1&w=0.0.0&w=1.0.0&m=curtain&k=0.4", block: ".toolbar" },
  developers: { path: "/developers", block: "header button" },
  review: { path: "/review", block: "#waiting li", ready: signIn },
  empty: { path: "/?q=zeppelin&all=motif%3Alandscape", block: "#results .chips li:first-child" },
  error: { path: "/works/NONE", block: "header button" },
};

// The same letters everywhere: fonts differ between machines more than pages do.
const require = createRequire(import.meta.url);
const face = (weight, file) => {
  const font = fs.readFileSync(require.resolve(`pdfjs-dist/standard_fonts/LiberationSans-${file}.ttf`)).toString("base64");
  return `@font-face { font-family: golden; font-weight: ${weight}; src: url(data:font/ttf;base64,${font}) }`;
};
const STYLE = `${face(400, "Regular")} ${face(700, "Bold")} * { font-family: golden !important }`;

async function signIn(page) {
  await page.fill("[name=token]", token);
  await page.press("[name=token]", "Enter");
  await page.waitForSelector("#waiting li");
  await page.waitForFunction(() => !document.querySelector("#review").hasAttribute("aria-busy"));
}

/** A page in a window, when nothing on it changes any more. */
async function open(name, width, browser = test.browser) {
  const { path, ready } = PAGES[name];
  const viewport = { width: Number(width), height: WINDOWS[width] };
  const context = await browser.newContext({ viewport, bypassCSP: true, reducedMotion: "reduce", locale: "en" });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.addInitScript((style) => {
    addEventListener("DOMContentLoaded", () => document.head.append(Object.assign(document.createElement("style"), { textContent: style })));
  }, STYLE);
  await page.goto(test.base + path, { waitUntil: "load" });
  await ready?.(page);
  if (await page.locator("#compare, .stage").count()) await settled(page);
  return page;
}

async function shot(page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const inView = [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight);
    await Promise.all(inView.map((image) => image.decode().catch(() => {})));
  });
  return page.screenshot({ animations: "disabled" });
}

const fileOf = (name, width, scheme) => path.join(folder, `${name}-${width}-${scheme}.png`);

for (const name of Object.keys(PAGES)) await Promise.all(Object.keys(WINDOWS).map((width) => look(name, width)));
if (!isUpdate) await otherLettersAreNot();
await test.finish();

/** Compares a page in a window, or keeps how it looks. */
async function look(name, width) {
  const page = await open(name, width);
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    const seen = await shot(page);
    const golden = fileOf(name, width, colorScheme);
    if (isUpdate) {
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(golden, await goldenOf(test.browser, seen, stepOf(width)));
      continue;
    }
    const found = fs.existsSync(golden) ? await compared(test.browser, fs.readFileSync(golden), seen, stepOf(width)) : null;
    const what = `${path.basename(golden, ".png")}: ${described(found)}`;
    if (!test.check(isAlike(found), what)) fs.writeFileSync(path.join(test.out, path.basename(golden)), seen);
  }
  if (!isUpdate && width === "1366") await faultsAreFound(page, name, width);
  await page.context().close();
}

/** Hides, moves and recolors a block. */
async function faultsAreFound(page, name, width) {
  await page.emulateMedia({ colorScheme: "light" });
  const golden = fs.readFileSync(fileOf(name, width, "light"));
  const block = page.locator(PAGES[name].block).first();
  for (const [fault, style] of [
    ["hidden", "visibility: hidden"],
    ["moved", `translate: ${CELL}px ${CELL}px`],
    ["recolored", "filter: invert(0.6)"],
  ]) {
    const before = await block.getAttribute("style");
    await block.evaluate((element, style) => (element.style.cssText += `; ${style}`), style);
    const found = await compared(test.browser, golden, await shot(page), stepOf(width));
    test.check(!isAlike(found), `${name}: what is ${fault} is found: ${described(found)}`);
    await block.evaluate((element, before) => element.setAttribute("style", before ?? ""), before);
  }
}

/** Letters that are fitted to pixels, bolder and a little wider, as other systems draw them. */
async function otherLettersAreNot() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const args = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=full", "--disable-font-subpixel-positioning"];
  const browser = await chromium.launch({ executablePath, args });
  for (const [name, width] of [["search", "1366"], ["developers", "390"], ["work", "1920"]]) {
    const page = await open(name, width, browser);
    await page.addStyleTag({ content: "* { -webkit-text-stroke: 0.3px; letter-spacing: 0.05px }" });
    const found = await compared(test.browser, fs.readFileSync(fileOf(name, width, "light")), await shot(page), stepOf(width));
    test.check(isAlike(found) && found.largest > 0, `${name}-${width}: other letters pass: ${described(found)}`);
  }
  await browser.close();
}
