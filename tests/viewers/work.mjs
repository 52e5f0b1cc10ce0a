// Looks closely at a work on its page, in headless Chromium: three windows, keys, captures, tags, downloads, citation.
//
//   node work.mjs BASE_URL PATH [--out DIR]
//
// The work at PATH needs two canvases, a second capture of the first one, and a tag with a box on each canvas.
import { SIZES, start } from "./browser.mjs";

const test = await start("work", "PATH");
const [target] = test.args;

/** Opens the page, and waits for tiles. */
async function open(size, options = {}) {
  const page = await test.open(size, { path: options.path ?? target, ...options });
  await page.waitForSelector(".zoom[data-drawn]", { state: "attached" });
  await page.waitForFunction(() => document.querySelector(".still").classList.contains("covered"));
  return page;
}

/** What is dragged with an element, by the pointer, as it leaves the window. */
async function dragged(page, selector) {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  const chromium = await page.context().newCDPSession(page);
  await chromium.send("Input.setInterceptDrags", { enabled: true });
  const intercepted = new Promise((resolve) => chromium.once("Input.dragIntercepted", ({ data }) => resolve(data)));
  const [left, top] = [x + width / 2, y + height / 2];
  const pointer = (type, by) => chromium.send("Input.dispatchMouseEvent", { type, x: left + by, y: top + by, button: "left", buttons: 1, clickCount: 1 });
  await pointer("mousePressed", 0);
  for (const by of [2, 6, 12, 20]) await pointer("mouseMoved", by);
  return intercepted;
}

/** Drops it in the middle of a window. */
async function drop(page, data) {
  const chromium = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize();
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await chromium.send("Input.dispatchDragEvent", { type, x: width / 2, y: height / 2, data });
  }
}

const query = (page) => new URL(page.url()).search;
const shows = (page, search) => page.waitForFunction((search) => location.search === search, search);

for (const size of Object.keys(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(size, { colorScheme });
    const name = `work, ${size}, ${colorScheme}`;
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    await page.waitForFunction(() => document.getElementById("citation-text").textContent.length > 20);
    await test.axe(page, name);
    await test.fits(page, name);
    await test.screenshot(page, `work-${size}-${colorScheme}`);
    await page.context().close();
  }
}

// The pointer: zoom, the address follows, and opens the same again.
{
  const page = await open("usual");
  await page.click("[data-tool=zoom-in]");
  await page.waitForFunction(() => location.search.includes("xywh="));
  const address = page.url();
  const cited = await page.getAttribute("#citation a[href*='cite.bib']", "href");
  test.check(cited.includes(query(page).slice(1)), "the citation is that of the visible part");
  const again = await open("usual", { path: address.slice(test.base.length) });
  const close = await again.evaluate(() => document.getElementById("stage").dataset.region);
  test.check(address.includes(close), "a link opens the visible part again");
  await test.screenshot(again, "work-detail");
  await page.click("[data-tool=home]");
  await shows(page, "");
  test.check(query(page) === "", "all of it has the plain address");

  await page.click("[data-tool=next]");
  await shows(page, "?canvas=1&capture=2");
  test.check(await page.isVisible(".fader"), "a capture has a fader");
  await page.fill("#fade", "40");
  test.check((await page.textContent(".fader output")) === "40 %", "the fader says how far");
  await shows(page, "?canvas=1&capture=2&fade=40");
  const faded = async (page) => (await page.waitForSelector(".fader:not([hidden])"), page.textContent(".fader output"));
  await page.reload();
  test.check((await faded(page)) === "40 %", "a reload keeps the fader");
  for (const [fade, shown] of [["40", "40 %"], ["0", "0 %"], ["101", "100 %"], ["-1", "100 %"], ["4e1", "100 %"], ["", "100 %"]]) {
    const other = await open("usual", { path: `${target}?canvas=1&capture=2&fade=${fade}` });
    test.check((await faded(other)) === shown, `fade=${fade} is ${shown} in another browser`);
    const cited = await other.getAttribute("#citation a[href*='cite.bib']", "href");
    test.check(!cited.includes("fade"), "which no citation depends on");
    await other.context().close();
  }
  const unfaded = await open("usual", { path: `${target}?fade=40` });
  await unfaded.click("[data-tool=next]");
  test.check((await faded(unfaded)) === "100 %", "a capture that is chosen later covers the canvas");
  await unfaded.context().close();
  await page.waitForSelector(".zoom[data-drawn]", { state: "attached" });
  await page.waitForFunction(() => document.querySelector("#downloads a").href.includes("infrared"));
  test.check(true, "downloads are those of the capture");
  await page.click("[data-tool=next]");
  await shows(page, "?canvas=2");
  test.check(!(await page.isVisible(".fader")), "a view without captures has none");
  test.check((await page.getAttribute(".strip [aria-current]", "data-picture")) === "2", "the strip marks what is shown");
  await page.context().close();
  await again.context().close();
}

