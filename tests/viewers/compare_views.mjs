// Flows of the page for comparing: how views move, lie on each other, are aligned, measured and changed.
import { ALIGNED, BOTH, SIZES, address, brightnessOf, centre, hash, message, open, rest, section, settled, test } from "./compare_page.mjs";
import { settled as still } from "./visitor.mjs";

export async function lockedFreeAndFromHere() {
  const page = await open("usual", BOTH);
  test.check((await page.locator(".view").count()) === 2, "two views");
  test.check((await page.locator("#views li").count()) === 2, "two works are listed");
  const drag = async (at, dx) => {
    const [x, y] = await centre(page, at);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + dx, y, { steps: 4 });
    await page.mouse.up();
    await rest(page);
  };
  const places = () => hash(page).getAll("w").map((text) => Number(text.split(",")[1]));
  await drag(0, -90);
  test.check(await address(page, (hash) => hash.getAll("w").every((text) => Number(text.split(",")[1]) > 0.55)), "locked views move together");
  const before = places();
  await page.selectOption("#lock", "free");
  await drag(1, 60);
  test.check(await address(page, (hash) => Number(hash.getAll("w")[1].split(",")[1]) < before[1] - 0.05), "a free view moves");
  test.check(Math.abs(places()[0] - before[0]) < 1e-5, "and the other one stays");
  const apart = places()[1] - places()[0];
  await page.selectOption("#lock", "here");
  await drag(0, 40);
  test.check(Math.abs(places()[1] - places()[0] - apart) < 1e-5 && places()[0] < before[0], `locked from here, they keep their distance: ${apart} ${places()}, ${before}`);
  await page.close();
}

/** Half of the second view's picture, around its middle, in the window. */
const middleOfSecond = (page) => page.evaluate(() => {
  const stage = document.querySelector("#stage").getBoundingClientRect();
  return { x: stage.x + stage.width * 0.55, y: stage.y + stage.height * 0.45, width: stage.width * 0.3, height: stage.height * 0.15 };
});

export async function alignAndFade() {
  const page = await open("usual", BOTH);
  await section(page, "Align by points");
  await page.click('[data-action="points"]');
  test.check((await message(page)).startsWith("Set the point in the first view"), "the first point is asked for");
  // Places that both show: in fractions of their widths.
  const pairs = [[[0.5, 0.4], [0.25, 0.2667]], [[0.9, 0.45], [0.85, 0.3417]], [[0.6, 0.6], [0.4, 0.5667]]];
  for (const pair of pairs) {
    for (const side of [0, 1]) {
      const { x, y, width, height } = await page.locator(".stage .view").nth(side).boundingBox();
      // The whole picture is as wide as the view, with a margin of 1 %.
      const scale = width / 1.02;
      const [px, py] = pair[side];
      await page.mouse.click(x + width / 2 + (px - 0.5) * scale, y + height / 2 + (py - 1 / 3) * scale);
    }
  }
  const aligned = await page.textContent("#aligned");
  test.check(/^Aligned with shear \(3\); mean deviation: \d(\.\d)? pixels$/.test(aligned), `three pairs align: ${aligned}`);
  await page.click('[data-action="points"]');
  const first = page.locator(".mark.point").first();
  await first.focus();
  const before = hash(page).get("p");
  await page.keyboard.press("Shift+ArrowRight");
  test.check(await address(page, (hash) => hash.get("p") !== before), "an arrow key moves a point");
  test.check(await first.evaluate((one) => one === document.activeElement), "which stays focused");
  await page.keyboard.press("Shift+ArrowLeft");
  await test.axe(page, "points");
  await page.click("label:has([value=difference])");
  await settled(page);
  const dark = await brightnessOf(page, await page.screenshot({ clip: await middleOfSecond(page) }));
  test.check(dark < 4, `aligned pictures differ by little: ${dark.toFixed(1)} of 255`);
  await test.screenshot(page, "compare-difference");
  await page.click("label:has([value=overlay])");
  await page.locator("#opacity").fill("0.25");
  test.check(await address(page, (hash) => hash.get("o") === "0.25" && hash.get("m") === "overlay"), "opacity is in the address");
  test.check((await page.locator(".view.over .layer").evaluate((layer) => layer.style.opacity)) === "0.25", "the upper view fades");
  await test.axe(page, "overlay");
  const [there, options] = [page.url(), { viewport: SIZES.usual }];
  const colleague = await open("usual", there.slice(test.base.length), options);
  test.check(await colleague.isChecked("[value=overlay]") && (await colleague.inputValue("#opacity")) === "0.25", "a colleague sees the same mode");
  test.check((await colleague.textContent("#aligned")) === aligned.replace(/mean.*/, (await page.textContent("#aligned")).match(/mean.*/)[0]), "and the same alignment");
  test.check(colleague.url() === there, "under the same address");
  const shots = await Promise.all([page, colleague].map((one) => one.locator("#stage").screenshot()));
  const difference = await brightnessOf(page, ...shots);
  test.check(difference < 0.5, `and the same picture: ${difference.toFixed(2)} of 255`);
  await colleague.close();
  await page.close();
}

