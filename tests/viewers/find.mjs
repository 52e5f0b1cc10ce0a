// Finds works as visitors do: by words, years, colours, a picture and a detail, with and without scripts.
//
//   node find.mjs BASE_URL [--out DIR]
import { SIZES, start } from "./browser.mjs";

const test = await start("find");
const works = (page) => page.locator("#hits > li");
const heading = (page) => page.locator(".result-info h2").innerText();

/** Presses what leads to another page, and waits until that is loaded. */
async function follow(page, locator) {
  const loaded = page.waitForEvent("load");
  await locator.click();
  await loaded;
}

for (const size of Object.keys(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    const what = `search, ${size}, ${colorScheme}`;
    const page = await test.open(size, { colorScheme });
    await page.goto(test.base, { waitUntil: "networkidle" });
    await test.axe(page, what);
    await test.fits(page, what);
    await test.steady(page, what);
    await test.screenshot(page, `search-${size}-${colorScheme}`);
    await page.context().close();
  }
}

// At 400 % of a window of 1280 pixels, with a word that is wider (WCAG 2.2, 1.4.10).
for (const path of ["/", `/?q=${"unbroken".repeat(30)}`]) {
  const page = await test.open("narrow", { path, viewport: { width: 320, height: 256 } });
  await test.fits(page, `search, 320 pixels, ${path.slice(0, 20)}`);
  await page.context().close();
}

{
  const page = await test.open("usual", { path: "/", forcedColors: "active" });
  const colors = await page.evaluate(() => {
    const of = (selector, pseudo) => getComputedStyle(document.querySelector(selector), pseudo).backgroundColor;
    return [of("body"), of(".bars a", "::after")];
  });
  test.check(colors[0] !== colors[1], `forced colors: the histogram can be seen: ${colors}`);
  await page.context().close();
}

{
  const page = await test.open("usual", { path: "/" });
  const field = page.locator("#q");
  await field.pressSequentially("paint");
  await page.locator("#q-suggestions:not([hidden]) li").first().waitFor();
  test.check((await field.getAttribute("aria-expanded")) === "true", "suggestions: the field says that there are some");
  await test.axe(page, "suggestions");
  await test.screenshot(page, "suggestions");
  await field.press("ArrowDown");
  const active = await field.getAttribute("aria-activedescendant");
  const chosen = page.locator(`#${active}`);
  test.check((await chosen.getAttribute("aria-selected")) === "true", "suggestions: an arrow chooses the first");
  await field.press("Escape");
  test.check(await page.locator("#q-suggestions").isHidden(), "suggestions: Escape closes them");
  test.check((await field.inputValue()) === "paint", "suggestions: Escape keeps the words");
  await field.press("ArrowDown");
  await page.locator("#q-suggestions:not([hidden]) li").first().waitFor();
  await field.press("ArrowDown");
  await field.press("Enter");
  await page.waitForURL(/all=/);
  test.check((await page.locator(".chips li").count()) === 1, "suggestions: Enter opens the search for the value");
  await page.context().close();
}

for (const size of ["narrow", "usual", "wide"]) {
  const page = await test.open(size, { path: "/?sort=title" });
  for (let count = 0; count < 140; ) {
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.waitForFunction((count) => document.querySelectorAll("#hits > li").length > count, count);
    count = await works(page).count();
  }
  test.check((await works(page).count()) === 140, `more, ${size}: all works are loaded by scrolling`);
  test.check((await page.locator("nav.later").count()) === 0, `more, ${size}: no link to further works is left`);
  const status = await page.locator("#status").textContent();
  test.check(status.includes("140 of 140"), `more, ${size}: the number of works is announced: ${status}`);
  const target = works(page).nth(110).locator("a");
  await target.scrollIntoViewIfNeeded();
  await page.waitForURL(/start=\d+/);
  // The address follows a scroll in the next frame.
  await page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)))));
  const place = () => page.locator(`#hits a[href="${href}"]`).boundingBox();
  const href = await target.getAttribute("href");
  const before = await place();
  const address = page.url();
  const top = await page.evaluate(() => {
    const inView = [...document.querySelectorAll("#hits > li")].find((item) => item.getBoundingClientRect().bottom > 0);
    return inView.querySelector("a").getAttribute("href");
  });
  await target.click();
  await page.waitForURL(/works/);
  await page.goBack({ waitUntil: "load" });
  await page.waitForFunction((href) => document.querySelector(`#hits a[href="${href}"]`), href);
  const after = await place();
  test.check(Math.abs(before.y - after.y) <= 8, `more, ${size}: Back shows the same place (${before.y} and ${after.y})`);
  const linked = await test.open(size);
  await linked.goto(address, { waitUntil: "load" });
  const shared = linked.locator(`#hits a[href="${top}"]`);
  test.check((await shared.count()) === 1, `more, ${size}: the address can be shared`);
  const known = await works(linked).count();
  await linked.locator("nav.earlier a[rel=prev]").click();
  await linked.waitForFunction((known) => document.querySelectorAll("#hits > li").length > known, known);
  test.check(await shared.isVisible(), `more, ${size}: earlier works are put before`);
  await linked.context().close();
  await page.context().close();
}

