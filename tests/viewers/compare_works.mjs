// Flows of the page for comparing: regions, works added and removed, exports, the tray, windows of all sizes.
import fs from "node:fs";
import { ALIGNED, BOTH, SIZES, address, centre, hash, message, open, section, settled, test } from "./compare_page.mjs";

export async function detail() {
  const page = await open("usual", BOTH);
  await section(page, "Detail");
  await page.selectOption("#view", "0");
  await page.click('[data-action="draw"]');
  const [x, y] = await centre(page, 0);
  await page.mouse.move(x - 60, y - 40);
  await page.mouse.down();
  await page.mouse.move(x + 60, y + 40, { steps: 5 });
  await page.mouse.up();
  test.check(await page.isVisible("#image-uri"), "a region is drawn");
  for (const [name, value] of [["x", 90], ["y", 60], ["w", 300], ["h", 200]]) {
    await page.fill(`#detail-${name}`, String(value));
    await page.locator(`#detail-${name}`).blur();
  }
  await page.fill("#note", "The hand; see «B» & more");
  const uri = await page.getAttribute("#image-uri", "href");
  test.check(uri === `${test.base}/iiif/3/a.tif/90,60,300,200/max/0/default.jpg`, `its URI: ${uri}`);
  test.check((await fetch(uri)).headers.get("content-type") === "image/jpeg", "which is a picture");
  const cited = await page.inputValue("#citation");
  test.check(["Anna Ancher", "A,1", "90,60,300,200 / 900 × 600 px", uri, "The hand"].every((part) => cited.includes(part)), `its citation: ${cited}`);
  const state = await page.getAttribute("#content-state", "href");
  const opened = await fetch(test.base + state, { redirect: "manual" });
  test.check((opened.headers.get("location") ?? "").endsWith("canvas=1&xywh=90,60,300,200"), `its content state: ${opened.headers.get("location")}`);
  test.check(await address(page, (hash) => hash.get("d") === "0:90,60,300,200:The hand; see «B» & more"), "region and note are in the address");
  await page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    document.addEventListener("copy", ({ target }) => (window.copied = target.value));
  });
  await page.click('[data-action="copy-citation"]');
  await page.waitForFunction((cited) => window.copied === cited && document.querySelector("#message").textContent === "Copied", await page.inputValue("#citation"));
  test.check(true, "which can be copied without HTTPS, too");
  await page.click('[data-action="detail-as-view"]');
  await settled(page);
  test.check((await page.locator(".view").count()) === 3, "a region becomes a view");
  await test.axe(page, "detail");
  await page.close();
}