// Tags: a box on hover and on focus, all of them by a button, and a way to the picture of a tag.
{
  const page = await open("wide");
  const boxes = () => page.locator(".tag-box").count();
  const tag = (place) => page.locator(`[data-boxes^="[[${place},"]`);
  await tag(0).hover();
  test.check((await boxes()) === 1, "a tag that is pointed at has a box");
  await page.mouse.move(5, 5);
  test.check((await boxes()) === 0, "which goes with the pointer");
  await tag(0).locator("a").focus();
  test.check((await boxes()) === 1, "a tag with the focus has a box");
  await tag(2).locator("a").focus();
  test.check(await page.isVisible(".strip a.tagged"), "a tag of another picture marks its thumbnail");
  await page.click("[data-tool=boxes]");
  test.check((await boxes()) === 1, "a button shows all boxes of the picture");
  await test.screenshot(page, "work-boxes");
  await tag(2).locator(".show-box").click();
  await page.waitForFunction(() => /canvas=2&xywh=/.test(location.search));
  test.check((await boxes()) === 1, "a tag leads to its part of another picture");
  await page.context().close();
}

// Keys alone, without motion.
{
  const page = await open("usual", { reducedMotion: "reduce" });
  await page.focus(".zoom .openseadragon-canvas");
  for (const step of [1, 2, 3, 4, 5, 6]) {
    const before = query(page);
    await page.keyboard.press("+");
    await page.waitForFunction((before) => location.search !== before, before);
    if (step === 1) test.check(query(page).includes("xywh="), "+ zooms");
  }
  const before = query(page);
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction((before) => location.search !== before, before);
  test.check(true, "arrows move");
  await page.keyboard.press("0");
  await shows(page, "");
  test.check(true, "0 shows all of it");
  await page.keyboard.press("n");
  await shows(page, "?canvas=1&capture=2");
  await page.keyboard.press("p");
  await shows(page, "");
  test.check(true, "N and P go through the pictures");
  await page.keyboard.press("t");
  await page.waitForSelector(".tag-box");
  test.check(true, "T shows the tags");
  await page.keyboard.press("f");
  await page.waitForSelector(".stage.filling");
  const { height } = SIZES.usual;
  const filled = await page.evaluate(() => document.getElementById("stage").getBoundingClientRect().height);
  test.check(filled >= height, "F fills the screen");
  await page.waitForFunction(() => {
    const [box, frame] = [".tag-box", ".frame"].map((one) => document.querySelector(one).getBoundingClientRect());
    return box.top >= frame.top && box.bottom <= frame.bottom;
  });
  test.check(true, "with the whole picture");
  await test.screenshot(page, "work-full-screen");
  await page.keyboard.press("f");
  await page.waitForSelector(".stage:not(.filling)");
  test.check(true, "and leaves it");
  // Every control is reached by Tab, and says what it is.
  const names = new Set();
  await page.evaluate(() => document.activeElement.blur());
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    const name = await page.evaluate(() => {
      const { activeElement: element } = document;
      return element.dataset.tool ?? (element.matches(".openseadragon-canvas") ? "picture" : element.closest(".cite, .files") ? "usage" : "");
    });
    names.add(name);
  }
  for (const name of ["picture", "zoom-in", "zoom-out", "home", "turn", "full-screen", "boxes", "next", "usage"]) {
    test.check(names.has(name), `Tab reaches ${name}`);
  }
  await page.context().close();
}

// The wheel scrolls the page past the whole picture, and Ctrl makes it zoom.
{
  const page = await open("usual");
  await page.hover(".zoom");
  await page.mouse.wheel(0, 200);
  await page.waitForFunction(() => scrollY > 0);
  test.check(!query(page), "the wheel scrolls the page");
  await page.context().close();
  // In another page, because Chromium sends all turns of one gesture to the same place.
  const other = await open("usual");
  await other.hover(".zoom");
  await other.keyboard.down("Control");
  await other.mouse.wheel(0, -200);
  await other.keyboard.up("Control");
  await other.waitForFunction(() => location.search.includes("xywh="));
  test.check(true, "Ctrl and the wheel zoom");
  await other.context().close();
}

