// The story of a visit, by what is visible and the pointer, in a usual window and on a telephone: find blue landscapes of the
// 1880s, look closely, fade to infrared, cite the detail, align two versions of a motif, measure a hand, send the
// link, download the file.
//
//   node story.mjs BASE_URL MASTERS [SIZE] [--out DIR]
//
// The collection is that of tests/story.rs; MASTERS is the folder with its masters.
import fs from "node:fs";
import path from "node:path";
import { start } from "./browser.mjs";
import { PATIENCE } from "./patience.mjs";
import * as pixels from "./pixels.mjs";
import { Pointer, Touch, settled } from "./visitor.mjs";

const test = await start("story", "MASTERS [SIZE]");
const [masters, only] = test.args;
const { browser } = test;

/** Colors of the motif: the least and the most of red, green and blue. */
const MAGENTA = [[140, 0, 140], [255, 100, 255]];
const CYAN = [[0, 170, 170], [90, 255, 255]];
const GREEN = [[0, 150, 0], [120, 255, 120]];
const RED = [[150, 0, 0], [255, 80, 80]];
/** Up to halfway to the blue around it, so that its edges are where they are seen. */
const SKIN = [[134, 124, 0], [255, 220, 147]];

for (const size of ["usual", "narrow"].filter((size) => !only || size === only)) {
  const visit = new (size === "narrow" ? Touch : Pointer)(size);
  await tell(visit).catch(async (error) => {
    test.fault(`${size}: ${error.message.slice(0, 600)}`);
    await test.screenshot(visit.page, `story-${size}-failed`);
  });
  await visit.page.context().close();
}
await test.finish();

async function tell(visit) {
  const { size } = visit;
  visit.page = await test.open(size, { path: "/", permissions: ["clipboard-read", "clipboard-write"] });
  visit.page.setDefaultTimeout(30_000);
  const check = (holds, what) => test.check(holds, `${size}: ${what}`);
  for (const step of [find, lookClosely, fade, cite, choose, align, measure, send, download]) {
    console.log(`# ${size}: ${step.name}`);
    await step(visit, check);
  }
}

async function find(visit, check) {
  const { page } = visit;
  const filters = async () => {
    if (await page.isVisible(".open-refine")) await visit.press(page.locator(".open-refine"));
  };
  await filters();
  await Promise.all([page.waitForURL(/colour/), visit.press(page.locator('.swatches a[title^="Blue"]'))]);
  await filters();
  await visit.press(page.locator("#refine summary", { hasText: "Motif" }));
  await Promise.all([page.waitForURL(/motif/), visit.press(page.locator(".values a", { hasText: "landscape" }))]);
  await filters();
  await visit.setYear("from", 1880);
  await visit.setYear("to", 1889);
  const button = page.locator("form.years button");
  await page.waitForFunction(() => document.querySelector("form.years button").textContent === "Show 2");
  await Promise.all([page.waitForURL(/from=1880/), visit.press(button)]);
  const found = await page.locator("#hits h3").allInnerTexts();
  check(found.sort().join() === "Study for The Shore,The Shore", `blue landscapes of the 1880s are found: ${found}`);
  check((await page.locator(".chips li").count()) === 3, "and what was chosen is shown");
  await test.screenshot(page, `story-${visit.size}-found`);
}

async function lookClosely(visit, check) {
  const { page } = visit;
  await visit.press(page.locator("#hits a", { has: page.locator("h3", { hasText: /^The Shore$/ }) }));
  await page.waitForURL(/works\/S%201/);
  await settled(page);
  // A part of the sea.
  const seen = async () => {
    const { x, y, width, height } = await page.locator(".frame").boundingBox();
    const clip = { x: x + width * 0.4, y: y + height * 0.55, width: width * 0.15, height: height * 0.1 };
    return pixels.strokes(browser, await page.screenshot({ clip }));
  };
  const areSeen = ({ width, contrast }) => width >= 3 && contrast >= 12;
  const before = await seen();
  for (let step = 0; step < 4; step += 1) {
    const search = new URL(page.url()).search;
    await visit.press(page.locator("[data-tool=zoom-in]"));
    await page.waitForFunction((search) => location.search !== search, search);
  }
  await settled(page);
  const after = await seen();
  const shown = [before, after].map(({ width, contrast }) => `${width.toFixed(1)} pixels, ${contrast.toFixed(0)} of 255`);
  check(!areSeen(before) && areSeen(after), `strokes of the brush are seen: ${shown.join("; ")}`);
  await test.screenshot(page, `story-${visit.size}-close`);
}

