// Flows of the page for comparing: what other servers publish, in the forms that viewers have had trouble with.
import { SIZES, address, message, section, settled, test } from "./compare_page.mjs";

const OTHER = "https://other.example";
const CONTEXT2 = "http://iiif.io/api/image/2/context.json";
const SIZE = { width: 900, height: 600 };
const CORS = { "access-control-allow-origin": "*" };
// Playwright would add a header that is missing.
const NO_CORS = { "access-control-allow-origin": "https://nobody.example" };
const level = (number) => `http://iiif.io/api/image/2/level${number}.json`;
const service = (name, more = {}) => ({ "@context": CONTEXT2, "@id": `${OTHER}/${name}`, profile: level(2), ...more });
const version2 = (body, more = {}) => ({
  "@context": "http://iiif.io/api/presentation/2/context.json", "@id": `${OTHER}/m`, "@type": "sc:Manifest", label: "Other",
  sequences: [{ canvases: [{ "@id": `${OTHER}/c`, ...SIZE, images: [{ resource: { "@id": `${OTHER}/full.jpg`, "@type": "dctypes:Image", ...SIZE, ...body } }] }] }],
  ...more,
});
const info = (name, more = {}) => ({ "@context": CONTEXT2, "@id": `${OTHER}/${name}`, ...SIZE, profile: [level(2)], tiles: [{ width: 128, scaleFactors: [1, 2, 4] }], ...more });

// What is served, by path: JSON, or a body with headers. Pictures are those of this server.
const SERVED = {
  "/plain": version2({ service: service("whole") }),
  "/html-label": version2({ service: service("whole") }, { label: "<i>Hours</i> &amp; Psalms" }),
  "/nameless": { ...version2({ service: service("whole") }), label: undefined, "@id": undefined },
  "/level0": version2({ service: service("bare", { profile: level(0) }) }),
  "/level1": version2({ service: service("level1", { profile: level(1) }) }),
  "/no-tile-width": version2({ service: service("tiles") }),
  "/http": version2({ service: service("moved", { "@id": "http://other.example/moved" }) }),
  "/no-cors": version2({ "@id": `${OTHER}/closed.jpg` }),
  "/page": { body: "<!doctype html><title>Log in</title>", contentType: "text/html" },
  "/collection": { "@id": `${OTHER}/collection`, "@type": "sc:Collection" },
  "/closed": { body: JSON.stringify(version2({ service: service("whole") })), contentType: "application/json", headers: NO_CORS },
  "/whole/info.json": info("whole"),
  "/bare/info.json": info("bare", { profile: level(0), tiles: undefined }),
  "/level1/info.json": info("level1", { profile: level(1) }),
  "/tiles/info.json": info("tiles", { tiles: [{ scaleFactors: [1, 2, 4] }] }),
  "/moved/info.json": info("moved", { "@id": "http://other.example/moved" }),
};

