// Files that the bundles read at run time, copied (or converted) into dist/.
const fs = require('node:fs');
const path = require('node:path');

/** Copies the compiled kernels and the shipped data sets into dist/. */
function copyAssets(root, dist) {
  copyMatching(path.join(root, 'server/training/engine/kernels'), path.join(dist, 'kernels'), /\.wasm$/);
  copyMatching(path.join(root, 'server/training/data/assets'), path.join(dist, 'data'), /./);
}

function copyMatching(from, to, pattern) {
  if (!fs.existsSync(from)) return;
  fs.mkdirSync(to, { recursive: true });
  for (const name of fs.readdirSync(from)) {
    if (pattern.test(name)) fs.copyFileSync(path.join(from, name), path.join(to, name));
  }
}

module.exports = { copyAssets };
