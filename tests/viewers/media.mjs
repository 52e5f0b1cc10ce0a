// Plays the sound of a work in Chromium: on its page, and in Mirador.
//
//   node media.mjs BASE_URL WORK_PATH MIRADOR_PATH SECONDS [--out DIR]
import { start } from "./browser.mjs";

const test = await start("media", "WORK_PATH MIRADOR_PATH SECONDS");
const [work, mirador, seconds] = test.args;
const LIMIT = 120_000;

/** Waits until the page's first player knows how long its file is, and has played some of it. */
async function plays(page, what) {
  await page.waitForFunction(() => document.querySelector("audio")?.readyState >= HTMLMediaElement.HAVE_METADATA, null, { timeout: LIMIT });
  const duration = await page.evaluate(() => document.querySelector("audio").duration);
  test.check(Math.abs(duration - Number(seconds)) < 0.01, `${what}: ${duration} s long`);
  await page.evaluate(() => document.querySelector("audio").play());
  await page.waitForFunction(() => document.querySelector("audio").currentTime > 0, null, { timeout: LIMIT });
  const error = await page.evaluate(() => document.querySelector("audio").error?.message ?? "");
  test.check(error === "", `${what}: plays ${error}`);
}

for (const [locale, name] of [["en", /^Sound: ./], ["da", /^Lyd: ./]]) {
  const page = await test.open("usual", { path: work, locale });
  const label = await page.getAttribute("audio", "aria-label");
  test.check(name.test(label), `${locale}: the player is called ${label}`);
  test.check(await page.isVisible("audio"), `${locale}: the player is seen`);
  await test.axe(page, `${locale}: a page with a player`);
  if (locale === "en") await plays(page, "the page");
}
const narrow = await test.open("narrow", { path: work });
await test.fits(narrow, "narrow");
// Its middle is reached by a range.
await narrow.evaluate(() => {
  const audio = document.querySelector("audio");
  audio.preload = "auto";
  audio.currentTime = audio.duration / 2;
});
await narrow.waitForFunction(() => !document.querySelector("audio").seeking, null, { timeout: LIMIT });
test.check(true, "the player seeks");

const viewer = await test.open("usual", { path: mirador });
await viewer.waitForSelector("audio", { state: "attached", timeout: LIMIT });
await plays(viewer, "Mirador");
await test.finish();