export async function addAndRemove() {
  const page = await open("usual", "/compare");
  test.check((await message(page)).startsWith("Add two to six"), "an empty page says what to do");
  await test.axe(page, "empty");
  await page.fill("#words", "detail");
  await page.press("#words", "Enter");
  await page.locator("#found button").first().click();
  await settled(page);
  test.check((await page.locator(".view").count()) === 1, "a work is added by search");
  const at = (number) => `${test.base}/presentation/3/${encodeURIComponent(number)}/manifest`;
  await page.fill("#manifest", at("C"));
  await page.press("#manifest", "Enter");
  await page.waitForFunction(() => document.querySelectorAll(".view").length === 2);
  await settled(page);
  test.check(new URL(page.url()).search.startsWith("?works=") || (await address(page, (_, url) => url.search === "?works=B,C")), "a manifest of this server is a work");
  await test.fits(page, "a long title from right to left");
  await test.screenshot(page, "compare-long");
  await page.evaluate((url) => {
    const data = new DataTransfer();
    data.setData("text/uri-list", `https://default.example/?manifest=${encodeURIComponent(url)}`);
    document.querySelector("#stage").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, at("A,1"));
  await page.waitForFunction(() => document.querySelectorAll(".view").length === 3);
  await settled(page);
  test.check(await address(page, (_, url) => url.search === "?works=B,C,A%2C1"), "a dropped link is added");
  await page.locator("#views li").nth(1).getByText("Remove").click();
  await page.waitForFunction(() => document.querySelectorAll(".view").length === 2);
  test.check(await address(page, (_, url) => url.search === "?works=B,A%2C1"), "a work is removed");
  await page.fill("#manifest", at("D"));
  await page.press("#manifest", "Enter");
  await page.waitForFunction(() => document.querySelector("#message").textContent.includes("cannot be loaded"));
  test.check(true, "a work without picture is refused");
  await page.close();
}

export async function unknownWork() {
  const page = await test.open("usual", { path: "/compare?works=NONE,B", allow: (response) => response.status() === 404 });
  await settled(page);
  test.check((await message(page)).includes("cannot be loaded: NONE"), `an unknown work is named: ${await message(page)}`);
  test.check((await page.locator(".view.failed").count()) === 1 && (await page.locator(".view:not(.failed) canvas").count()) > 0, "and the other one is shown");
  await test.axe(page, "unknown work");
  await page.close();
}

/** Works of another server, whose answers are those of this one under another host. */
export async function otherServers() {
  const context = await test.context({ viewport: SIZES.usual });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  await page.route("https://other.example/**", async (route) => {
    const answer = await route.fetch({ url: route.request().url().replace("https://other.example", test.base) });
    const isText = /json/.test(answer.headers()["content-type"]);
    const body = isText ? (await answer.text()).replaceAll(test.base, "https://other.example") : await answer.body();
    await route.fulfill({ status: answer.status(), contentType: answer.headers()["content-type"], headers: { "access-control-allow-origin": "*" }, body });
  });
  const manifest = encodeURIComponent("https://other.example/presentation/3/B/manifest");
  await page.goto(`${test.base}/compare?works=A%2C1&manifest=${manifest}`);
  await settled(page);
  test.check((await page.locator(".view canvas").count()) >= 2 && faults.length === 0, `a work of another server is shown ${faults}`);
  await context.close();
}

export async function exportAll() {
  const page = await open("usual", ALIGNED);
  await section(page, "Keep and share");
  const save = async (action) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[data-action="${action}"]`)]);
    return fs.readFileSync(await download.path());
  };
  const png = await save("export-png");
  fs.writeFileSync(`${test.out}/compare-export.png`, png);
  test.check(png.subarray(1, 4).toString() === "PNG" && png.length > 20000, `a picture of ${png.length} bytes`);
  await page.click("label:has([value=overlay])");
  const manifest = JSON.parse(await save("export-manifest"));
  test.check(manifest.items.length === 3 && manifest.items[0].items[0].items.length === 2, "a manifest with the arrangement and both works");
  test.check(JSON.stringify(manifest.requiredStatement).includes("Anna Ancher"), "and credits");
  // The second picture is two thirds as large, and lies a third from the left: 2000 × 1/3 wide.
  const target = manifest.items[0].items[0].items[1].target.split("xywh=")[1].split(",").map(Number);
  test.check(Math.abs(target[0] - 667) < 8 && Math.abs(target[1] - 444) < 8 && Math.abs(target[2] - 1333) < 8, `placed where it is aligned: ${target}`);
  await inMirador(manifest);
  await page.close();
}

async function inMirador(manifest) {
  // A small window and much time: without a graphics card Mirador draws a few tiles a second.
  const context = await test.context({ viewport: { width: 640, height: 480 } });
  const page = await context.newPage();
  const isOf = (file) => (response) => response.ok() && response.url().includes(`/iiif/3/${file}/`) && response.url().endsWith("/default.jpg");
  const pictures = ["a.tif", "b.tif"].map((file) => page.waitForResponse(isOf(file)));
  const html = `<!doctype html><title>x</title><div id="v" style="position:absolute;inset:0"></div><script src="/assets/mirador/mirador.min.js"></script>
    <script>Mirador.viewer({ id: "v", windows: [{ manifestId: "${test.base}/exported.json" }] })</script>`;
  await page.route(`${test.base}/exported.json`, (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(manifest) }));
  await page.route(`${test.base}/exported.html`, (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto(`${test.base}/exported.html`);
  const loaded = await Promise.allSettled(pictures);
  const isShown = await page.waitForSelector(".openseadragon-canvas canvas").then(() => true, () => false);
  test.check(isShown && loaded.every(({ status }) => status === "fulfilled"), "Mirador opens the exported manifest with both pictures");
  await test.screenshot(page, "compare-mirador");
  await context.close();
}

export async function tray() {
  const context = await test.context({ viewport: SIZES.usual });
  const page = await context.newPage();
  page.on("pageerror", (error) => test.fault(`tray: threw ${error.message}`));
  const html = `<!doctype html><html lang="en"><title>x</title><main><h1>x</h1>
    <button type="button" class="compare-button" hidden data-compare="A,1" data-label="A">Compare</button>
    <button type="button" class="compare-button" hidden data-compare="B" data-label="B">Compare</button></main>
    <section id="compare-tray" class="compare-tray" hidden aria-label="t" data-page="/compare" data-texts='{"full":"Full","remove":"Remove"}'>
    <h2>Chosen</h2><ul></ul><p role="status"></p><button type="button" data-clear>Clear</button><a href="/compare">Compare (<span>0</span>)</a></section>
    <link rel="stylesheet" href="/assets/compare/tray.css"><script type="module" src="/assets/compare/tray.js"></script>`;
  await page.route(`${test.base}/tray.html`, (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto(`${test.base}/tray.html`);
  await page.click('[data-compare="A,1"]');
  await page.click('[data-compare="B"]');
  test.check((await page.getAttribute("#compare-tray a", "href")) === "/compare?works=A%2C1,B", "the tray leads to the page with its works");
  await page.reload();
  test.check((await page.getAttribute('[data-compare="B"]', "aria-pressed")) === "true", "the choice is kept");
  await page.locator("#compare-tray li button").first().click();
  test.check((await page.locator("#compare-tray li").count()) === 1, "a work is removed from the tray");
  await page.goto(`${test.base}/compare`);
  await settled(page);
  await page.click('[data-action="from-tray"]');
  await page.waitForFunction(() => document.querySelectorAll(".view").length === 1);
  test.check(true, "the page adds the chosen works");
  await context.close();
}

export async function withoutScript() {
  const page = await test.open("usual", { path: BOTH, javaScriptEnabled: false });
  test.check((await page.locator(".listed a").count()) === 2 && !(await page.isVisible("#app")), "without script the works are links");
  await page.close();
}

export async function sizesAndSchemes() {
  for (const size of Object.keys(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(size, "/compare?works=A%2C1,B,C&lang=da", { colorScheme });
      await test.steady(page, `${size}, ${colorScheme}`);
      await page.evaluate(() => document.querySelectorAll(".panel details").forEach((one) => (one.open = true)));
      await test.axe(page, `${size}, ${colorScheme}`);
      await test.fits(page, `${size}, ${colorScheme}`);
      await test.screenshot(page, `compare-${size}-${colorScheme}`, { fullPage: size === "narrow" });
      await page.close();
    }
  }
}
