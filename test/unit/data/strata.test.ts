import assert from 'node:assert/strict';
import { draws, streamKey } from '#common/rng';
import { splits as names } from '#common/run/series';
import type { Dataset } from '../../../server/training/data/dataset';
import { datasetOf } from '../../../server/training/data/pixels';
import { splitDataset, type Splits, type SplitValue } from '../../../server/training/data/split';
import { valueTargets } from '../../../server/training/data/tableImages';

const base: SplitValue = {
  train: 0.7,
  validation: 0.15,
  test: 0.15,
  by: 'fraction',
  stratify: true,
  keepGroups: true,
  order: 'random',
  fold: 1,
};

const pixelsOf = (count: number) => ({
  shape: [1, 1, 1],
  labels: new Int32Array(count),
  pixels: { values: Float32Array.from({ length: count }, (_, i) => i), white: 1 },
});

/** Samples that have each label of a list with its probability. */
function labelled(
  seed: number,
  count: number,
  probabilities: readonly number[],
): { readonly sets: readonly (readonly number[])[]; readonly dataset: Dataset } {
  const { uniform } = draws(streamKey(seed, 'synthetic'));
  const sets = Array.from({ length: count }, () =>
    [...probabilities.keys()].filter((k) => uniform() < probabilities[k]!),
  );
  return { sets, dataset: ofSets(sets, probabilities.length) };
}

function ofSets(
  sets: readonly (readonly number[])[],
  size: number,
  more: Partial<Pick<Dataset, 'groups'>> = {},
): Dataset {
  const values = new Float32Array(sets.length * size);
  for (const [sample, set] of sets.entries()) for (const k of set) values[sample * size + k] = 1;
  const classNames = Array.from({ length: size }, (_, k) => `label ${k}`);
  const targets = valueTargets('labels', values, [size]);
  return datasetOf({ ...pixelsOf(sets.length), classNames, ...targets, ...more });
}

function numbered(rows: readonly (readonly number[])[]): Dataset {
  const targets = valueTargets('numbers', Float32Array.from(rows.flat()), [rows[0]!.length]);
  return datasetOf({ ...pixelsOf(rows.length), classNames: [], ...targets });
}

function sizes({ train, validation, test }: Splits): number[] {
  return [train.length, validation.length, test.length];
}

/** How far each label is from its share in any split, at most, in samples. */
function largestMiss(
  splits: Splits,
  sets: readonly (readonly number[])[],
  size: number,
  split: SplitValue = base,
): number {
  const misses = names.flatMap((name) =>
    Array.from({ length: size }, (_, k) => {
      const all = sets.filter((set) => set.includes(k)).length;
      const found = splits[name].filter((sample) => sets[sample]!.includes(k)).length;
      return Math.abs(found - split[name] * all);
    }),
  );
  return Math.max(...misses);
}

function checkPartition(splits: Splits, count: number): void {
  const all = names.flatMap((name) => [...splits[name]]).sort((a, b) => a - b);
  assert.deepEqual(
    all,
    Array.from({ length: count }, (_, sample) => sample),
  );
}

describe('dividing samples with several labels', () => {
  const probabilities = [0.6, 0.3, 0.1, 0.03];

  it('gives every split its size and every label its share, better than chance does', () => {
    const total = { iterative: 0, byChance: 0 };
    for (let seed = 0; seed < 20; seed++) {
      const { sets, dataset } = labelled(seed, 400, probabilities);
      const splits = splitDataset(dataset, base, seed);
      checkPartition(splits, 400);
      assert.deepEqual(sizes(splits), [280, 60, 60]);
      const miss = largestMiss(splits, sets, 4);
      const chance = largestMiss(
        splitDataset(dataset, { ...base, stratify: false }, seed),
        sets,
        4,
      );
      const rarest = sets.map((set) => set.filter((k) => k === 3));
      assert.ok(largestMiss(splits, rarest, 4) <= 1.5, `seed ${seed}`);
      total.iterative += miss;
      total.byChance += chance;
    }
    assert.ok(total.iterative < 0.5 * total.byChance, JSON.stringify(total));
  });

  it('gives each split one of a label that only three samples have', () => {
    for (let seed = 0; seed < 50; seed++) {
      const sets = Array.from({ length: 60 }, (_, i) => (i % 20 === 7 ? [0, 1] : [0]));
      const splits = splitDataset(
        ofSets(sets, 2),
        { ...base, train: 0.34, validation: 0.33, test: 0.33 },
        seed,
      );
      for (const name of names) {
        const count = splits[name].filter((sample) => sample % 20 === 7).length;
        assert.equal(count, 1, `seed ${seed}, ${name}`);
      }
    }
  });

  it('shares out samples without any label, too', () => {
    const sets = Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? [] : [i % 2]));
    const splits = splitDataset(ofSets(sets, 2), base, 3);
    const without = names.map((name) => splits[name].filter((i) => i % 10 === 0).length);
    assert.deepEqual(without, [14, 3, 3]);
  });

  it('takes exact counts and folds, and depends on the seed alone', () => {
    const { sets, dataset } = labelled(5, 300, probabilities);
    const counts: SplitValue = { ...base, by: 'count', train: 120, validation: 31, test: 49 };
    assert.deepEqual(sizes(splitDataset(dataset, counts, 2)), [120, 31, 49]);
    assert.deepEqual(splitDataset(dataset, base, 2), splitDataset(dataset, base, 2));
    assert.notDeepEqual(splitDataset(dataset, base, 2), splitDataset(dataset, base, 3));
    const seen = new Map<number, number>();
    for (const fold of [1, 2, 3, 4]) {
      const splits = splitDataset(dataset, { ...base, test: 0.2, folds: 4, fold }, 2);
      assert.deepEqual(sizes(splits), [180, 60, 60]);
      for (const sample of splits.validation) seen.set(sample, (seen.get(sample) ?? 0) + 1);
      const shares = { ...base, train: 0.6, validation: 0.2, test: 0.2 };
      assert.ok(largestMiss(splits, sets, 4, shares) <= 3);
    }
    assert.deepEqual([seen.size, Math.max(...seen.values())], [240, 1]);
  });

  it('keeps groups together, and their labels near their shares', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { sets } = labelled(seed, 600, probabilities.slice(0, 3));
      const groups = Int32Array.from(sets, (_, i) => i % 100);
      const splits = splitDataset(ofSets(sets, 3, { groups }), base, seed);
      checkPartition(splits, 600);
      const splitOf = new Map<number, string>();
      for (const name of names) {
        for (const sample of splits[name]) {
          assert.equal(splitOf.get(sample % 100) ?? name, name, `seed ${seed}`);
          splitOf.set(sample % 100, name);
        }
      }
      assert.ok(largestMiss(splits, sets, 3) < 12, `seed ${seed}`);
    }
  });
});

