// Reviews proposed tags on the page of a running Tegl in headless Chromium, by keys and by clicks.
//
//   node review.mjs BASE_URL TOKEN [--groups SCHEME] [--out DIR]
//
// The catalogue needs at least four tags that wait for a decision, as after `tegl tag`. All decisions are undone, but with
// --groups, groups of works are named, merged and hidden; they have to be those that `tegl tag train SCHEME` has found. It
// fails if a decision is not made or not undone, and on a page that throws, asks another host, or is wider than a tablet.
import fs from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const args = process.argv.slice(2);
const at = args.indexOf("--out");
const out = path.resolve(at < 0 ? "out" : args.splice(at, 2)[1]);
const withGroups = args.indexOf("--groups");
const groups = withGroups < 0 ? null : args.splice(withGroups, 2)[1];
const [base, token] = args;
if (!base || !token) {
  console.error("usage: node review.mjs BASE_URL TOKEN [--groups SCHEME] [--out DIR]");
  process.exit(2);
}
fs.mkdirSync(out, { recursive: true });

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const faults = [];
const check = (holds, what) => {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
  if (!holds) faults.push(what);
};

// How many tags wait in all.
async function waiting() {
  const headers = { Authorization: `Bearer ${token}` };
  const { schemes } = await (await fetch(`${base}/api/v1/review/schemes`, { headers })).json();
  return schemes.reduce((sum, { tags }) => sum + tags, 0);
}

// Whether the pictures in the window are there; the others load when they are scrolled to.
function picturesInView() {
  const inView = [...document.querySelectorAll("#waiting img")].filter((image) => image.getBoundingClientRect().top < innerHeight);
  return inView.every((image) => image.complete && image.naturalWidth > 0);
}

async function review(name, viewport, hasTouch) {
  const context = await browser.newContext({ viewport, hasTouch });
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(`${name}: threw ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.host !== new URL(base).host) faults.push(`${name}: asks ${url.host}`);
  });
  // The page is ready when it is not busy and shows cards, or says that there are none.
  const ready = () => page.waitForFunction(() => !document.querySelector("#review").hasAttribute("aria-busy"));
  const act = async (action) => (await action(), await ready(), waiting());

  await page.goto(`${base}/review`);
  await page.fill("[name=token]", "not a token of this server");
  await page.press("[name=token]", "Enter");
  await page.waitForFunction(() => document.querySelector("#message").textContent !== "");
  check(await page.isVisible("#sign-in"), `${name}: a wrong token shows nothing`);
  await page.fill("[name=token]", token);
  await page.press("[name=token]", "Enter");
  await page.waitForSelector("#waiting li");
  await ready();
  const all = await waiting();
  await page.waitForFunction(picturesInView);
  await page.screenshot({ path: path.join(out, `review-${name}.png`) });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(overflow <= 0, `${name}: no wider than the window`);

  check((await act(() => page.keyboard.press("a"))) === all - 1, `${name}: A accepts`);
  check((await act(() => page.keyboard.press("r"))) === all - 2, `${name}: R rejects`);
  check((await act(() => page.keyboard.press("u"))) === all - 1, `${name}: U undoes`);
  check((await act(() => page.click("#undo"))) === all, `${name}: a button undoes`);
  const click = (selector) => () => (hasTouch ? page.tap(selector) : page.click(selector));
  check((await act(click("#waiting li .reject"))) === all - 1, `${name}: a button rejects`);
  check((await act(() => page.keyboard.press("u"))) === all, `${name}: which can be undone`);
  const cards = await page.locator("#waiting li").count();
  await page.keyboard.press("ArrowRight");
  const above = Math.min(2, cards);
  check((await act(() => page.keyboard.press("l"))) === all - above, `${name}: L accepts all above a line`);
  check((await act(() => page.keyboard.press("u"))) === all, `${name}: which is undone at once`);
  const told = await page.locator("#decided li").allTextContents();
  check(told.length >= 8 && told.every((line) => /\d/.test(line)), `${name}: who and when is told`);

  check((await act(click("[data-view=works]"))) === all, `${name}: work by work`);
  await page.waitForFunction(picturesInView);
  await page.screenshot({ path: path.join(out, `review-${name}-works.png`) });
  const work = () => page.textContent("#waiting .work");
  const first = await work();
  await act(click("#next"));
  check((await work()) !== first, `${name}: the next work`);
  check((await act(() => page.keyboard.press("a"))) === all - 1, `${name}: A accepts there, too`);
  check((await act(() => page.keyboard.press("u"))) === all, `${name}: and U undoes it`);
  if (groups && !hasTouch) await curate(name, page, act);
  await context.close();
}

// Names a group of works, merges another into it, hides a third and shows it again.
async function curate(name, page, act) {
  await act(() => page.click("[data-view=tags]"));
  await act(() => page.selectOption("#schemes select", groups));
  const labels = () => page.locator("#values button").allTextContents();
  const has = async (label) => (await labels()).some((text) => text.startsWith(label));
  const before = (await labels()).length;
  await page.waitForSelector("#cluster:not([hidden])");
  await page.fill("#cluster [name=name]", "Harbours at dusk");
  await act(() => page.press("#cluster [name=name]", "Enter"));
  check(await has("Harbours at dusk"), `${name}: a group is named`);
  const named = page.locator("#values button", { hasText: "Harbours at dusk" });
  const other = page.locator("#values button", { hasNotText: "Harbours at dusk" }).first();
  await act(() => other.click());
  await page.waitForSelector("#cluster:not([hidden])");
  await act(() => page.selectOption("#cluster [name=into]", { label: "Harbours at dusk" }));
  check((await labels()).length === before - 1, `${name}: a group is merged into another`);
  await act(() => named.click());
  await page.waitForSelector("#cluster:not([hidden])");
  const away = await page.locator("#cluster [name=show] option").allTextContents();
  await act(() => page.selectOption("#cluster [name=show]", { label: away.find((label) => label) }));
  check((await labels()).length === before, `${name}: and shown by itself again`);
  await act(() => named.click());
  await page.waitForSelector("#cluster:not([hidden])");
  await page.screenshot({ path: path.join(out, `review-${name}-groups.png`) });
  await act(() => page.click("#cluster [name=hide]"));
  check(!(await has("Harbours at dusk")), `${name}: a group is hidden`);
}

await review("desk", { width: 1280, height: 900 }, false);
await review("tablet", { width: 820, height: 1180 }, true);
await browser.close();
process.exit(faults.length ? 1 : 0);
