import assert from 'node:assert/strict';
import { openDataset } from '../../../server/training/data/dataset';
import { splitDataset, type Splits, type SplitValue } from '../../../server/training/data/split';

const thirds: SplitValue = {
  train: 0.7,
  validation: 0.15,
  test: 0.15,
  by: 'fraction',
  stratify: true,
  keepGroups: true,
  order: 'random',
  fold: 1,
};

/** Samples of the classes a, b, c …, mixed, without any pixels. */
function samplesOf(...classCounts: number[]) {
  const labels = classCounts.flatMap((count, label) => Array<number>(count).fill(label));
  // Interleaved by a fixed stride that is prime to the number of samples.
  const stride = [7, 11, 13, 17].find((prime) => labels.length % prime !== 0)!;
  const mixed = labels.map((_, i) => labels[(i * stride) % labels.length]!);
  const classNames = classCounts.map((_, label) => String.fromCharCode(97 + label));
  return {
    labels: Int32Array.from(mixed),
    facts: { shape: [1], classNames, count: labels.length, classCounts },
  };
}

function sizes({ train, validation, test }: Splits): number[] {
  return [train.length, validation.length, test.length];
}

describe('the split of the samples', () => {
  it('gives every sample to one split, and keeps each sorted', () => {
    for (const stratify of [true, false]) {
      const splits = splitDataset(samplesOf(40, 33, 20), { ...thirds, stratify }, 3);
      const all = [...splits.train, ...splits.validation, ...splits.test];
      assert.deepEqual(
        [...all].sort((a, b) => a - b),
        Array.from({ length: 93 }, (_, sample) => sample),
      );
      for (const part of [splits.train, splits.validation, splits.test]) {
        assert.deepEqual(part, part.slice().sort());
      }
    }
  });

  const counted: readonly (readonly [counts: number[], split: number[], sizes: number[]])[] = [
    [
      [100, 100],
      [0.7, 0.15, 0.15],
      [140, 30, 30],
    ],
    [
      [50, 50],
      [0.5, 0.25, 0.25],
      [50, 25, 25],
    ],
    // 0.15 · 10 is 1.5: what one class gives to validation, the next gives to test.
    [
      [10, 10, 10, 10],
      [0.7, 0.15, 0.15],
      [28, 6, 6],
    ],
    [
      [3, 3],
      [0.7, 0.15, 0.15],
      [2, 2, 2],
    ],
    [
      [3, 300],
      [0.8, 0.1, 0.1],
      [242, 30, 31],
    ],
    [
      [30, 30],
      [0.333333, 0.333333, 0.333333],
      [20, 20, 20],
    ],
  ];
  for (const [counts, [train, validation, test], expected] of counted) {
    it(`divides classes of ${counts.join(', ')} by ${train}, ${validation}, ${test}`, () => {
      const split = { ...thirds, train: train!, validation: validation!, test: test! };
      const found = sizes(splitDataset(samplesOf(...counts), split, 5));
      found.forEach((size, part) => assert.ok(Math.abs(size - expected[part]!) <= 1, `${found}`));
      assert.equal(
        found.reduce((sum, size) => sum + size, 0),
        counts.reduce((sum, count) => sum + count, 0),
      );
    });
  }

  it('keeps the mix of classes, one sample either way', async () => {
    const dataset = await openDataset({ type: 'digits' }, { baseFolder: __dirname, seed: 1 });
    const splits = splitDataset(dataset, thirds, 7);
    assert.deepEqual(sizes(splits), [1258, 270, 269]);
    for (const [name, fraction] of [
      ['train', 0.7],
      ['validation', 0.15],
      ['test', 0.15],
    ] as const) {
      const counts = Array<number>(10).fill(0);
      for (const sample of splits[name]) counts[dataset.labels[sample]!]!++;
      counts.forEach((count, label) => {
        const share = fraction * dataset.facts.classCounts[label]!;
        assert.ok(Math.abs(count - share) < 2, `${name}, class ${label}: ${count} of ${share}`);
      });
    }
  });

  it('depends on the seed, and on nothing else', () => {
    const samples = samplesOf(50, 50);
    assert.deepEqual(splitDataset(samples, thirds, 1), splitDataset(samples, thirds, 1));
    assert.notDeepEqual(splitDataset(samples, thirds, 1), splitDataset(samples, thirds, 2));
  });

  it('is even: over many seeds each sample is as often in the test split', () => {
    const samples = samplesOf(20, 20);
    const seeds = 400;
    const times = Array<number>(40).fill(0);
    for (let seed = 0; seed < seeds; seed++) {
      for (const sample of splitDataset(samples, thirds, seed).test) times[sample]!++;
    }
    // Binomial with p = 0.15: 60 ± 7.1 times; five deviations either way.
    assert.ok(Math.min(...times) > 24 && Math.max(...times) < 96, times.join(' '));
  });

  const refused: readonly (readonly [
    name: string,
    counts: number[],
    split: Partial<typeof thirds>,
    code: string,
    message: RegExp,
  ])[] = [
    [
      'an empty split',
      [10, 10],
      { train: 0.85, test: 0 },
      'data/empty-split',
      /The test split gets no sample: `test` is 0 of 20 samples\. Raise the fraction/,
    ],
    [
      'too few samples for three splits',
      [1, 1],
      {},
      'data/empty-split',
      /The test split gets no sample: `test` is 0\.15 of 2 samples\./,
    ],
    [
      'a class that is too small',
      [50, 2],
      {},
      'data/class-missing',
      /split gets no sample of class "b", which has 2 in all: .* Add samples of it, or take/,
    ],
    [
      'a class that chance leaves out',
      [500, 3],
      { stratify: false },
      'data/class-missing',
      /split gets no sample of class "b", which has 3 in all: .* Set `"stratify"` to true/,
    ],
  ];
  for (const [name, counts, split, code, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => splitDataset(samplesOf(...counts), { ...thirds, ...split }, 1), {
        code,
        message,
      });
    });
  }
});