describe('dividing samples with numbers', () => {
  /** Samples of a split in each fifth of the values. */
  const fifths = (samples: Uint32Array, values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    const counts = [0, 0, 0, 0, 0];
    for (const sample of samples) {
      const rank = sorted.indexOf(values[sample]!);
      counts[Math.floor((5 * rank) / values.length)]!++;
    }
    return counts;
  };

  it('has every stretch of the values in every split', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { normal } = draws(streamKey(seed, 'synthetic'));
      // Long-tailed: bins of equal width would be empty at the end.
      const values = Array.from({ length: 200 }, () => Math.fround(Math.exp(2 * normal())));
      const dataset = numbered(values.map((value) => [value]));
      const splits = splitDataset(dataset, base, seed);
      checkPartition(splits, 200);
      assert.deepEqual(sizes(splits), [140, 30, 30]);
      assert.deepEqual(fifths(splits.validation, values), [6, 6, 6, 6, 6], `seed ${seed}`);
      assert.deepEqual(fifths(splits.test, values), [6, 6, 6, 6, 6], `seed ${seed}`);
    }
  });

  it('takes several numbers, equal ones and few samples', () => {
    const { normal } = draws(streamKey(1, 'synthetic'));
    const rows = Array.from({ length: 300 }, () => [Math.fround(normal()), Math.fround(normal())]);
    const splits = splitDataset(numbered(rows), base, 1);
    assert.deepEqual(sizes(splits), [210, 45, 45]);
    for (const at of [0, 1]) {
      const counts = fifths(
        splits.test,
        rows.map((row) => row[at]!),
      );
      assert.ok(
        counts.every((count) => Math.abs(count - 9) <= 2),
        counts.join(' '),
      );
    }
    const equal = Array.from({ length: 40 }, () => [7]);
    assert.deepEqual(sizes(splitDataset(numbered(equal), base, 1)), [28, 6, 6]);
    assert.deepEqual(sizes(splitDataset(numbered(rows.slice(0, 4)), base, 1)), [2, 1, 1]);
  });
});

describe('dividing samples with masks', () => {
  it('shares out the classes that occur in them', () => {
    const classes = Array.from({ length: 100 }, (_, i) => (i % 20 === 0 ? 2 : i % 2));
    const dataset: Dataset = {
      ...datasetOf({ ...pixelsOf(100), classNames: ['background', 'cell', 'rare'] }),
      targets: {
        kind: 'mask',
        size: 2,
        read: (indices, out) =>
          indices.forEach((sample, i) => out.set([0, classes[sample]!], 2 * i)),
      },
    };
    const facts = { ...dataset.facts, target: 'mask' as const, targetShape: [1, 2, 1] };
    const thirds = { ...base, train: 0.6, validation: 0.2, test: 0.2 };
    for (let seed = 0; seed < 20; seed++) {
      const splits = splitDataset({ ...dataset, facts }, thirds, seed);
      const rare = names.map((name) => splits[name].filter((i) => classes[i] === 2).length);
      assert.deepEqual(rare, [3, 1, 1], `seed ${seed}`);
    }
  });
});