{
  const page = await test.open("usual", { allow: () => true });
  await page.route(/start=48/, (route) => route.abort());
  await page.goto(`${test.base}/`, { waitUntil: "load" });
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.locator(".load-failed").waitFor();
  await page.locator("nav.later a[rel=next]").waitFor({ state: "visible" });
  await test.axe(page, "failure");
  await page.unroute(/start=48/);
  await page.locator("nav.later a[rel=next]").focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll("#hits > li").length > 48);
  test.check((await page.locator(".load-failed").count()) === 0, "failure: the message goes when it works again");
  const focused = () => [...document.querySelectorAll("#hits > li a")].indexOf(document.activeElement);
  test.check((await page.evaluate(focused)) === 48, "failure: the focus is on the first new work");
  await page.context().close();
}

{
  const page = await test.open("usual", { path: "/", reducedMotion: "reduce" });
  const [from, to] = [page.locator(".slider .from"), page.locator(".slider .to")];
  await from.focus();
  for (let year = 0; year < 20; year++) await from.press("ArrowRight");
  await to.focus();
  for (let year = 0; year < 50; year++) await to.press("ArrowLeft");
  test.check((await page.locator("form.years [name=from]").inputValue()) === "1720", "period: arrows move the first year");
  await page.waitForFunction(() => /\d/.test(document.querySelector("form.years button").textContent));
  const promised = (await page.locator("form.years button").innerText()).match(/\d+/)[0];
  await test.axe(page, "period");
  await to.press("Enter");
  await page.waitForURL(/from=1720/);
  test.check((await heading(page)).startsWith(`${promised} work`), `period: ${promised} works, as the button said`);
  test.check((await page.locator(".bars .out").count()) > 0, "period: bars outside are marked");
  test.check((await page.evaluate(() => document.getAnimations().length)) === 0, "reduced motion: nothing moves");
  await page.locator(".slider .from").fill("1760");
  test.check((await page.locator("form.years [name=from]").inputValue()) === "1760", "period: a thumb moves its field");
  await page.context().close();
}

{
  const page = await test.open("usual", { path: "/" });
  await page.locator(".palette input[type=color]").last().fill("#808080");
  await page.locator(".palette [name=share]").last().fill("40");
  await page.locator(".palette button").last().click();
  await page.waitForURL(/pick=/);
  test.check((await page.locator(".chips li").innerText()).includes("#808080 40 %"), "colour: it is a chip with its share");
  test.check((await page.locator(".palette").first().locator("[name=share]").inputValue()) === "40", "colour: its share can be changed");
  await test.axe(page, "colour");
  await test.screenshot(page, "colour");
  await page.context().close();
}

{
  const page = await test.open("narrow", { path: "/" });
  test.check(await page.locator("#refine").isHidden(), "filters, narrow: closed at first");
  await page.locator(".open-refine").click();
  test.check(await page.locator("#refine").isVisible(), "filters, narrow: opened by the button");
  await test.axe(page, "filters, narrow");
  await test.screenshot(page, "filters-narrow");
  await page.keyboard.press("Escape");
  test.check(await page.locator("#refine").isHidden(), "filters, narrow: Escape closes them");
  await page.context().close();
}

{
  const page = await test.open("usual", { path: "/" });
  const { origin } = new URL(test.base);
  const file = await (await page.request.get(`${origin}/iiif/3/a.tif/full/!300,300/0/default.jpg`)).body();
  const picture = { name: "picture.jpg", mimeType: "image/jpeg", buffer: file };
  await page.locator("details.by-picture summary").click();
  await page.locator("#send-picture input").setInputFiles(picture);
  await page.locator(".like .drawing").waitFor();
  test.check((await works(page).count()) > 10, "picture: similar works are shown");
  await test.axe(page, "picture");
  await test.screenshot(page, "picture");
  const answered = page.waitForResponse(/api\/v1\/similar/);
  await draw(page);
  test.check((await answered).status() === 200, "picture: a part of it is compared");
  await page.locator(".like .drawing").waitFor();
  await page.locator("#hits a").first().click();
  await page.waitForURL(/works/);
  await page.goBack({ waitUntil: "load" });
  await page.locator(".like .drawing").waitFor();
  test.check((await works(page).count()) > 10, "picture: Back shows what was found");
  await page.context().close();
}