export async function resizedWindow() {
  for (const [path, at] of [["/compare?works=B", 0], [BOTH, 0], [BOTH, 1]]) {
    const page = await open("usual", path);
    const [x, y] = await centre(page, at);
    await page.mouse.move(x + 30, y + 20);
    await page.mouse.wheel(0, -300);
    await rest(page);
    const there = page.url();
    const viewport = { width: 1000, height: 680 };
    await page.setViewportSize(viewport);
    await rest(page);
    test.check(page.url() === there && hash(page).get("w").split(",").length > 2, `${path}, view ${at + 1} zoomed: another size of the window moves nothing`);
    const other = await open("usual", there.slice(test.base.length), { viewport });
    const shots = [];
    for (const one of [page, other]) {
      await still(one);
      shots.push(await one.locator("#stage").screenshot());
    }
    const difference = await brightnessOf(page, ...shots);
    test.check(difference < 0.5, `and shows what the address shows: ${difference.toFixed(2)} of 255`);
    await other.close();
    await page.close();
  }
}

export async function modesByKeys() {
  const page = await open("wide", ALIGNED);
  await page.keyboard.press("2");
  test.check((await page.getAttribute("#stage", "data-mode")) === "grid", "a digit outside the views does nothing");
  const focusView = () => page.locator(".view canvas").first().evaluate((one) => one.closest("[tabindex]").focus());
  await focusView();
  for (const [key, mode] of [["2", "overlay"], ["3", "curtain"], ["4", "blink"], ["5", "difference"], ["1", "grid"]]) {
    await page.keyboard.press(key);
    test.check((await page.getAttribute("#stage", "data-mode")) === mode, `${key} shows ${mode}`);
  }
  await page.keyboard.press("3");
  await page.locator("#curtain").fill("0.3");
  test.check((await page.locator(".over .layer").evaluate((layer) => layer.style.clipPath)).includes("30%"), "the curtain is drawn");
  const box = await page.locator(".divider").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + 300, box.y + 200, { steps: 3 });
  await page.mouse.up();
  test.check(Number(await page.inputValue("#curtain")) > 0.4, "and follows the pointer");
  await test.screenshot(page, "compare-curtain");
  await focusView();
  await page.keyboard.press("l");
  test.check((await page.inputValue("#lock")) === "free" && (await message(page)).includes("Free"), "L frees, and says so");
  await page.keyboard.press("1");
  const before = page.url();
  await page.keyboard.press("ArrowRight");
  test.check(await address(page, (hash, url) => url.href !== before), "arrow keys move a view");
  await page.close();
}

export async function blinkAndMotion() {
  const still = await open("usual", `${BOTH}#c=1&m=blink&b=0.5&w=0.0.0&w=1.0.0`, { reducedMotion: "reduce" });
  test.check((await still.getAttribute("#pause", "aria-pressed")) === "true", "blinking is paused where motion is reduced");
  await still.close();
  const page = await open("usual", `${BOTH}#c=1&m=blink&b=0.5&w=0.0.0&w=1.0.0`);
  const away = (at) => page.waitForFunction((at) => document.querySelectorAll(".view")[at].classList.contains("away"), at);
  await away(0);
  await away(1);
  test.check(true, "views take turns");
  await page.click("#pause");
  test.check((await page.getAttribute("#pause", "aria-pressed")) === "true", "and pause");
  await page.close();
}

