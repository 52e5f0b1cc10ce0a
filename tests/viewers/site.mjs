// Looks at a museum's own home page, in all windows, light and dark, and in a language that only the museum has.
//
//   node site.mjs BASE_URL [--out DIR]
import { SIZES, start } from "./browser.mjs";

const test = await start("site");
for (const size of Object.keys(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    for (const path of ["/", "/?lang=de", "/works/KMS1"]) {
      const what = `${path}, ${size}, ${colorScheme}`;
      const page = await test.open(size, { path, colorScheme });
      await test.axe(page, what);
      await test.fits(page, what);
      test.check(await page.locator("nav.menu a").first().isVisible(), `${what}: the menu is shown`);
      const logo = await page.locator("img.logo").evaluate((image) => image.complete && image.naturalWidth > 0);
      test.check(logo, `${what}: the logo is shown`);
      await test.screenshot(page, `site-${path.replaceAll(/\W+/g, "-")}-${size}-${colorScheme}`);
      await page.context().close();
    }
  }
}
await test.finish();
