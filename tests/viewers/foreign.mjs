// Opens pages of a running Tegl in headless Chromium and fails on every request to another host.
//
//   node foreign.mjs BASE_URL PATH... [--shows TEXT]
//
// In Mirador all panels of the sidebar are opened. With --shows, the text must be seen on one of the pages.
import { chromium } from "playwright-core";
import { PATIENCE } from "./patience.mjs";

const args = process.argv.slice(2);
const at = args.indexOf("--shows");
const expected = at < 0 ? undefined : args.splice(at, 2)[1];
const [base, ...paths] = args;
if (!base || paths.length === 0) {
  console.error("usage: node foreign.mjs BASE_URL PATH... [--shows TEXT]");
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function look(target) {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, locale: "en" });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults = new Set();
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?|ftp):$/.test(url.protocol) && url.host !== new URL(base).host) faults.add(`asks ${url}`);
  });
  // What the Content-Security-Policy had to stop should not have been there.
  page.on("console", (line) => { if (/Content.Security.Policy/i.test(line.text())) faults.add(line.text().slice(0, 300)); });
  let seen = "";
  const read = async () => { seen += await page.evaluate(() => document.body.innerText); };
  const answer = await page.goto(base + target, { waitUntil: "load" });
  if (answer.status() !== 200) faults.add(`status ${answer.status()}`);
  if (await page.locator("#viewer[data-manifest]").count()) {
    await page.getByRole("button", { name: "Toggle sidebar" }).click();
    await page.getByRole("tab").first().waitFor();
    for (const tab of await page.getByRole("tab").all()) {
      // Tooltips lie over the tabs that a pointer would meet.
      await tab.dispatchEvent("click");
      await page.waitForTimeout(500);
      await read();
    }
  }
  await page.waitForLoadState("networkidle");
  await read();
  await context.close();
  console.log(`${faults.size ? "FAIL" : "ok  "} ${target}`);
  for (const fault of [...faults].slice(0, 10)) console.log(`       ${fault}`);
  return { faults: faults.size, seen };
}

let failed = 0, seen = "";
for (const target of paths) {
  const found = await look(target).catch((error) => { console.log(`FAIL ${target}: ${error.message}`); return { faults: 1, seen: "" }; });
  failed += found.faults;
  seen += found.seen;
}
if (expected && !seen.includes(expected)) { failed += 1; console.log(`FAIL ${expected} is seen nowhere`); }
await browser.close();
process.exit(failed ? 1 : 0);
