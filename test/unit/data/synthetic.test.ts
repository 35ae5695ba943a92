import assert from 'node:assert/strict';
import type { DataSourceValueOf } from '#common/catalogue/data';
import { openDataset, type Dataset } from '../../../server/training/data/dataset';

type Synthetic = DataSourceValueOf<'synthetic'>;

const source: Synthetic = {
  type: 'synthetic',
  shape: [16, 16, 2],
  classes: 4,
  count: 42,
  noise: 0.05,
};
const open = (value: Synthetic, seed = 1) => openDataset(value, { baseFolder: __dirname, seed });

describe('synthetic gratings', () => {
  it('are spread evenly over the classes', async () => {
    const { facts, labels } = await open(source);
    assert.deepEqual(facts.classCounts, [11, 11, 10, 10]);
    assert.deepEqual(facts.classNames, ['class 0', 'class 1', 'class 2', 'class 3']);
    assert.equal(labels.length, 42);
  });

  it('depend on seed and sample only, not on how many there are', async () => {
    const [a, more, other] = [
      await open(source),
      await open({ ...source, count: 60 }),
      await open(source, 2),
    ];
    assert.deepEqual(imageOf(a, 17), imageOf(more, 17));
    assert.notDeepEqual(imageOf(a, 17), imageOf(other, 17));
    assert.equal((await open(source)).fingerprint, a.fingerprint);
    assert.notEqual(other.fingerprint, a.fingerprint);
    assert.notEqual(more.fingerprint, a.fingerprint);
    assert.deepEqual(more.digests().slice(0, source.count), a.digests());
    assert.equal(new Set([...a.digests(), ...other.digests()]).size, 2 * source.count);
  });

  it('turn by π / classes from class to class', async () => {
    const dataset = await open({ ...source, shape: [32, 32, 1], noise: 0 });
    for (let sample = 0; sample < 8; sample++) {
      const label = dataset.labels[sample]!;
      const found = orientationOf(imageOf(dataset, sample), 32);
      const off = Math.abs(found - (Math.PI * label) / 4) % Math.PI;
      assert.ok(
        Math.min(off, Math.PI - off) < 0.06,
        `sample ${sample} of class ${label}: ${found}`,
      );
    }
  });

  it('have noise of the asked strength, each channel its own, and stay within 0 and 1', async () => {
    const clean = await open({ ...source, noise: 0 });
    const noisy = await open(source);
    const differences: number[] = [];
    for (let sample = 0; sample < source.count; sample++) {
      const image = imageOf(noisy, sample);
      const truth = imageOf(clean, sample);
      image.forEach((value, i) => {
        assert.ok(value >= 0 && value <= 1);
        differences.push(value - truth[i]!);
      });
      assert.equal(truth[0], truth[1]);
      assert.notEqual(image[0], image[1]);
    }
    const variance = differences.reduce((sum, d) => sum + d * d, 0) / differences.length;
    // 21,504 draws: the standard deviation is known to 0.5 %; cutting at 0 and 1 takes little away.
    assert.ok(Math.abs(Math.sqrt(variance) / 0.05 - 1) < 0.03, String(Math.sqrt(variance)));
  });

  it('that do not fit in memory are refused with their size', async () => {
    await assert.rejects(open({ ...source, shape: [1024, 1024, 3], count: 10_000_000 }), {
      code: 'data/too-large',
      message: /10000000 images of 1024 × 1024 × 3 values take 117187\.5 GiB.*fewer or smaller/,
    });
  });

  it('are drawn when they are read, so that a thousand classes of large images open at once', async () => {
    const large: Synthetic = { ...source, shape: [224, 224, 3], classes: 1000, count: 6000 };
    const residentBytes = process.memoryUsage.rss();
    const dataset = await open(large);
    const image = imageOf(dataset, 5999);
    // All of them take 3.4 GiB.
    assert.ok(process.memoryUsage.rss() - residentBytes < 2 ** 28);
    assert.deepEqual(imageOf(dataset, 5999), image);
    assert.notDeepEqual(imageOf(dataset, 4999), image);
    assert.equal(dataset.labels[5999], 999);
  });
});

function imageOf({ facts, read }: Dataset, sample: number): Float32Array {
  const out = new Float32Array(facts.shape.reduce((size, length) => size * length, 1));
  read(Uint32Array.of(sample), out);
  return out;
}

/** The direction of the strongest change, by the structure tensor of central differences. */
function orientationOf(image: Float32Array, side: number): number {
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const i = y * side + x;
      const dx = image[i + 1]! - image[i - 1]!;
      const dy = image[i + side]! - image[i - side]!;
      xx += dx * dx;
      yy += dy * dy;
      xy += dx * dy;
    }
  }
  return (Math.atan2(2 * xy, xx - yy) / 2 + Math.PI) % Math.PI;
}