// A link to a detail opens the detail, in a window of any size and on a capture, too.
for (const size of Object.keys(SIZES)) {
  for (const search of ["?canvas=1&xywh=300,200,150,100", "?canvas=1&capture=2&xywh=300,200,150,100"]) {
    const page = await test.open(size, { path: target + search });
    await page.waitForSelector(".zoom[data-drawn]", { state: "attached" });
    await page.waitForLoadState("networkidle");
    const [x, y, width, height] = new URLSearchParams(query(page)).get("xywh")?.split(",").map(Number) ?? [0, 0, 900, 600];
    // The shape of the frame adds to the region.
    const isDetail = x <= 300 && y <= 200 && x + width >= 450 && y + height >= 300 && Math.min(width / 150, height / 100) < 1.2;
    test.check(isDetail, `${size}: a link opens its detail: ${search} ${query(page)}`);
    await page.context().close();
  }
}

// A finger on the whole picture scrolls the page.
{
  const page = await open("narrow", { isMobile: true });
  await page.waitForLoadState("networkidle");
  const [box, session] = [await page.locator(".zoom").boundingBox(), await page.context().newCDPSession(page)];
  const touch = (type, ...points) => session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await touch("touchStart", { x, y });
  for (let step = 1; step <= 10; step += 1) await touch("touchMove", { x, y: y - 12 * step });
  await touch("touchEnd");
  const isScrolled = await page.waitForFunction(() => scrollY > 0).then(() => true, () => false);
  test.check(isScrolled, "a finger scrolls the page past the picture");
  await page.context().close();
}

// Without script everything can be read and reached.
{
  const page = await test.open("usual", { path: target, javaScriptEnabled: false });
  for (const selector of [".still img", ".strip a", ".captures a", ".download .primary", ".iiif-link", "h1"]) {
    test.check(await page.locator(selector).first().isVisible(), `without script: ${selector}`);
  }
  test.check(!(await page.isVisible(".stage-tools")), "without script: no tools that do nothing");
  await page.click(".strip li:nth-child(3) a");
  test.check(await page.waitForURL(/\?canvas=2$/).then(() => true, () => false), "without script: the strip leads to the other pictures");
  await page.context().close();
}

// Weight and steadiness: what is loaded besides pictures, and how much of the page moves while it loads.
for (const size of Object.keys(SIZES)) {
  const page = await test.open(size);
  await page.goto(test.base + target, { waitUntil: "load" });
  await page.waitForSelector(".zoom[data-drawn]", { state: "attached" });
  const { weight, firstTile } = await page.evaluate(() => {
    const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const isPicture = ({ name }) => /\/iiif\/.*\.jpg$/.test(name);
    const weight = loaded.filter((entry) => !isPicture(entry)).reduce((sum, { transferSize }) => sum + transferSize, 0);
    return { weight, firstTile: performance.getEntriesByName("first-tile")[0].startTime };
  });
  console.log(`     ${size}: ${Math.round(weight / 1000)} kB without pictures, first tile after ${Math.round(firstTile)} ms`);
  await test.steady(page, size);
  test.check(weight <= 350_000, `${size}: with the viewer at most 350 kB without pictures`);
  await page.context().close();
}

// Copying: the link, and the citation.
{
  const page = await open("usual", { permissions: ["clipboard-read", "clipboard-write"] });
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await page.click("[data-share=copy]");
  await page.waitForFunction(() => document.getElementById("message").textContent);
  test.check((await copied()) === page.url(), "the link is copied");
  await page.click(".cite summary");
  await page.click("[data-copy=citation-text]");
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).includes("Anna Ancher"));
  test.check(true, "the citation is copied");
  await page.context().close();
}

// Sharing: what is in view, where the browser can share.
{
  const page = await test.open("usual");
  await page.addInitScript(() => {
    window.shared = [];
    // A visitor who leaves the dialog is told to the page as an error.
    navigator.share = async (what) => (window.shared.push(what), Promise.reject(new DOMException("", "AbortError")));
  });
  await page.goto(test.base + target, { waitUntil: "load" });
  await page.waitForSelector(".zoom[data-drawn]", { state: "attached" });
  await page.click("[data-tool=zoom-in]");
  await page.waitForFunction(() => location.search.includes("xywh="));
  await page.click("[data-share=share]");
  const shared = await page.evaluate(() => window.shared);
  const expected = { title: await page.title(), url: page.url() };
  test.check(JSON.stringify(shared) === JSON.stringify([expected]), `the page in view is shared: ${JSON.stringify(shared)}`);
  await page.context().close();
  const without = await test.open("usual");
  await without.addInitScript(() => delete Navigator.prototype.share);
  await without.goto(test.base + target, { waitUntil: "load" });
  await without.waitForSelector("[data-share=copy]");
  test.check(!(await without.isVisible("[data-share=share]")), "without a dialog for sharing there is no button for it");
  await without.context().close();
}

