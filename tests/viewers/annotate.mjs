// Annotates a canvas in Mirador with its annotation plugin, on the page of a running Tegl in headless Chromium.
//
//   node annotate.mjs BASE_URL TOKEN MODERATED_TOKEN ENCODED_WORK [--out DIR]
//
// The first canvas of the work must have no annotations by the Web Annotation Protocol; it has none in the end. It fails if
// an annotation is not created, changed or deleted on the server, if one of two changes is lost, and if visitors who do not
// annotate load the plugin.
import { start } from "./browser.mjs";
import { PATIENCE } from "./patience.mjs";

const test = await start("annotate", "TOKEN MODERATED_TOKEN ENCODED_WORK");
const [token, moderated, work] = test.args;
const { base } = test;
const container = `${base}/annotations/${work}/canvas/1/`;
const check = (holds, what) => test.check(holds, what);
const headers = { Authorization: `Bearer ${token}` };

/** The annotations of the canvas, as the server has them. */
async function annotations() {
  const { first } = await (await fetch(container, { headers })).json();
  return first?.items ?? [];
}

/** Waits until the server's annotations are as they should be. */
async function until(holds, what) {
  const end = Date.now() + PATIENCE;
  let found = await annotations();
  while (!holds(found) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    found = await annotations();
  }
  check(holds(found), `${what}${holds(found) ? "" : `: ${JSON.stringify(found)}`}`);
  return found;
}

// Visitors load neither the plugin nor its styles.
const visitor = await test.open("usual");
const loaded = [];
visitor.on("request", (request) => loaded.push(new URL(request.url()).pathname));
await visitor.goto(`${base}/view/mirador/${work}`);
await visitor.waitForSelector(".openseadragon-canvas canvas");
check(loaded.some((path) => path.endsWith("/mirador.min.js")), "visitors get Mirador");
check(!loaded.some((path) => path.includes("annotat") && path.includes("/assets/")), "visitors do not load the plugin");
// The panel of annotations shows tags whose concepts are links.
await visitor.click('button[aria-label="Toggle sidebar"]');
await visitor.click('button[aria-label="Annotations"]');
await visitor.waitForSelector("text=/^Showing [1-9]/");
check((await visitor.locator("text=horse").count()) > 0, "visitors see tags");
await visitor.context().close();

const expected = [401, 412];
const page = await test.open("usual", { allow: (response) => expected.includes(response.status()) });
const requests = [];
page.on("request", (request) => requests.push(new URL(request.url()).pathname));
await page.goto(`${base}/view/mirador/${work}?annotate`);
await page.waitForSelector("#sign-in:not([hidden])");
await test.axe(page, "signed out");
await page.fill("[name=token]", "not a token of this server");
await page.press("[name=token]", "Enter");
await page.waitForSelector("#message:not([hidden])");
check(!requests.some((path) => path.endsWith("/mirador/annotate.js")), "a wrong token loads nothing");
await page.fill("[name=token]", token);
await page.press("[name=token]", "Enter");
await page.waitForSelector(".openseadragon-canvas canvas");
check(await page.isHidden("#sign-in"), "a token opens Mirador");

// A note.
await page.click('button[aria-label="Create annotation"]');
await page.click('text="Note"');
await page.click(".ql-editor");
await page.keyboard.type("A brown mare");
await page.waitForSelector(".konvajs-content canvas");
const picture = await page.locator(".konvajs-content").first().boundingBox();
const at = (share) => [picture.x + picture.width * share, picture.y + picture.height * share];
await page.mouse.move(...at(0.4));
await page.mouse.down();
await page.mouse.move(...at(0.6), { steps: 5 });
await page.mouse.up();
await page.click('button:text-is("Save")');
const [created] = await until((found) => found.length === 1, "an annotation is created");
check(JSON.stringify(created.body).includes("A brown mare"), "with its text");
check(created.target.source.endsWith("/canvas/1"), "on its canvas");
check(/^<svg [^>]*>.*<path /.test(created.target.selector.value), "where it was drawn");
await test.screenshot(page, "annotate-created");

