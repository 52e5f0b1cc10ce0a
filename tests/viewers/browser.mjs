// What the tests of pages share: Chromium, a page that reports its faults, axe, and checks that are counted.
//
//   const test = await start("work");                      // reads BASE_URL and --out DIR from the command line
//   const page = await test.open("wide", { path: "/" });   // SIZES, and options of a Playwright context
//   await test.axe(page, "search, wide");
//   test.check(await page.isVisible("h1"), "there is a heading");
//   await test.screenshot(page, "search-wide");
//   await test.finish();                                   // exits, with 1 if anything was found
//
// Every page is a fault that throws, breaks its Content-Security-Policy, asks another host, or is answered with an error.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";
import { PATIENCE } from "./patience.mjs";

/** The windows that pages are looked at in. */
export const SIZES = {
  narrow: { width: 390, height: 844 },
  usual: { width: 1366, height: 768 },
  wide: { width: 1920, height: 1080 },
};

/** The most that a page may move while it loads (Cumulative Layout Shift). */
const MOST_SHIFT = 0.05;

/** Runs in a page before anything else: adds up what moves without being touched. */
function observe() {
  window.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts Chromium for a script; `more` names the arguments that follow BASE_URL. */
export async function start(name, more = "") {
  const args = process.argv.slice(2);
  const at = args.indexOf("--out");
  const out = path.resolve(at < 0 ? "out" : args.splice(at, 2)[1]);
  const [base, ...rest] = args;
  if (!base) {
    console.error(`usage: node ${name}.mjs BASE_URL ${more} [--out DIR]`);
    process.exit(2);
  }
  fs.mkdirSync(out, { recursive: true });
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  return new Test(browser, base.replace(/\/$/, ""), rest, out);
}

class Test {
  faults = [];

  constructor(browser, base, args, out) {
    Object.assign(this, { browser, base, args, out });
  }

  /** Prints what holds and counts what does not. */
  check(holds, what) {
    console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
    if (!holds) this.faults.push(what);
    return holds;
  }

  fault(what) {
    this.check(false, what);
  }

  /** A context, with Playwright's options, that waits as long as tests do. */
  async context(options) {
    const context = await this.browser.newContext(options);
    context.setDefaultTimeout(PATIENCE);
    return context;
  }

  /** A page in a context of its own. `size` is one of SIZES; `path` is opened at once; `allow` says which answers with
   *  an error are expected; the other options are Playwright's, as in `{ colorScheme: "dark", reducedMotion: "reduce" }`. */
  async open(size, { path: target, allow = () => false, ...options } = {}) {
    const context = await this.context({ viewport: SIZES[size], hasTouch: size === "narrow", ...options });
    const page = await context.newPage();
    await page.addInitScript(observe);
    const { host } = new URL(this.base);
    page.on("pageerror", (error) => this.fault(`${page.url()}: threw ${error.message}`));
    page.on("console", (message) => {
      if (/Content.Security.Policy/i.test(message.text())) this.fault(`${page.url()}: ${message.text()}`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.host !== host) this.fault(`${page.url()}: asks ${url.host}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400 && !allow(response)) this.fault(`${response.status()} ${response.url()}`);
    });
    if (target !== undefined) await page.goto(this.base + target, { waitUntil: "load" });
    return page;
  }

  /** Reports every violation that axe finds. `options` are those of `axe.run`. */
  async axe(page, what, options = {}) {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate((options) => axe.run(document, options), options);
    this.check(violations.length === 0, `${what}: axe finds nothing`);
    for (const { id, help, nodes } of violations) {
      for (const { html, failureSummary } of nodes.slice(0, 4)) {
        console.log(`       ${id}: ${help}\n         ${html.slice(0, 200)}\n         ${failureSummary.replaceAll("\n", " ")}`);
      }
    }
  }

  /** Reports a page that is wider than its window. */
  async fits(page, what) {
    const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const pixels = await page.evaluate(overflow);
    this.check(pixels <= 0, `${what}: no wider than the window${pixels > 0 ? ` (by ${pixels} px)` : ""}`);
  }

  /** Reports a page that has moved while it loaded. */
  async steady(page, what) {
    const shift = await page.evaluate(() => window.layoutShift);
    this.check(shift <= MOST_SHIFT, `${what}: layout shift ${shift.toFixed(3)}`);
  }

  async screenshot(page, name, options = {}) {
    await page.screenshot({ path: path.join(this.out, `${name}.png`), ...options });
  }

  async finish() {
    await this.browser.close();
    process.exit(this.faults.length ? 1 : 0);
  }
}