async function other(asked = []) {
  const context = await test.context({ viewport: SIZES.usual });
  const page = await context.newPage();
  page.on("pageerror", (error) => test.fault(`threw ${error.message}`));
  page.on("console", (line) => /Content.Security.Policy/i.test(line.text()) && test.fault(line.text()));
  await page.route(`${OTHER}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    asked.push(pathname);
    // Never answered.
    if (pathname === "/slow") return;
    const found = SERVED[pathname];
    if (found) return route.fulfill({ headers: CORS, ...(found.body ? found : { json: found }) });
    if (!/\.jpg$/.test(pathname)) return route.fulfill({ status: 404, headers: CORS });
    const isAllowed = !/^\/bare\//.test(pathname) || pathname === "/bare/full/full/0/default.jpg";
    if (!isAllowed || (/^\/level1\//.test(pathname) && /\/\d+,\d+\/0\//.test(pathname))) return route.fulfill({ status: 501, headers: CORS });
    const parameters = pathname.split("/").slice(2).join("/");
    const at = parameters.includes("/") ? parameters.replace("full/full", "full/max") : "full/max/0/default.jpg";
    const answer = await route.fetch({ url: `${test.base}/iiif/3/a.tif/${at}` });
    if (!answer.ok()) test.fault(`${pathname}: ${answer.status()}`);
    await route.fulfill({ status: answer.status(), contentType: "image/jpeg", headers: /closed/.test(pathname) ? NO_CORS : CORS, body: await answer.body() });
  });
  return page;
}

const drawn = () => {
  const canvas = [...document.querySelectorAll(".view")][1]?.querySelector(".openseadragon-canvas canvas");
  if (!canvas) return false;
  try {
    return canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[3] === 255;
  } catch {
    // A picture that may not be read is one.
    return true;
  }
};

export async function manifestsOfOthers() {
  const asked = [];
  const page = await other(asked);
  for (const [name, caption] of [
    ["plain", "2. Other"], ["html-label", "2. Hours & Psalms"], ["nameless", `2. ${OTHER}/nameless`], ["level0", "2. Other"],
    ["level1", "2. Other"], ["no-tile-width", "2. Other"], ["http", "2. Other"], ["no-cors", "2. Other"],
  ]) {
    await page.goto(`${test.base}/compare?works=B&manifest=${encodeURIComponent(`${OTHER}/${name}`)}`);
    await settled(page);
    const isDrawn = await page.waitForFunction(drawn).then(() => true, () => false);
    const found = await page.locator(".view figcaption").nth(1).textContent();
    test.check(isDrawn && found === caption, `${name}: a picture with the caption «${found}» ${await message(page)}`);
  }
  // The last of them may be seen only.
  await section(page, "Keep and share");
  await page.click('[data-action="export-png"]');
  await page.waitForFunction(() => document.querySelector("#message").textContent.includes("does not allow it to be exported"));
  test.check(true, "a picture that may not be read is not exported");
  for (const [name, reason] of [["page", "not JSON"], ["collection", "a collection"], ["closed", "CORS"], ["missing", "404"]]) {
    await page.goto(`${test.base}/compare?works=B&manifest=${encodeURIComponent(`${OTHER}/${name}`)}`);
    await page.waitForFunction((reason) => document.querySelector("#message").textContent.includes(reason), reason).catch(() => {});
    test.check((await message(page)).includes(reason), `${name}: ${await message(page)}`);
  }
  const gaveUp = page.waitForEvent("requestfailed", (request) => request.url() === `${OTHER}/slow`).then(() => "gave up", () => "");
  await page.goto(`${test.base}/compare?works=B&manifest=${encodeURIComponent(`${OTHER}/slow`)}`);
  const isShown = page.waitForFunction(() => document.querySelector(".view:first-of-type .openseadragon-canvas canvas") && document.querySelectorAll(".view").length === 2);
  const isFirst = (await Promise.race([isShown.then(() => "shown", () => ""), gaveUp])) === "shown";
  test.check(isFirst, `a server that does not answer keeps no other work from being seen: ${await message(page)}`);
  test.check(asked.includes("/slow") && (await message(page)).includes("/slow"), "and is named");
  await page.context().close();
}

export async function contentStates() {
  const page = await test.open("usual");
  const manifest = `${test.base}/presentation/3/A%2C1/manifest`;
  const views = (count) => page.waitForFunction((count) => document.querySelectorAll(".view").length === count, count);
  const canvas = (await (await fetch(manifest)).json()).items[0].id;
  const state = { id: `${canvas}#xywh=90,60,300,200`, type: "Canvas", partOf: [{ id: manifest, type: "Manifest" }] };
  for (const [name, text] of [["a manifest's address", manifest], ["JSON", JSON.stringify(state)]]) {
    await page.goto(`${test.base}/compare?iiif-content=${encodeURIComponent(text)}`);
    await views(1);
    const expected = (hash, url) => url.search === "?works=A%2C1" && (hash.get("d") === "0:90,60,300,200:") === (text !== manifest);
    test.check(await address(page, expected), `${name} as content state: ${page.url()}`);
  }
  await page.goto(`${test.base}/compare?iiif-content=broken`);
  await page.waitForFunction(() => document.querySelector("#message").textContent.includes("does not name a work"));
  test.check(true, "a broken content state is said to be one");
  const drop = (text) => page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.querySelector("#stage").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, text);
  await drop(`${test.base}/works/B?canvas=1`);
  await views(1);
  await drop(JSON.stringify({ type: "Annotation", motivation: "contentState", target: state }));
  await views(2);
  test.check(await address(page, (hash, url) => url.search === "?works=B,A%2C1" && hash.get("d") === "1:90,60,300,200:"), `a work's page and a content state are dropped: ${page.url()}`);
  await page.close();
}
