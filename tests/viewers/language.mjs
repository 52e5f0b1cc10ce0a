// Looks for words that an added language leaves untranslated, in headless Chromium, also among those that scripts say.
//
//   node language.mjs BASE_URL [--out DIR]
//
// The language is `xx`, whose labels are all in brackets (⟦ and ⟧), and data begin with ¤, as in tests/site.rs.
import { start } from "./browser.mjs";

const test = await start("language");

// Proper names, formats and units, which are the same in all languages.
const SAME = /^(IIIF|Image|Presentation|API|Deep|Zoom|Tegl|Mirador|JPEG|PNG|TIFF|ZIP|BibTeX|RIS|CSL|JSON|kB|MB|cm|px|in|CC|BY|NC|SA|Dansk|English|xx|seer|model|https?|xywh|full|max|default|jpg|iiif|tif|works|canvas|creativecommons|org|licenses|NONE|png|comparison)$/;

/** The words in view and in names of controls that are neither in brackets nor data. */
const words = (page) =>
  page.evaluate((same) => {
    const isSame = new RegExp(same);
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const { parentElement: parent } = node;
      if (!parent.closest("script, style, template, noscript, [lang=en]")) texts.push(node.data);
    }
    for (const element of document.querySelectorAll("[aria-label], [title], [alt], [placeholder]")) {
      for (const name of ["aria-label", "title", "alt", "placeholder"]) texts.push(element.getAttribute(name) ?? "");
    }
    const left = (text) => text.replace(/https?:\/\/\S+/g, " ").replace(/⟦[^⟧]*⟧/g, " ").split(/[^\p{L}\p{N}¤]+/u);
    const isWord = (word) => /^\p{L}{2,}$/u.test(word) && !isSame.test(word);
    return [...new Set(texts.flatMap((text) => left(text).filter(isWord).map((word) => `${word} (${text.trim().slice(0, 120)})`)))];
  }, SAME.source);

async function look(page, what) {
  const found = await words(page);
  test.check(found.length === 0, `${what}: no word is untranslated: ${found.slice(0, 12).join("; ")}`);
}

const open = (path, options = {}) => test.open("usual", { path, ...options });

// Searching: further results, suggestions, the years, and a picture of the visitor.
{
  const page = await open("/?lang=xx");
  await look(page, "search");
  await page.locator("nav.pages.later a").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.getElementById("status").textContent !== "");
  test.check(/^⟦63 .* 63 /.test(await page.textContent("#status")), `search: ${await page.textContent("#status")}`);
  await page.fill("form.years [name=from]", "1720");
  await page.locator("form.years [name=from]").dispatchEvent("change");
  await look(page, "search, further results");
  await page.locator(".by-picture summary").click();
  const png = await page.evaluate(() => Object.assign(document.createElement("canvas"), { width: 64, height: 48 }).toDataURL().split(",")[1]);
  await page.setInputFiles(".by-picture [type=file]", { name: "x.png", mimeType: "image/png", buffer: Buffer.from(png, "base64") });
  await page.waitForSelector(".like, #send-picture .message");
  await look(page, "search by picture");
  await test.screenshot(page, "language-search");
  await page.context().close();
}

// A work: captures, tags, citation, messages.
{
  const page = await open("/works/N1?lang=xx");
  await page.waitForSelector(".zoom[data-drawn]", { state: "attached" });
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  await page.click("[data-tool=next]");
  await page.waitForSelector(".fader:not([hidden])");
  await look(page, "work");
  await page.click("[data-tool=zoom-in]");
  await page.waitForFunction(() => location.search.includes("xywh="));
  await page.waitForFunction(() => document.getElementById("citation-text").textContent.includes("xywh="));
  await page.click("[data-share=copy]");
  await page.waitForFunction(() => document.getElementById("message").textContent);
  await look(page, "work, a part of it");
  await test.screenshot(page, "language-work", { fullPage: true });
  await page.context().close();
}

// Comparing: empty, two works, points, rulers, a detail, every mode; and a work that is not there.
{
  const ready = (page) => page.waitForFunction(() => !document.querySelector("#compare").hasAttribute("aria-busy") && !document.querySelector("#app").hidden);
  const page = await open("/compare?lang=xx");
  await ready(page);
  await look(page, "compare, empty");
  await page.goto(`${test.base}/compare?works=N1,N3&lang=xx#c=1&w=0.0.0&w=1.0.0&p=1:0.2,0.2,0.2,0.2;0.8,0.2,0.8,0.3;0.5,0.5,0.5,0.6`);
  await page.reload();
  await ready(page);
  await page.waitForSelector(".view canvas");
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  await page.click('[data-action="add-ruler"]');
  await page.click('[data-action="detail-from-view"]');
  for (const key of ["2", "3", "4", "5", "1", "l"]) {
    await page.keyboard.press("Escape");
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press(key);
    await look(page, `compare, key ${key}`);
  }
  await page.click('[data-action="points"]');
  await look(page, "compare, points");
  await test.screenshot(page, "language-compare", { fullPage: true });
  await page.context().close();
  const unknown = await open("/compare?works=N1,NONE&lang=xx", { allow: (response) => response.status() === 404 });
  await ready(unknown);
  await look(unknown, "compare, an unknown work");
  await unknown.context().close();
}

await test.finish();
