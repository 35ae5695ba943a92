// Builds every bundle of the product into dist/, with one metafile a bundle for the guard test.
//   node esbuild.js [--watch]
const esbuild = require('esbuild');
const fs = require('node:fs');
const path = require('node:path');
const { copyAssets } = require('./scripts/assets.js');

const watch = process.argv.includes('--watch');
const root = __dirname;
const dist = path.join(root, 'dist');

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  keepNames: false,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // jsonc-parser and the language-server packages ship an ESM build; the default 'main' one is UMD
  // and cannot be bundled.
  mainFields: ['module', 'main'],
};
/** @type {import('esbuild').BuildOptions} */
const node = { ...shared, platform: 'node', target: 'node20', format: 'cjs' };
/** @type {import('esbuild').BuildOptions} */
const browser = {
  ...shared,
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.css': 'css' },
};

/** Every bundle: its entry and its options. A folder below webviews/ with a main.tsx is a page. */
function bundles() {
  const entries = [
    ['extension', 'extension/main.ts', { ...node, external: ['vscode'] }],
    // Loaded when the first experiment file is opened: the library is larger than the rest of the host.
    ['languageClient', 'extension/language/client.ts', { ...node, external: ['vscode'] }],
    ['language', 'server/language/main.ts', node],
    ['training', 'server/training/main.ts', node],
    ['cli', 'server/cli/main.ts', { ...node, banner: { js: '#!/usr/bin/env node' } }],
  ];
  for (const page of fs.readdirSync(path.join(root, 'webviews'))) {
    const entry = `webviews/${page}/main.tsx`;
    if (fs.existsSync(path.join(root, entry))) entries.push([`webviews/${page}`, entry, browser]);
  }
  return entries.filter(([, entry]) => fs.existsSync(path.join(root, entry)));
}

async function main() {
  fs.mkdirSync(path.join(dist, 'meta'), { recursive: true });
  copyAssets(root, dist);
  const contexts = await Promise.all(
    bundles().map(([name, entry, options]) =>
      esbuild.context({
        ...options,
        entryPoints: [entry],
        outfile: path.join(dist, `${name}.js`),
        plugins: [writeMetafile(name)],
      }),
    ),
  );
  if (watch) {
    await Promise.all(contexts.map((ctx) => ctx.watch()));
    return;
  }
  await Promise.all(contexts.map((ctx) => ctx.rebuild()));
  await Promise.all(contexts.map((ctx) => ctx.dispose()));
}

/** Keeps the metafile of a bundle as dist/meta/<bundle>.json. */
function writeMetafile(name) {
  return {
    name: 'metafile',
    setup(build) {
      build.onEnd((result) => {
        if (!result.metafile) return;
        const file = path.join(dist, 'meta', `${name.replace('/', '-')}.json`);
        fs.writeFileSync(file, JSON.stringify(result.metafile));
      });
    },
  };
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
