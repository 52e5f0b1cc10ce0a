// Writes the licences of all crates whose code may be in the server, and of the C libraries that they bring, each text
// once. Those of the pages are in the server: /assets/mirador/THIRD-PARTY-LICENSES.txt.   node .ci/third-party.mjs PLATFORM TO
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const [, , platform, to] = process.argv;
const options = ["metadata", "--format-version", "1", "--locked", "--filter-platform", platform];
const { packages, resolve } = JSON.parse(execFileSync("cargo", options, { maxBuffer: 1 << 28 }));

// Without what is only needed to build or to test.
const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
const used = new Set([resolve.root]);
for (const id of used) {
  for (const { pkg, dep_kinds } of nodes.get(id).deps) if (dep_kinds.some(({ kind }) => kind === null)) used.add(pkg);
}
used.delete(resolve.root);

const DEPTH = 3; // As in `crate/vendor/library/LICENSE`.
const IS_LICENCE = /^(licen[cs]e|copying|notice|copyright|patents|unlicense)([-._].*)?$/i;
const IS_CODE = /\.(rs|c|h|py|go|js|json|html)$/i;
function licences(folder, depth = 1) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return depth < DEPTH || IS_LICENCE.test(entry.name) ? licences(file, depth + 1) : [];
    const within = IS_LICENCE.test(path.basename(folder)) || /^licen[cs]es$/i.test(path.basename(folder));
    return entry.isFile() && (within || IS_LICENCE.test(entry.name)) && !IS_CODE.test(entry.name) ? [file] : [];
  });
}

const texts = new Map();
const without = [];
for (const { id, name, version, license, manifest_path } of packages) {
  if (!used.has(id)) continue;
  const title = `${name} ${version} (${license})`;
  const files = licences(path.dirname(manifest_path));
  if (files.length === 0) without.push(title);
  for (const file of files) {
    const text = fs.readFileSync(file, "utf8").replaceAll("\r\n", "\n").trim();
    texts.set(text, (texts.get(text) ?? new Set()).add(title));
  }
}

const byTitles = [...texts].map(([text, titles]) => [[...titles].sort().join("\n"), text]).sort();
const sections = byTitles.map(([titles, text]) => `${titles}\n\n${text}`);
if (without.length > 0) sections.push(`Published without a text of their licences:\n${without.sort().join("\n")}`);
fs.writeFileSync(to, `${sections.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
