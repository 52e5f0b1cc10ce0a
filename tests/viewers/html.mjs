// Validates pages of a running Tegl by html-validate, as a visitor with each language gets them.
//
//   node html.mjs BASE_URL PATHS
//
// PATHS is a file with a path per line, after the status that is expected.
import fs from "node:fs";
import { HtmlValidate } from "html-validate";

const [base, list] = process.argv.slice(2);
if (!list) {
  console.error("usage: node html.mjs BASE_URL PATHS");
  process.exit(2);
}

const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    // Lists are named, so that people who do not see them know what they list.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
    // A parameter that is given several times is a list, as in the API.
    "form-dup-name": "off",
    // Works are called what museums call them.
    "long-title": "off",
  },
});

const faults = [];
const broken = await validator.validateString('<!doctype html><html lang="en"><head><title>x</title></head><body><ul><p>x</p></ul></body></html>');
if (broken.valid) faults.push("a page that is not valid is taken for one");
const check = (holds, what) => holds || faults.push(what);
const seen = new Map();

for (const line of fs.readFileSync(list, "utf8").trim().split("\n")) {
  const [, status, path] = /^(\d+) (.*)$/.exec(line);
  for (const language of ["en", "da"]) {
    const response = await fetch(base + path, { headers: { Accept: "text/html", "Accept-Language": language }, redirect: "manual" });
    const text = await response.text();
    const what = `${language} ${path}`;
    check(response.status === Number(status), `${what}: status ${response.status}, not ${status}`);
    check(text.includes(`<html lang="${language}"`), `${what}: is in another language, or no page`);
    const { results } = await validator.validateString(text, what);
    for (const { ruleId, message, line, column, selector } of results.flatMap(({ messages }) => messages)) {
      const known = seen.get(`${ruleId}: ${message}`) ?? [];
      seen.set(`${ruleId}: ${message}`, [...known, `${what} ${line}:${column} ${selector ?? ""}`]);
    }
  }
}

// A fault of the frame is on every page: the first places are enough.
for (const [fault, places] of seen) faults.push(`${fault}\n    ${places.slice(0, 3).join("\n    ")}${places.length > 3 ? `\n    and ${places.length - 3} more` : ""}`);
for (const fault of faults) console.log(`FAIL ${fault}`);
if (!faults.length) console.log("ok   all pages are valid");
process.exit(faults.length ? 1 : 0);
