// Labels with a number, in the forms of languages that have more than two.
import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, fill } from "../../src/web/pages/assets/shared/counted.js";

const POLISH = { one: "{count} dzieło", few: "{count} dzieła", many: "{count} dzieł", other: "{count} dzieła" };
const ARABIC = {
  zero: "لا أعمال", one: "عمل واحد", two: "عملان", few: "{count} أعمال", many: "{count} عملاً", other: "{count} عمل",
};

test("a number has the form of its plural category", () => {
  const forms = (label, language, numbers) => numbers.map((number) => counted(label, number, language));
  assert.deepEqual(forms(POLISH, "pl", [1, 2, 5, 12, 22]), ["1 dzieło", "2 dzieła", "5 dzieł", "12 dzieł", "22 dzieła"]);
  assert.deepEqual(forms(ARABIC, "ar", [0, 1, 2, 3, 11, 100]), ["لا أعمال", "عمل واحد", "عملان", "3 أعمال", "11 عملاً", "100 عمل"]);
  assert.deepEqual(forms({ one: "{count} work", other: "{count} works" }, "en", [1, 2, 1234]), ["1 work", "2 works", "1,234 works"]);
});

test("a number of its own is before its category, and a label may have one form", () => {
  assert.equal(counted({ "=0": "none", other: "{count}" }, 0, "en"), "none");
  assert.equal(counted("Show {count}", 12345, "da"), "Show 12.345");
  assert.equal(fill({ one: "{shown}/{total}!", other: "{shown} of {total}" }, { shown: 1, total: 2 }, "en"), "1 of 2");
  assert.equal(fill("{shown} {other}", { shown: 1 }, "en"), "1 {other}");
});
