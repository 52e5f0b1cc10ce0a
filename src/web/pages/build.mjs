// Builds bundle/, the viewers that the binary embeds:
//
//   npm ci && npm run build
//
// OpenSeadragon and Mirador are copied from their packages, with the licences of everything that Mirador's file
// contains. Mirador with its annotation plugin is a bundle of its own, which only the page for annotating loads: the plugin
// must share Mirador's React. Text files are also stored compressed (.br, .gz); the server sends these files unchanged.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, "node_modules");
const bundle = path.join(here, "bundle");

const COPIES = {
  "openseadragon/openseadragon.min.js": "openseadragon/build/openseadragon/openseadragon.min.js",
  "openseadragon/images": "openseadragon/build/openseadragon/images",
  "openseadragon/LICENSE.txt": "openseadragon/LICENSE.txt",
  "mirador/mirador.min.js": "mirador/dist/mirador.min.js",
  "mirador/LICENSE.txt": "mirador/LICENSE",
};

// The text of every licence file of an installed package.
function licences(folder) {
  const names = fs.readdirSync(folder).filter((name) => /^(licen[sc]e|notice|copying)/i.test(name)).sort();
  return names
    .map((name) => path.join(folder, name))
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => fs.readFileSync(file, "utf8").trim());
}

// One heading and text for each package in the lock file, in its order.
function notices() {
  const { packages } = JSON.parse(fs.readFileSync(path.join(here, "package-lock.json"), "utf8"));
  return Object.entries(packages)
    .filter(([place]) => place && fs.existsSync(path.join(here, place)))
    .map(([place, { version, license }]) => {
      const name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
      return [`${name} ${version} (${license})`, ...licences(path.join(here, place))].join("\n\n");
    })
    .join(`\n\n${"-".repeat(80)}\n\n`);
}

fs.rmSync(bundle, { recursive: true, force: true });
for (const [target, source] of Object.entries(COPIES)) {
  fs.cpSync(path.join(modules, source), path.join(bundle, target), { recursive: true });
}
// Source maps are not bundled; without this comment browsers do not request them.
for (const script of Object.keys(COPIES).filter((name) => name.endsWith(".js"))) {
  const file = path.join(bundle, script);
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n"));
}
const annotate = `import Mirador from "mirador";
import annotationPlugins from "mirador-annotation-editor";
import "mirador-annotation-editor/dist/index.css";
export { Mirador, annotationPlugins };
`;
await build({
  stdin: { contents: annotate, resolveDir: here },
  outfile: path.join(bundle, "mirador/annotate.js"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  loader: { ".svg": "dataurl" },
  define: { "process.env.NODE_ENV": '"production"' },
});
fs.writeFileSync(path.join(bundle, "mirador/THIRD-PARTY-LICENSES.txt"), notices() + "\n");

for (const name of fs.readdirSync(bundle, { recursive: true }).filter((name) => /\.(js|css|txt|svg)$/.test(name))) {
  const file = path.join(bundle, name);
  const text = fs.readFileSync(file);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  const params = { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_LGWIN]: 22, [BROTLI_PARAM_SIZE_HINT]: text.length };
  fs.writeFileSync(`${file}.br`, zlib.brotliCompressSync(text, { params }));
  fs.writeFileSync(`${file}.gz`, zlib.gzipSync(text, { level: 9 }));
}

// Cargo tracks the embedded files, not the folder: a newer source file makes it embed again.
const [source, now] = [path.join(here, "assets.rs"), new Date()];
if (fs.existsSync(source)) fs.utimesSync(source, now, now);
