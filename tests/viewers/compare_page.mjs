// What the tests of the page for comparing share: the page opened and at rest, its address, and comparisons of pictures.
import { SIZES, start } from "./browser.mjs";

export { SIZES };
export const test = await start("compare");
export const BOTH = "/compare?works=A%2C1,B";
export const ALIGNED = `${BOTH}#c=1&w=0.0.0&w=1.0.0&p=1:0.5,0.4,0.25,0.2667;0.8,0.6,0.7,0.5667`;

export const settled = async (page) => {
  await page.waitForFunction(() => !document.querySelector("#compare").hasAttribute("aria-busy") && !document.querySelector("#app").hidden);
  await page.waitForFunction(() => [...document.querySelectorAll(".view")].every((view) => view.classList.contains("failed") || view.querySelector("canvas")));
  await page.waitForLoadState("networkidle");
};
export const open = async (size, path, options = {}) => {
  const page = await test.open(size, { path, ...options });
  await settled(page);
  return page;
};
export const hash = (page) => new URLSearchParams(new URL(page.url()).hash.slice(1));
/** Waits until the address, which follows some time later, is as expected. */
export const address = (page, holds) => page.waitForURL((url) => holds(new URLSearchParams(url.hash.slice(1)), url)).then(() => true, () => false);
/** Waits until nothing moves any more: the address has been the same for a while. */
export const rest = async (page) => {
  await page.evaluate(() => (window.seen = null));
  await page.waitForFunction(() => {
    const now = performance.now();
    if (window.seen?.href !== location.href) window.seen = { href: location.href, now };
    return now - window.seen.now > 800;
  });
};
export const section = (page, name) => page.locator("summary", { hasText: name }).click();
export const centre = async (page, at) => {
  const box = await page.locator(".stage .view").nth(at).boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
};
export const message = (page) => page.textContent("#message");

/** The mean of all values of a picture, or of its differences from another. */
export function brightnessOf(page, ...files) {
  return page.evaluate(async (files) => {
    const pixels = files.map(async (file) => {
      const image = await createImageBitmap(new Blob([Uint8Array.from(atob(file), (one) => one.charCodeAt(0))]));
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height).data;
    });
    const [one, other] = await Promise.all(pixels);
    let sum = 0;
    for (let at = 0; at < one.length; at += 1) if (at % 4 < 3) sum += Math.abs(one[at] - (other?.[at] ?? 0));
    return sum / (one.length * 0.75);
  }, files.map((file) => file.toString("base64")));
}
