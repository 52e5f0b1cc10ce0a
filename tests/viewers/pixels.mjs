// What is seen in screenshots: where a color is, how much pictures differ, how broad strokes are.
//
// `browser` decodes the PNG files, in an empty page.

let scratch;

/** Runs a function of { width, height, data } of each PNG file, and further values, in an empty page. */
export async function onPixels(browser, files, run, ...more) {
  scratch ??= browser.newPage();
  return (await scratch).evaluate(async ([files, source, more]) => {
    const decoded = files.map(async (file) => {
      const image = await createImageBitmap(new Blob([Uint8Array.from(atob(file), (one) => one.charCodeAt(0))]));
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height);
    });
    return (0, eval)(`(${source})`)(...(await Promise.all(decoded)), ...more);
  }, [files.map((file) => file.toString("base64")), run.toString(), more]);
}

/** The mean difference of two pictures of the same size, of 255; infinite if their sizes differ. */
export const difference = (browser, one, other) => onPixels(browser, [one, other], (one, other) => {
  if (one.width !== other.width || one.height !== other.height) return Infinity;
  let sum = 0;
  for (let at = 0; at < one.data.length; at += 1) sum += Math.abs(one.data[at] - other.data[at]);
  return sum / (one.data.length * 0.75);
});

/** How wide strokes along the rows are in pixels, and how much they differ from the mean of their row, of 255. */
export const strokes = (browser, file) => onPixels(browser, [file], ({ width, height, data }) => {
  let [runs, contrast] = [0, 0];
  for (let row = 0; row < height; row += 1) {
    const greens = Array.from({ length: width }, (_, column) => data[4 * (row * width + column) + 1]);
    const mean = greens.reduce((sum, green) => sum + green, 0) / width;
    greens.forEach((green, column) => {
      contrast += Math.abs(green - mean);
      if (column === 0 || green > mean !== greens[column - 1] > mean) runs += 1;
    });
  }
  return { width: (width * height) / runs, contrast: contrast / (width * height) };
});

/** The pixels of a color in a picture: their middle, and the box that they fill; `null` where there are fewer than five.
 *  A color is given by the least and the most of its red, green and blue. */
export const colored = (browser, file, [least, most]) => onPixels(browser, [file], ({ width, data }, least, most) => {
  let [count, x, y, left, right, top, bottom] = [0, 0, 0, Infinity, -1, Infinity, -1];
  for (let at = 0; at < data.length; at += 4) {
    if ([0, 1, 2].some((n) => data[at + n] < least[n] || data[at + n] > most[n])) continue;
    const [column, row] = [(at / 4) % width, Math.floor(at / 4 / width)];
    count += 1;
    x += column;
    y += row;
    [left, right, top, bottom] = [Math.min(left, column), Math.max(right, column), Math.min(top, row), Math.max(bottom, row)];
  }
  if (count < 5) return null;
  return { x: x / count + 0.5, y: y / count + 0.5, left, right: right + 1, top, bottom: bottom + 1 };
}, least, most);
