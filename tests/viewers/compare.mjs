// Compares works on the page of a running Tegl in headless Chromium: by pointer, by keyboard, by touch, without script.
//
//   node compare.mjs BASE_URL [FLOW,FLOW…] [--out DIR]
//
// The collection is that of tests/compare.rs: `A,1` shows 900 × 600 pixels of 90 × 60 cm and has an infrared capture, `B`
// the part of `A,1` from 300, 200 on, `C` has a long title that is written from right to left, `D` has no picture.
import { test } from "./compare_page.mjs";
import * as foreign from "./compare_foreign.mjs";
import * as views from "./compare_views.mjs";
import * as works from "./compare_works.mjs";

const flows = Object.values({ ...views, ...works, ...foreign });
const only = test.args[0]?.split(",");
for (const flow of flows.filter(({ name }) => !only || only.includes(name))) {
  console.log(`# ${flow.name}`);
  await flow().catch((error) => test.fault(`${flow.name}: ${error.message.slice(0, 400)}`));
}
await test.finish();
