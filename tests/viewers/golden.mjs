// Pictures of pages that are kept and compared: scaled down, with a palette of 255 colors, cell by cell.
//
// A cell is 24 pixels of the page on each side. Its color is the mean of its pixels, which letters that are drawn a little
// differently hardly change; a block that is missing, has moved or has another color changes many cells by much.
import zlib from "node:zlib";
import { onPixels } from "./pixels.mjs";

/** The side of a cell in pixels of the page. */
export const CELL = 24;
/** Cells that differ by more, of 255, are counted. */
const SLIGHT = 16;
/** Differences that no drawing of letters makes. */
const STRONG = 32;
/** How many cells may differ: a share of all that differ slightly, and a number of those that differ strongly. */
const MOST = { slight: 0.02, strong: 2 };

/** How many pixels of the page are one of its golden picture, so that this is at most 480 pixels wide. */
export const stepOf = (width) => Math.ceil(width / 480);

/** A screenshot as a golden picture: a PNG file. */
export const goldenOf = async (browser, screenshot, step) => png(await scaled(browser, screenshot, step));

/** A screenshot scaled down: { width, height, rgb }; each pixel is the mean of `step` × `step`. */
async function scaled(browser, screenshot, step) {
  const { width, height, text } = await onPixels(browser, [screenshot], (page, step) => {
    const [width, height] = [Math.floor(page.width / step), Math.floor(page.height / step)];
    const sums = new Uint32Array(width * height * 3);
    for (let y = 0; y < height * step; y += 1) {
      for (let x = 0; x < width * step; x += 1) {
        const [from, to] = [4 * (y * page.width + x), 3 * (Math.floor(y / step) * width + Math.floor(x / step))];
        sums[to] += page.data[from];
        sums[to + 1] += page.data[from + 1];
        sums[to + 2] += page.data[from + 2];
      }
    }
    const bytes = Uint8Array.from(sums, (sum) => Math.round(sum / (step * step)));
    let text = "";
    for (let at = 0; at < bytes.length; at += 30000) text += String.fromCharCode(...bytes.subarray(at, at + 30000));
    return { width, height, text: btoa(text) };
  }, step);
  return { width, height, rgb: Buffer.from(text, "base64") };
}

/** How a screenshot differs from a golden picture; `null` if its size does. */
export async function compared(browser, golden, screenshot, step) {
  const [one, other] = [readPng(golden), await scaled(browser, screenshot, step)];
  if (one.width !== other.width || one.height !== other.height) return null;
  const side = CELL / step;
  const columns = Math.ceil(one.width / side);
  const differences = Array.from({ length: columns * Math.ceil(one.height / side) }, (_, cell) => {
    const [left, top] = [(cell % columns) * side, Math.floor(cell / columns) * side];
    const [right, bottom] = [Math.min(left + side, one.width), Math.min(top + side, one.height)];
    const sums = [0, 0, 0];
    for (let y = top; y < bottom; y += 1) {
      for (let at = 3 * (y * one.width + left); at < 3 * (y * one.width + right); at += 1) sums[at % 3] += one.rgb[at] - other.rgb[at];
    }
    return Math.max(...sums.map(Math.abs)) / ((right - left) * (bottom - top));
  });
  const over = (limit) => differences.filter((difference) => difference > limit).length;
  const largest = Math.max(...differences);
  const worst = differences.indexOf(largest);
  const at = [(worst % columns) * CELL, Math.floor(worst / columns) * CELL];
  return { cells: differences.length, slight: over(SLIGHT), strong: over(STRONG), largest: Math.round(largest), at };
}

export const isAlike = (found) => Boolean(found) && found.slight <= MOST.slight * found.cells && found.strong <= MOST.strong;

/** What was found, for people. */
export function described(found) {
  if (!found) return "has another size";
  const { cells, slight, strong, largest, at } = found;
  return `${slight} of ${cells} cells differ, ${strong} strongly; most at ${at}, by ${largest} of 255`;
}

/** A PNG file with a palette and without filters: the most frequent colors, and for all others the nearest of them. */
function png({ width, height, rgb }) {
  const bins = new Map();
  const binOf = (at) => (rgb[at] >> 3 << 10) | (rgb[at + 1] >> 3 << 5) | rgb[at + 2] >> 3;
  for (let at = 0; at < rgb.length; at += 3) {
    const bin = bins.get(binOf(at)) ?? { count: 0, sums: [0, 0, 0] };
    bin.count += 1;
    bin.sums = bin.sums.map((sum, channel) => sum + rgb[at + channel]);
    bins.set(binOf(at), bin);
  }
  const all = [...bins].map(([key, { count, sums }]) => ({ key, count, color: sums.map((sum) => Math.round(sum / count)) }));
  all.sort((a, b) => b.count - a.count || a.key - b.key);
  const palette = all.slice(0, 255).map(({ color }) => color);
  const distance = (a, b) => a.reduce((sum, value, channel) => sum + (value - b[channel]) ** 2, 0);
  const nearest = new Map(all.map(({ key, color }) => {
    const distances = palette.map((known) => distance(known, color));
    return [key, distances.indexOf(Math.min(...distances))];
  }));
  const rows = Buffer.alloc((width + 1) * height);
  for (let at = 0; at < width * height; at += 1) rows[at + Math.floor(at / width) + 1] = nearest.get(binOf(3 * at));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const chunks = [["IHDR", header], ["PLTE", Buffer.from(palette.flat())], ["IDAT", zlib.deflateSync(rows, { level: 9 })], ["IEND", Buffer.alloc(0)]];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...chunks.map(chunk)]);
}

/** Reads a file that `png` has written: { width, height, rgb }. */
function readPng(file) {
  const chunks = new Map();
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    chunks.set(file.toString("latin1", at + 4, at + 8), file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  }
  const [header, palette, rows] = [chunks.get("IHDR"), chunks.get("PLTE"), zlib.inflateSync(chunks.get("IDAT"))];
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const rgb = Buffer.alloc(3 * width * height);
  for (let at = 0; at < width * height; at += 1) {
    const color = 3 * rows[at + Math.floor(at / width) + 1];
    palette.copy(rgb, 3 * at, color, color + 3);
  }
  return { width, height, rgb };
}

function chunk([name, data]) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}