// The IIIF icon dragged into another window: what is dropped there is the manifest's URL, which viewers open.
{
  const page = await open("usual");
  const data = await dragged(page, ".iiif-link");
  const manifest = `${test.base}/presentation/3/${target.split("/").pop()}/manifest`;
  const plain = await test.open("usual");
  await plain.setContent(`<!doctype html><title>x</title><body style="height: 500px" ondragover="event.preventDefault()" ondrop="event.preventDefault(); dropped = event.dataTransfer.getData('text/uri-list')">`);
  await drop(plain, data);
  const dropped = await plain.waitForFunction(() => window.dropped).then((handle) => handle.jsonValue());
  test.check(new URL(dropped).searchParams.get("manifest") === manifest, `a page that the icon is dropped on gets the manifest: ${dropped}`);
  await plain.context().close();
  const mirador = await test.open("usual", { path: "/view/mirador/B1" });
  const windows = (count) => mirador.waitForFunction((count) => document.querySelectorAll(".mirador-window").length === count, count);
  await windows(1);
  await drop(mirador, data);
  await windows(2);
  await mirador.waitForFunction(() => [...document.querySelectorAll(".mirador-window")].some((one) => /Panel/.test(one.textContent)));
  test.check(true, "Mirador opens the work that is dropped on it");
  await test.screenshot(mirador, "work-in-mirador");
  await mirador.context().close();
  const compare = await test.open("usual", { path: "/compare" });
  await compare.waitForSelector("#app:not([hidden])");
  await drop(compare, data);
  await compare.waitForSelector(".views li");
  test.check((await compare.textContent(".views li")).includes("Panel"), "and so does the page for comparing");
  await compare.context().close();
  await page.context().close();
}

// Pages of every kind.
for (const [path, name] of [
  ["/works/B1?canvas=20", "forty"],
  ["/works/L1", "long title"],
  ["/works/AR1", "right to left"],
  ["/works/R1", "restricted"],
  ["/works/KMS2", "no picture"],
  ["/works/M1", "missing pictures"],
  ["/developers", "developers"],
]) {
  for (const size of ["narrow", "wide"]) {
    const page = await test.open(size, { path });
    const shown = await page.locator("#stage").count();
    if (shown) await page.waitForSelector(".zoom[data-drawn]", { state: "attached" });
    await test.axe(page, `${name}, ${size}`);
    await test.fits(page, `${name}, ${size}`);
    await test.screenshot(page, `work-${name.replaceAll(" ", "-")}-${size}`);
    await page.context().close();
  }
}

// At 400 % of a window of 1280 pixels (WCAG 2.2, 1.4.10).
for (const path of [target, "/works/L1", "/works/AR1", "/works/NONE", "/developers"]) {
  const page = await test.open("narrow", { path, viewport: { width: 320, height: 256 }, allow: (response) => response.status() === 404 });
  await test.fits(page, `${path}, 320 pixels`);
  await page.context().close();
}

{
  const page = await test.open("usual", { path: target, forcedColors: "active" });
  const colors = await page.evaluate(() =>
    ["[aria-current]", ":not([aria-current])"].map((one) => getComputedStyle(document.querySelector(`.captures a${one}`)).backgroundColor));
  test.check(colors[0] !== colors[1], `forced colors: the capture that is shown can be told: ${colors}`);
  await page.context().close();
}

{
  const page = await test.open("usual", { path: target });
  await page.emulateMedia({ media: "print" });
  test.check(await page.isVisible("#citation-text") && await page.isHidden(".site-header input"), "on paper: the citation, and no field for searching");
  await page.context().close();
}

// An example runs in the page.
{
  const page = await test.open("usual", { path: "/developers#findWorks" });
  await page.click("#findWorks .run button");
  await page.waitForSelector("#findWorks .response:not([hidden])");
  test.check(/^200/.test(await page.textContent("#findWorks .status")), "an example runs in the page");
  test.check(JSON.parse(await page.textContent("#findWorks .response")).works.length > 0, "and shows its response");
  await page.locator("#dump_works_jsonl > summary").click();
  await page.click("#dump_works_jsonl .run button");
  await page.waitForSelector("#dump_works_jsonl .response:not([hidden])");
  test.check(true, "a dump runs, too");
  await test.axe(page, "developers with a response");
  await test.screenshot(page, "developers-run");
  await page.context().close();
}

await test.finish();