async function fade(visit, check) {
  const { page } = visit;
  const region = () => new URL(page.url()).searchParams.get("xywh");
  const shot = async () => {
    await settled(page);
    return page.locator(".frame").screenshot({ mask: [page.locator(".stage-tools")] });
  };
  const visible = { shot: await shot(), region: region() };
  await visit.press(page.locator(".captures a", { hasText: "Infrared" }));
  await page.locator(".fader").waitFor();
  check(region() === visible.region, `infrared shows the same detail: ${region()}`);
  const shots = {};
  for (const percent of [100, 50, 0]) {
    await visit.setRange(page.locator("#fade"), percent / 100);
    shots[percent] = await shot();
  }
  const [all, half, none] = await Promise.all([100, 50, 0].map((at) => pixels.difference(browser, visible.shot, shots[at])));
  check(none < 1, `without infrared it is the visible picture: ${none.toFixed(1)} of 255`);
  check(all > 20, `with infrared it is another one: ${all.toFixed(1)}`);
  check(half > 0.35 * all && half < 0.65 * all, `and halfway it is between them: ${half.toFixed(1)}`);
}

async function cite(visit, check) {
  const { page } = visit;
  const region = new URL(page.url()).searchParams.get("xywh");
  await visit.press(page.locator(".cite summary"));
  await visit.press(page.getByRole("button", { name: "Copy BibTeX" }));
  await page.getByRole("button", { name: "✓ Copy BibTeX" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  check(copied.includes("title = {{The Shore}}") && copied.includes("date = {1884}"), `BibTeX of the work is copied: ${copied}`);
  check(copied.includes(`?canvas=1&capture=2&xywh=${region}}`), `it names the detail, ${region}`);
  const image = /http\S+default\.jpg/.exec(copied)?.[0];
  check(image && (await fetch(image)).headers.get("content-type") === "image/jpeg", `and a picture of it: ${image}`);
}

async function choose(visit, check) {
  const { page } = visit;
  const compare = () => visit.press(page.locator(".work-page main .compare-button"));
  await compare();
  await page.goBack();
  await visit.press(page.locator("#hits a", { hasText: "Study for The Shore" }));
  await page.waitForURL(/works\/S%202/);
  await compare();
  const link = page.locator("#compare-tray a");
  check((await link.innerText()).includes("2"), "both versions are chosen for comparison");
  await visit.press(link);
  await page.waitForURL(/compare/);
  await settled(page);
}

/** Where a color is in a view, in pixels of the window. */
async function place(visit, at, color) {
  const view = visit.page.locator(".stage .view").nth(at);
  await settled(visit.page);
  await view.scrollIntoViewIfNeeded();
  const box = await view.boundingBox();
  const mask = [visit.page.locator("figcaption"), visit.page.locator(".scale-bar")];
  const found = await pixels.colored(browser, await visit.page.screenshot({ clip: box, mask, maskColor: "#000" }), color);
  if (!found) throw new Error(`view ${at + 1} shows no ${color}`);
  return { x: box.x + found.x, y: box.y + found.y, left: box.x + found.left, right: box.x + found.right, bottom: box.y + found.bottom, view: box };
}

async function align(visit, check) {
  const { page } = visit;
  await visit.press(page.locator("summary", { hasText: "Align by points" }));
  await visit.press(page.getByRole("button", { name: "Set points" }));
  for (const color of [MAGENTA, CYAN, GREEN]) {
    for (const at of [0, 1]) {
      const { x, y } = await place(visit, at, color);
      await visit.pressAt(x, y);
    }
  }
  const aligned = await page.textContent("#aligned");
  check(aligned.startsWith("Aligned with shear (3)"), `three points align the study: ${aligned}`);
  await visit.press(page.getByRole("button", { name: "Set points" }));
  await visit.press(page.locator(".modes label", { hasText: "Overlay" }));
  await settled(page);
  const seen = {};
  for (const opacity of [0, 1]) {
    await visit.setRange(page.locator("#opacity"), opacity);
    seen[opacity] = await place(visit, 0, RED);
  }
  const off = Math.hypot(seen[0].x - seen[1].x, seen[0].y - seen[1].y);
  check(off <= 2, `a fourth point, which was not set, is at the same place in both: ${off.toFixed(2)} pixels`);
  await visit.setRange(page.locator("#opacity"), 0.5);
  await test.screenshot(page, `story-${visit.size}-aligned`);
}

async function measure(visit, check) {
  const { page } = visit;
  await visit.press(page.locator(".modes label", { hasText: "Side by side" }));
  await visit.press(page.locator("summary", { hasText: "Scale and ruler" }));
  await page.locator("#view").selectOption({ index: 0 });
  await settled(page);
  const far = await place(visit, 0, SKIN);
  await visit.zoomAt(far.x, far.y);
  await settled(page);
  const near = await place(visit, 0, SKIN);
  const moved = Math.hypot(near.x - far.x, near.y - far.y);
  check(near.right - near.left > 2 * (far.right - far.left) && moved <= 12, `the hand is larger, and where it was: ${moved.toFixed(1)} pixels`);
  await visit.press(page.getByRole("button", { name: "Add a ruler" }));
  for (const [end, side] of [[0, "left"], [1, "right"]]) {
    const mark = await page.locator(".mark.end").nth(end).boundingBox();
    const view = await page.locator(".stage .view").first().boundingBox();
    await visit.drag([mark.x + mark.width / 2, mark.y + mark.height / 2], [near[side], near.bottom + view.y - near.view.y]);
  }
  const text = await page.textContent("#rulers li");
  const [, length, error] = /: ([\d.]+) ± ([\d.]+) cm/.exec(text) ?? [];
  check(Math.abs(length - 9) <= Number(error) + 1e-9, `the hand is 9 cm: ${text}`);
  check(Number(error) <= 0.3, `within an error of at most 3 mm: ${error}`);
  await test.screenshot(page, `story-${visit.size}-measured`);
}

async function send(visit, check) {
  const { page } = visit;
  await visit.press(page.locator(".modes label", { hasText: "Overlay" }));
  await visit.press(page.locator("summary", { hasText: "Keep and share" }));
  await settled(page);
  // Another copy may be reported, and on the clipboard, from before.
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await visit.press(page.getByRole("button", { name: "Copy the address" }));
  await page.locator("#message", { hasText: "Copied" }).waitFor();
  let address = "";
  const until = Date.now() + PATIENCE;
  while (!address && Date.now() < until) address = await page.evaluate(() => navigator.clipboard.readText());
  const colleague = await test.open(visit.size, { path: address.slice(test.base.length) });
  const shots = [];
  for (const one of [page, colleague]) {
    await settled(one);
    shots.push(await one.locator("#stage").screenshot());
  }
  const off = await pixels.difference(browser, ...shots);
  check(off < 1, `a colleague sees the same: ${off.toFixed(2)} of 255`);
  await colleague.locator("summary", { hasText: "Scale and ruler" }).click();
  check((await colleague.textContent("#rulers li")) === (await page.textContent("#rulers li")), "and the same length");
  await test.screenshot(colleague, `story-${visit.size}-colleague`);
  await colleague.context().close();
}

async function download(visit, check) {
  const { page } = visit;
  const save = async (link) => {
    const [file] = await Promise.all([page.waitForEvent("download"), visit.press(link)]);
    return fs.readFileSync(await file.path());
  };
  await visit.press(page.locator("#views a").first());
  await page.waitForURL(/works\/S%201/);
  const full = await save(page.locator("#downloads .primary"));
  check((await sizeOf(full)).join() === "2400,1600", `the picture is downloaded in full size: ${await sizeOf(full)}`);
  await visit.press(page.locator("#downloads summary"));
  const original = await save(page.locator("#downloads a", { hasText: "Original file" }));
  check(original.equals(fs.readFileSync(path.join(masters, "shore.tif"))), "and the original file, byte for byte");
  await page.goto(`${test.base}/works/S%207`);
  const stated = await page.locator("#downloads .facts").first().innerText();
  const largest = await save(page.locator("#downloads .primary"));
  const [width, height] = await sizeOf(largest);
  check(width === 2000 && stated.replaceAll(",", "").includes(`${width} × ${height} pixels`), `of a work in copyright what rights allow: ${stated}, ${width} × ${height}`);
}

function sizeOf(jpeg) {
  return pixels.onPixels(browser, [jpeg], ({ width, height }) => [width, height]);
}
