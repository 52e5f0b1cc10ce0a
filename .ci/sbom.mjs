// Completes the list of parts that cargo-cyclonedx writes: with the npm packages that the pages consist of, and without
// this machine's folders.   node .ci/sbom.mjs FROM TO
import fs from "node:fs";

const [, , from, to] = process.argv;
const bom = JSON.parse(fs.readFileSync(from, "utf8").replaceAll(process.cwd(), "/tegl"));
const lock = JSON.parse(fs.readFileSync("src/web/pages/package-lock.json", "utf8"));

const installed = Object.entries(lock.packages).filter(([place, { dev }]) => place !== "" && !dev);
const nameOf = (place) => place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
const reference = (place) => `npm:${place}`;

// A package is the one in the nearest `node_modules` on the way up, as Node finds it.
function found(place, name) {
  for (let folder = place; ; folder = folder.slice(0, folder.lastIndexOf("node_modules/")).replace(/\/$/, "")) {
    const candidate = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock.packages[candidate] && !lock.packages[candidate].dev) return candidate;
    if (folder === "") return undefined;
  }
}

function dependsOn(place) {
  const { dependencies, optionalDependencies, peerDependencies } = lock.packages[place];
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  const places = names.map((name) => found(place, name)).filter((other) => other !== undefined);
  return [...new Set(places.map(reference))].sort();
}

function component([place, { version, license, integrity, resolved }]) {
  const [, algorithm, digest] = /^(sha512|sha1)-(\S+)$/.exec(integrity ?? "") ?? [];
  const content = digest && Buffer.from(digest, "base64").toString("hex");
  return {
    type: "library",
    "bom-ref": reference(place),
    name: nameOf(place),
    version,
    ...(content && { hashes: [{ alg: algorithm === "sha1" ? "SHA-1" : "SHA-512", content }] }),
    ...(license && { licenses: [/ |\(/.test(license) ? { expression: license } : { license: { id: license } }] }),
    purl: `pkg:npm/${nameOf(place).replace("@", "%40")}@${version}`,
    ...(resolved && { externalReferences: [{ type: "distribution", url: resolved }] }),
  };
}

bom.components.push(...installed.map(component));
bom.dependencies.push(...installed.map(([place]) => ({ ref: reference(place), dependsOn: dependsOn(place) })));
const root = bom.dependencies.find(({ ref }) => ref === bom.metadata.component["bom-ref"]);
root.dependsOn = [...(root.dependsOn ?? []), ...dependsOn("")];
fs.writeFileSync(to, `${JSON.stringify(bom, null, 2)}\n`);
