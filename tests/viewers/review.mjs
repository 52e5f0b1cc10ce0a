// Reviews proposed tags on the page of a running Tegl in headless Chromium, by keys and by clicks.
//
//   node review.mjs BASE_URL TOKEN [--groups SCHEME] [--out DIR]
//
// The catalogue needs at least four tags that wait for a decision, as after `tegl tag`. All decisions are undone, but with
// --groups, groups of works are named, merged and hidden; they have to be those that `tegl tag train SCHEME` has found. It
// fails if a decision is not made or not undone, and on a page that throws, asks another host, or is wider than a tablet.
import { start } from "./browser.mjs";

const test = await start("review", "TOKEN [--groups SCHEME]");
const withGroups = test.args.indexOf("--groups");
const groups = withGroups < 0 ? null : test.args.splice(withGroups, 2)[1];
const [token] = test.args;
const { base } = test;
const check = (holds, what) => test.check(holds, what);

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

async function review(name, options) {
  const { hasTouch } = options;
  const page = await test.open("usual", { allow: (response) => response.status() === 401, ...options });
  // The page is ready when it is not busy and shows cards, or says that there are none.
  const ready = () => page.waitForFunction(() => !document.querySelector("#review").hasAttribute("aria-busy"));
  const act = async (action) => (await action(), await ready(), waiting());

  await page.goto(`${base}/review`);
  await page.waitForSelector("#sign-in:not([hidden])");
  await test.axe(page, `${name}, signed out`);
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
  await look(page, name);
  const count = (selector) => page.textContent(selector).then((text) => Number(text.replace(/\D/g, "")));
  const left = () => count('#values [aria-pressed="true"] .number');
  const ofValue = await left();
  check((await count("#count")) === all, `${name}: the page says how many wait`);

  check((await act(() => page.keyboard.press("a"))) === all - 1, `${name}: A accepts`);
  check((await count("#count")) === all - 1 && (await count("#done")) === 1 && (await left()) === ofValue - 1, `${name}: which is counted`);
  check((await page.evaluate(() => document.querySelector("progress").value)) === 1, `${name}: and moves the progress on`);
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
  await look(page, `${name}-works`);
  const work = () => page.textContent("#waiting .work");
  const first = await work();
  await act(click("#next"));
  check((await work()) !== first, `${name}: the next work`);
  check((await act(() => page.keyboard.press("a"))) === all - 1, `${name}: A accepts there, too`);
  check((await act(() => page.keyboard.press("u"))) === all, `${name}: and U undoes it`);
  if (groups && !hasTouch && options.colorScheme !== "dark") await curate(name, page, act);
  await page.context().close();
}

/** What is shown: its accessibility, its width, and that fingers meet what they aim at. */
async function look(page, name) {
  await test.screenshot(page, `review-${name}`);
  await test.axe(page, name);
  await test.fits(page, name);
  const small = await page.evaluate(() => {
    const controls = [...document.querySelectorAll("main :is(button, select, input, summary)")].filter((one) => one.checkVisibility());
    const size = (one) => one.getBoundingClientRect();
    return controls.filter((one) => size(one).height < 44 || size(one).width < 44).map((one) => `${one.textContent} ${size(one).width} × ${size(one).height}`);
  });
  check(small.length === 0, `${name}: controls are at least 44 pixels high and wide: ${small.join("; ")}`);
}

// In a narrow window the values are a drawer, which closes with a choice.
async function choose(options) {
  const page = await signedIn("narrow", options);
  await look(page, "narrow");
  check(!(await page.isVisible("#values")), "narrow: the values are hidden");
  await page.tap("#choose");
  await look(page, "narrow-values");
  const other = page.locator('#values [aria-pressed="false"]').first();
  const name = (await other.locator("span").first().textContent()).trim();
  await other.tap();
  await page.waitForFunction((name) => document.getElementById("choose").textContent === name, name);
  check(!(await page.isVisible("#values")), "narrow: a choice closes them");
  await page.context().close();
}

async function signedIn(size, options) {
  const page = await test.open(size, { path: "/review", ...options });
  await page.fill("[name=token]", token);
  await page.press("[name=token]", "Enter");
  await page.waitForSelector("#tools:not([hidden])");
  await page.waitForFunction(() => !document.querySelector("#review").hasAttribute("aria-busy"));
  return page;
}

// What is said if nothing waits, if the server fails, and if a decision comes too late; each with a way to go on.
async function troubles() {
  const page = await test.open("usual", { allow: () => true });
  let answer = { schemes: [] };
  await page.route("**/api/v1/review/schemes", (route) => (answer ? route.fulfill({ json: answer }) : route.continue()));
  await page.goto(`${base}/review`);
  await page.fill("[name=token]", token);
  await page.press("[name=token]", "Enter");
  await page.waitForSelector(".no-results");
  await look(page, "nothing");
  check((await page.getAttribute(".no-results a", "href")) === "/", "nothing waits: a link leads to the collection");
  answer = null;
  await page.click(".no-results button");
  await page.waitForSelector("#waiting li");
  // Keys do nothing while the page is busy.
  await page.waitForFunction(() => !document.querySelector("#review").hasAttribute("aria-busy"));
  check(true, "nothing waits: looking again finds what has come");
  await page.route("**/api/v1/tags", (route) => route.fulfill({ status: 503, json: {} }));
  await page.keyboard.press("a");
  await page.waitForSelector("#message.notices button");
  await look(page, "failed");
  const cards = await page.locator("#waiting li").count();
  await page.unroute("**/api/v1/tags");
  await page.click("#message button");
  await page.waitForSelector("#message:not(.notices)");
  await page.waitForFunction(() => !document.querySelector("#review").hasAttribute("aria-busy"));
  check((await page.locator("#waiting li").count()) === cards, "a failed decision decides nothing");
  await page.route("**/api/v1/tags", (route) => route.fulfill({ status: 412, json: {} }));
  await page.keyboard.press("a");
  await page.waitForSelector("#message.notices");
  check((await page.textContent("#message")).includes("nothing was decided"), "a decision that comes too late is explained");
  await page.click("#sign-out");
  check(await page.isVisible("#sign-in"), "signing out");
  check(!(await page.isVisible("#waiting")), "leaves nothing in view");
  await page.context().close();
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
  await look(page, `${name}-groups`);
  await act(() => page.click("#cluster [name=hide]"));
  check(!(await has("Harbours at dusk")), `${name}: a group is hidden`);
}

await troubles();
await choose({});
for (const colorScheme of ["light", "dark"]) {
  await review(`desk-${colorScheme}`, { viewport: { width: 1280, height: 900 }, colorScheme });
  await test.screenshot(await signedIn("wide", { colorScheme }), `review-wide-${colorScheme}`);
}
await review("tablet", { viewport: { width: 820, height: 1180 }, hasTouch: true });
await test.finish();