{
  const page = await test.open("usual", { allow: (response) => response.status() === 415 || response.status() === 400 || response.status() === 500 });
  await page.goto(`${test.base}/`, { waitUntil: "load" });
  await page.locator("details.by-picture summary").click();
  const buffer = Buffer.from("this is a text");
  await page.locator("#send-picture input").setInputFiles({ name: "text.jpg", mimeType: "image/jpeg", buffer });
  await page.locator("#send-picture .message:not(:has-text('Loading'))").waitFor();
  const said = await page.locator("#send-picture .message").innerText();
  test.check(/picture/.test(said), `picture: a file that is none is refused: ${said}`);
  await page.context().close();
}

{
  const page = await test.open("usual", { path: "/?similar=B%20000" });
  test.check((await page.locator(".like img").count()) === 1, "detail: the work is shown");
  await draw(page);
  test.check(Number(await page.locator("form.detail [name=w]").inputValue()) > 30, "detail: drawing fills the fields");
  await page.keyboard.press("Enter");
  await page.waitForURL(/w=\d/);
  test.check((await page.locator(".like .region").count()) === 1, "detail: it is marked");
  test.check((await works(page).count()) > 10, "detail: similar works are shown");
  await test.axe(page, "detail");
  await test.screenshot(page, "detail");
  await page.context().close();
}

// From the page of a work: all similar works, and works like the part of its picture that is in view.
{
  const page = await test.open("usual", { path: "/works/B%20000" });
  await page.waitForSelector(".zoom[data-drawn]", { state: "attached" });
  test.check(!(await page.isVisible("#like-detail")), "a work: the whole picture is no detail");
  await page.click("[data-tool=zoom-in]");
  await page.waitForSelector("#like-detail:not([hidden])");
  await page.waitForFunction(() => {
    const region = (url) => new URL(url).searchParams.get("xywh");
    return region(location.href) && region(location.href) === region(document.querySelector("#like-detail a").href);
  });
  await follow(page, page.locator("#like-detail a"));
  const asked = new URL(page.url()).searchParams;
  test.check(asked.get("similar") === "B 000" && asked.get("canvas") === "1", `a work: its detail is searched for: ${asked}`);
  test.check((await page.locator(".like .region").count()) === 1 && (await works(page).count()) > 10, "a work: and finds works");
  await page.goto(`${test.base}/works/B%20000`);
  await follow(page, page.locator(".more-pictures .row-heading a"));
  test.check((await page.locator(".like .region").count()) === 0 && (await works(page).count()) > 10, "a work: all similar works");
  await page.context().close();
}

{
  const page = await test.open("usual", { path: "/?all=type%3Apaintings-of-nothing&q=boat&years=1700/1709" });
  await test.axe(page, "nothing found");
  await test.screenshot(page, "nothing-found");
  await follow(page, page.locator(".alternatives a").first());
  test.check((await works(page).count()) > 0, "nothing found: the search without one filter finds something");
  await page.context().close();
}

{
  const page = await test.open("narrow", { path: "/", javaScriptEnabled: false });
  const first = await works(page).first().locator("h3").innerText();
  await follow(page, page.locator("nav.later a[rel=next]"));
  test.check((await works(page).first().locator("h3").innerText()) !== first, "without scripts: the link shows the next page");
  await follow(page, page.locator("nav.earlier a[rel=prev]"));
  test.check((await works(page).first().locator("h3").innerText()) === first, "without scripts: and back");
  await page.locator(".open-refine").click();
  await page.locator("form.years [name=from]").fill("1830");
  await follow(page, page.locator("form.years button"));
  test.check((await heading(page)) === "10 works", "without scripts: the years are fields of a form");
  await page.context().close();
}

/** Draws a rectangle on the picture. */
async function draw(page) {
  await page.locator(".like .drawing").scrollIntoViewIfNeeded();
  const box = await page.locator(".like .drawing").boundingBox();
  const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(0.2, 0.2));
  await page.mouse.down();
  await page.mouse.move(...at(0.5, 0.5));
  await page.mouse.move(...at(0.7, 0.8));
  await page.mouse.up();
}

await test.finish();