export async function measure() {
  const page = await open("usual", BOTH);
  await section(page, "Scale and ruler");
  test.check((await page.textContent("#scale-from")).startsWith("60 cm ±"), "the scale is that of the record");
  test.check((await page.locator(".scale-bar").first().textContent()).endsWith(" cm"), "there is a scale bar");
  await page.click('[data-action="add-ruler"]');
  const text = () => page.textContent("#rulers li");
  const [, length, error] = /: ([\d.]+) ± ([\d.]+) cm/.exec(await text()) ?? [];
  // From 30 to 70 % of a view that shows 1.02 widths of 60 cm.
  test.check(Math.abs(length - 0.4 * 1.02 * 60) <= Number(error), `a ruler measures ${await text()}`);
  const before = await text();
  test.check(await page.locator(".mark.end").first().evaluate((one) => one === document.activeElement), "its end is focused");
  await page.keyboard.press("Shift+ArrowRight");
  test.check((await text()) !== before, "arrow keys change it");
  await page.selectOption("#unit", "in");
  test.check(/± [\d.]+ in/.test(await text()), "also in inches");
  await test.axe(page, "rulers");
  await page.check("#real");
  const widths = () => hash(page).getAll("w").map((one) => Number(one.split(",")[3]));
  test.check(await address(page, (hash) => hash.get("r") === "1"), "real scale is in the address");
  const bars = await page.locator(".scale-bar").evaluateAll((bars) => bars.map((bar) => [bar.textContent, bar.style.width]));
  test.check(bars[0].join() === bars[1].join(), `the same scale in both: ${bars}`);
  await page.fill("#width", "30");
  await page.locator("#width").blur();
  test.check(await address(page, (hash) => hash.getAll("w")[1].endsWith(",30")), `a stated width is in the address ${widths()}`);
  await page.close();
}

export async function pictures() {
  const page = await open("usual", BOTH);
  await section(page, "Picture");
  await page.check("#grey");
  await page.locator("#contrast").fill("1.5");
  const filter = () => page.locator(".view .layer").nth(1).evaluate((layer) => layer.style.filter);
  test.check((await filter()).includes("grayscale") && (await filter()).includes("contrast(1.5)"), "grey and contrast");
  await page.selectOption("#channel", "g");
  test.check((await filter()).includes("channel-g"), "one channel");
  await page.click('[data-action="turn-right"]');
  await page.check("#mirror");
  test.check(await address(page, (hash) => /,90,myg,1\.5$/.test(hash.getAll("w")[1])), `all in the address: ${hash(page).getAll("w")}`);
  await page.check("#lines");
  await test.screenshot(page, "compare-picture");
  await page.click('[data-action="reset"]');
  test.check((await filter()) === "", "and reset");
  await page.locator("#views select").first().selectOption("0.1");
  await settled(page);
  test.check(await address(page, (hash) => hash.getAll("w")[0].startsWith("0.0.1")), "another capture");
  await page.close();
}

export async function capturesOverEachOther() {
  const page = await open("usual", "/compare?works=A%2C1#c=1&m=overlay&o=0&w=0.0.0&w=0.0.1");
  test.check((await page.textContent(".view.over figcaption")).includes("Infrared"), "infrared lies over visible light");
  const shot = () => page.locator("#stage").screenshot({ mask: [page.locator("figcaption"), page.locator(".scale-bar")] });
  const visible = await shot();
  await page.locator("#opacity").fill("1");
  const infrared = await shot();
  test.check((await brightnessOf(page, visible, infrared)) > 1, "and is faded in");
  await page.close();
}

export async function touch() {
  const page = await open("narrow", BOTH);
  await page.locator("summary", { hasText: "Align by points" }).tap();
  await page.locator('[data-action="points"]').tap();
  for (const at of [0, 1]) {
    await page.locator(".view").nth(at).scrollIntoViewIfNeeded();
    const [x, y] = await centre(page, at);
    await page.touchscreen.tap(x, y);
  }
  test.check(await address(page, (hash) => hash.get("p")?.split(",").length === 4), `points are set by touch: ${hash(page).get("p")}`);
  await page.close();
}

export async function byKeyboardOnly() {
  const page = await open("usual", BOTH);
  const tabTo = async (selector) => {
    for (let n = 0; n < 80; n++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return true;
    }
    return false;
  };
  const summary = async (text) => {
    for (let n = 0; n < 80; n++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((text) => document.activeElement.localName === "summary" && document.activeElement.textContent === text, text)) return page.keyboard.press("Enter");
    }
  };
  await summary("Align by points");
  test.check(await tabTo('[data-action="point-at-centre"]'), "points can be set by keyboard");
  for (let n = 0; n < 4; n++) await page.keyboard.press("Enter");
  const marks = await page.locator(".mark.point").count();
  test.check(marks === 4, `four points, two in each view: ${marks}`);
  await page.locator(".mark.point").nth(1).focus();
  for (let n = 0; n < 3; n++) await page.keyboard.press("Shift+ArrowRight");
  await page.locator(".mark.point").nth(3).focus();
  for (let n = 0; n < 3; n++) await page.keyboard.press("Shift+ArrowRight");
  test.check((await page.textContent("#aligned")).startsWith("Aligned by size"), "and moved until they align");
  await page.close();
}
