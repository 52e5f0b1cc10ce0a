// How a visitor uses a page: with a mouse, or with fingers. Both press, drag and move sliders by their thumbs, and wait
// until pictures stand still.

/** The width of the thumb of a slider, in pixels; near enough to take hold of it. */
const THUMB = 16;
/** How often a visitor tries to bring a slider to a year. */
const TRIES = 12;

class Visitor {
  constructor(size) {
    this.size = size;
  }

  /** Where the thumb of a slider is at `share` of its length. */
  async thumb(range, share) {
    const { x, y, width, height } = await range.boundingBox();
    return [x + THUMB / 2 + share * (width - THUMB), y + height / 2];
  }

  async shareOf(range) {
    return range.evaluate(({ value, min, max }) => (value - min) / (max - min));
  }

  /** Moves a slider to a share of its length. */
  async setRange(range, share) {
    await range.scrollIntoViewIfNeeded();
    await this.drag(await this.thumb(range, await this.shareOf(range)), await this.thumb(range, share));
  }

  /** Drags the first or last year of the period to a year. */
  async setYear(end, year) {
    const range = this.page.locator(`.slider .${end}`);
    await range.scrollIntoViewIfNeeded();
    const target = await range.evaluate(({ min, max }, year) => (year - min) / (max - min), year);
    for (let [at, tries] = [target, 0]; tries < TRIES; tries += 1) {
      await this.drag(await this.thumb(range, await this.shareOf(range)), await this.thumb(range, at));
      const now = await range.evaluate(({ value }) => Number(value));
      if (now === year) return;
      at += (Math.sign(year - now) * 2) / (await range.boundingBox()).width;
    }
    throw new Error(`the slider does not stop at ${year}`);
  }
}

export class Pointer extends Visitor {
  press(locator) {
    return locator.click();
  }

  pressAt(x, y) {
    return this.page.mouse.click(x, y);
  }

  async drag([fromX, fromY], [x, y]) {
    await this.page.mouse.move(fromX, fromY);
    await this.page.mouse.down();
    await this.page.mouse.move(x, y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Makes a picture about four times as large around a point. */
  async zoomAt(x, y) {
    await this.page.mouse.move(x, y);
    for (let turn = 0; turn < 8; turn += 1) await this.page.mouse.wheel(0, -100);
  }
}

export class Touch extends Visitor {
  press(locator) {
    return locator.tap();
  }

  pressAt(x, y) {
    return this.page.touchscreen.tap(x, y);
  }

  async drag(from, to) {
    await this.move([[from, to]]);
  }

  /** Two fingers that move apart. */
  async zoomAt(x, y) {
    await this.move([-1, 1].map((side) => [[x + side * 20, y], [x + side * 80, y]]));
  }

  /** Moves fingers, each from a point to another. Playwright has taps only. */
  async move(fingers) {
    const session = await this.page.context().newCDPSession(this.page);
    const touch = (type, share) => session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: share === undefined ? [] : fingers.map(([[x, y], [toX, toY]], id) => ({ id, x: x + share * (toX - x), y: y + share * (toY - y) })),
    });
    await touch("touchStart", 0);
    for (const share of [0.25, 0.5, 0.75, 1]) await touch("touchMove", share);
    await touch("touchEnd");
    await session.detach();
  }
}

/** Waits until all that a page of zoomable pictures shows has been loaded and stands still. */
export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector("#compare[aria-busy], #app[hidden]"));
  await page.waitForFunction(() => {
    const elements = [...document.querySelectorAll(".view .canvas, .zoom")];
    const viewers = elements.map((element) => window.OpenSeadragon?.getViewer(element));
    const isStill = (viewer) => viewer?.isOpen() && !viewer.isAnimating() && !viewer.world.needsDraw();
    const isLoaded = ({ world }) => Array.from({ length: world.getItemCount() }, (_, at) => world.getItemAt(at)).every((item) => item.getFullyLoaded());
    window.still = viewers.length && viewers.every((viewer) => isStill(viewer) && isLoaded(viewer)) ? (window.still ?? 0) + 1 : 0;
    return window.still > 5;
  });
}