// It is changed.
const item = page.locator('[data-testid="mirador-annotation-list-item"]', { hasText: "A brown mare" });
// The form closes once the annotation is stored.
const form = page.locator(".ql-editor");
await form.waitFor({ state: "detached" });
await item.hover();
await page.click('button[aria-label="Edit"]');
await form.click();
await page.keyboard.press("Control+End");
await page.keyboard.type(" with a foal");
await page.click('button:text-is("Save")');
await until((found) => JSON.stringify(found).includes("A brown mare with a foal"), "it is changed");

// It is deleted.
await item.filter({ hasText: "with a foal" }).waitFor();
await item.hover();
await page.click('button[aria-label="Delete"]');
await until((found) => found.length === 0, "it is deleted");

// The adapter by itself: what another has changed is not overwritten.
const module = await page.evaluate(() => [...document.scripts].map((script) => script.src).find((src) => src.includes("viewers/annotate.js")));
const outcome = await page.evaluate(
  async ({ module, token, canvas }) => {
    const { ProtocolAdapter } = await import(module.replace("annotate.js", "annotation_adapter.js"));
    const adapter = new ProtocolAdapter(canvas, token);
    const text = (value) => ({ body: { type: "TextualBody", value }, target: `${canvas}#xywh=210.4,120,-200,-110` });
    const { id, items } = await adapter.create(text("First"));
    const [one] = items;
    const read = await adapter.get(one.id);
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/ld+json", "If-Match": "*" };
    await fetch(one.id, { method: "PUT", headers, body: JSON.stringify({ type: "Annotation", bodyValue: "Second", target: canvas }) });
    const lost = await adapter.update({ ...one, ...text("Third") }).then(() => 200, (error) => error.status);
    const [now] = (await adapter.all()).items;
    const changed = (await adapter.update({ ...now, ...text("Fourth") })).items[0];
    const left = await adapter.delete(one.id);
    return { id, read, lost, now, changed, left: left.items.length, target: one.target };
  },
  { module, token, canvas: `${base}/presentation/3/${work}/canvas/1` },
);
const text = ({ body }) => [body].flat()[0].value;
check(outcome.id === `${base}/presentation/3/${work}/canvas/1/annotations`, "the page is that of the manifest");
check(text(outcome.read) === "First", "an annotation is read by its URI");
check(outcome.target.endsWith("#xywh=10,10,200,110"), `a rectangle is on the canvas: ${outcome.target}`);
check(outcome.lost === 412 && text(outcome.now) === "Second", "what another has changed is not overwritten");
check(text(outcome.changed) === "Fourth" && outcome.left === 0, "what was read again can be changed and deleted");

// What a moderated token writes waits on the review page.
const canvas = `${base}/presentation/3/${work}/canvas/1`;
const sent = { type: "Annotation", bodyValue: "Seen by a visitor", target: canvas };
const written = await fetch(container, {
  method: "POST",
  headers: { Authorization: `Bearer ${moderated}`, "Content-Type": "application/ld+json" },
  body: JSON.stringify(sent),
});
check(written.status === 201, "a moderated token writes an annotation");
const review = await test.open("usual", { path: "/review" });
await review.fill("[name=token]", token);
await review.press("[name=token]", "Enter");
const waiting = review.locator("#annotations li", { hasText: "Seen by a visitor" });
await waiting.waitFor();
await test.axe(review, "review with annotations");
const total = async () => (await (await fetch(container)).json()).total;
check((await total()) === 0, "it is not published");
await waiting.getByRole("button").first().click();
await review.waitForSelector("#annotations", { state: "hidden" });
check((await total()) === 1, "a curator accepts it");
await fetch(written.headers.get("Location"), { method: "DELETE", headers });
await test.finish();
