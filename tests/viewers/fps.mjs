// Frames per second while four locked views of a running Tegl are panned and zoomed in headless Chromium.
//
//   node fps.mjs BASE_URL PATH_WITH_QUERY [WIDTH HEIGHT]
//
// Counts the page's animation frames during two seconds of dragging and two of turning the wheel, after the tiles have
// loaded, and prints the mean, the slowest twentieth, and the processor time of all of Chromium's processes per frame, which
// depends less on what else the machine does. Software rendering: no graphics card is used. Linux only.
import fs from "node:fs";
import { chromium } from "playwright-core";

const [base, target, width = 1366, height = 768] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: Number(width), height: Number(height) } });
const failed = [];
page.on("response", (response) => response.status() >= 400 && failed.push(response.url()));
await page.goto(base + target, { waitUntil: "networkidle" });
const box = await page.locator(".stage .view").first().boundingBox();
const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];

let began = 0;
const count = () => ((began = processorTime()), page.evaluate(() => {
  window.frames_ = [];
  const tick = (now) => (window.frames_.push(now), (window.ticking_ = requestAnimationFrame(tick)));
  requestAnimationFrame(tick);
}));
const counted = (what) => page.evaluate(([what, ms]) => {
  cancelAnimationFrame(window.ticking_);
  const steps = window.frames_.slice(1).map((now, at) => now - window.frames_[at]).sort((a, b) => a - b);
  const mean = (1000 * steps.length) / steps.reduce((sum, step) => sum + step, 0);
  return `${what}: ${mean.toFixed(1)} frames/s, 95 % within ${steps[Math.floor(0.95 * steps.length)].toFixed(1)} ms, ${(ms / steps.length).toFixed(1)} CPU ms each`;
}, [what, processorTime() - began]);

/** Milliseconds of processor time of this process's descendants. */
function processorTime() {
  const stats = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const [, ...rest] = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
      const fields = rest.join(") ").split(" ");
      return [{ pid: Number(pid), parent: Number(fields[1]), ms: 10 * (Number(fields[11]) + Number(fields[12])) }];
    } catch {
      return [];
    }
  });
  const below = (parent) => stats.filter((one) => one.parent === parent).reduce((sum, one) => sum + one.ms + below(one.pid), 0);
  return below(process.pid);
}

for (const round of [1, 2]) {
  await page.mouse.move(x, y);
  await page.mouse.down();
  await count();
  const end = Date.now() + 2000;
  for (let n = 0; Date.now() < end; n++) {
    await page.mouse.move(x + 80 * Math.sin(n / 12), y + 50 * Math.cos(n / 12));
    await page.waitForTimeout(12);
  }
  console.log(await counted(`round ${round}, pan`));
  await page.mouse.up();
  await count();
  const until = Date.now() + 2000;
  for (let n = 0; Date.now() < until; n++) {
    await page.mouse.wheel(0, Math.floor(n / 10) % 2 ? 60 : -60);
    await page.waitForTimeout(50);
  }
  console.log(await counted(`round ${round}, zoom`));
}
console.log(`failed requests: ${failed.length}`);
await browser.close();
