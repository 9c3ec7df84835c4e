// Builds styles, scripts and fonts into dist under names that change with their content, with a manifest of logical
// names for the server and compressed forms beside each file. With --tests it builds the unit tests instead.
import { build } from "esbuild";
import { existsSync } from "node:fs";
import { readFile, readdir, rm, writeFile, mkdir, copyFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
};

if (process.argv.includes("--tests")) {
  await rm("dist-test", { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: await tests("src"),
    outdir: "dist-test",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    packages: "external",
    loader: { ".json": "json" },
  });
  process.exit(0);
}

async function tests(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await tests(path)));
    else if (entry.name.endsWith(".test.ts")) found.push(path);
  }
  return found;
}

// A bundle is a script and a style sheet of one name; app is on every page, the others where a page asks for them.
const entries = [];
for (const [name, script] of [["app", "src/main.ts"], ["studio", "src/studio/main.ts"], ["admin", "src/admin/main.ts"]]) {
  if (existsSync(script)) entries.push({ in: script, out: name });
  const style = `styles/${name}.css`;
  if (existsSync(style)) entries.push({ in: style, out: name });
}

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
const result = await build({
  ...common,
  entryPoints: entries,
  outdir: "dist",
  minify: true,
  splitting: true,
  metafile: true,
  publicPath: "/assets/",
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "file" },
});

const manifest = {};
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  const name = basename(path);
  if (output.entryPoint) {
    const entry = entries.find((e) => e.in === output.entryPoint);
    if (entry) manifest[entry.out + extname(path)] = name;
  } else if (name.startsWith("archivo-latin-wght")) {
    manifest["archivo.woff2"] = name;
  }
}
// What app.js imports at once is fetched beside it: app-1.js, app-2.js … are preloaded by the pages.
const outputs = result.metafile.outputs;
const atOnce = new Set();
const follow = (path) => {
  for (const { path: to, kind } of outputs[path]?.imports ?? []) {
    if (kind !== "import-statement" || atOnce.has(to)) continue;
    atOnce.add(to);
    follow(to);
  }
};
follow(`dist/${manifest["app.js"]}`);
[...atOnce].forEach((path, i) => (manifest[`app-${i + 1}.js`] = basename(path)));

const icon = await readFile("icon.svg");
const iconName = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
await copyFile("icon.svg", join("dist", iconName));
manifest["icon.svg"] = iconName;
await writeFile("dist/manifest.json", JSON.stringify(manifest, null, 1));
await writeFile("dist/.keep", "");

const sizes = {};
for (const name of await readdir("dist")) {
  if (!/\.(js|css|svg)$/.test(name)) continue;
  const raw = await readFile(join("dist", name));
  const gz = gzipSync(raw, { level: 9 });
  await writeFile(join("dist", name + ".gz"), gz);
  await writeFile(join("dist", name + ".br"), brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  sizes[name] = gz.length;
}

// What a page may weigh, in bytes, compressed with gzip.
const budgets = { "app.css": 25_000, "app.js": 90_000 };
let failed = false;
for (const [logical, limit] of Object.entries(budgets)) {
  let size = sizes[manifest[logical]];
  if (logical === "app.js") for (const path of atOnce) size += sizes[basename(path)];
  console.log(`${logical} ${size} of ${limit} bytes gzipped`);
  if (size > limit) failed = true;
}
for (const [name, size] of Object.entries(sizes)) if (name.startsWith("chunk-") && !atOnce.has(`dist/${name}`)) console.log(`${name} ${size} bytes gzipped, loaded when needed`);
if (failed) {
  console.error("over budget");
  process.exit(1);
}
