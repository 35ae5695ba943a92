import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { draws, streamKey } from '#common/rng';
import { splits as names } from '#common/run/series';
import type { Dataset } from '../../../server/training/data/dataset';
import { datasetOf } from '../../../server/training/data/pixels';
import { splitDataset, type Splits, type SplitValue } from '../../../server/training/data/split';
import { splitFingerprints, splitNotices } from '../../../server/training/data/splitReport';

const base: SplitValue = {
  train: 0.6,
  validation: 0.2,
  test: 0.2,
  by: 'fraction',
  stratify: true,
  keepGroups: true,
  order: 'random',
  fold: 1,
};

type More = Partial<Pick<Dataset, 'groups' | 'times' | 'assigned' | 'names' | 'sampleWeights'>> & {
  readonly images?: readonly number[];
};

/** Samples of one pixel each, which are all different unless they are given. */
function samplesOf(labels: readonly number[], { images, ...more }: More = {}): Dataset {
  const classes = Math.max(...labels) + 1;
  return datasetOf({
    shape: [1, 1, 1],
    classNames: Array.from({ length: classes }, (_, k) => String.fromCharCode(97 + k)),
    labels: Int32Array.from(labels),
    pixels: { values: Float32Array.from(images ?? labels.map((_, i) => i)), white: 1 },
    ...more,
  });
}

function sizes({ train, validation, test }: Splits): number[] {
  return [train.length, validation.length, test.length];
}

function checkPartition(splits: Splits, count: number): void {
  const all = names.flatMap((name) => [...splits[name]]).sort((a, b) => a - b);
  assert.deepEqual(
    all,
    Array.from({ length: count }, (_, sample) => sample),
  );
}

const alternating = (count: number, classes = 2) =>
  Array.from({ length: count }, (_, i) => i % classes);

describe('dividing by counts', () => {
  it('gives every split its number and leaves the rest out', () => {
    const dataset = samplesOf(alternating(100));
    const split: SplitValue = { ...base, by: 'count', train: 40, validation: 10, test: 20 };
    const splits = splitDataset(dataset, split, 1);
    assert.deepEqual(sizes(splits), [40, 10, 20]);
    assert.equal(new Set(names.flatMap((name) => [...splits[name]])).size, 70);
    for (const name of names) {
      const ofA = splits[name].filter((sample) => dataset.labels[sample] === 0).length;
      assert.equal(ofA, splits[name].length / 2);
    }
  });
});

describe('dividing by groups', () => {
  it('never parts a group, and comes close to shares and mix', () => {
    for (let seed = 0; seed < 30; seed++) {
      const { below } = draws(streamKey(seed, 'synthetic'));
      const groups = Int32Array.from({ length: 400 }, () => below(60));
      const labels = [...groups].map((group) => (below(4) === 0 ? 1 - (group % 2) : group % 2));
      const dataset = samplesOf(labels, { groups });
      const splits = splitDataset(dataset, base, seed);
      checkPartition(splits, 400);
      const splitOf = new Map<number, string>();
      for (const name of names) {
        for (const sample of splits[name]) {
          const known = splitOf.get(groups[sample]!) ?? name;
          assert.equal(known, name, `seed ${seed}: group ${groups[sample]} is in two splits`);
          splitOf.set(groups[sample]!, name);
        }
        const ofClass = [0, 1].map(
          (k) => splits[name].filter((sample) => labels[sample] === k).length,
        );
        ofClass.forEach((count, k) => {
          const wanted = base[name] * labels.filter((label) => label === k).length;
          assert.ok(Math.abs(count - wanted) < 12, `seed ${seed}, ${name}: ${count} of ${wanted}`);
        });
      }
    }
  });

  it('gives every split a group, however large the groups are', () => {
    const groups = Int32Array.from([...Array<number>(90).fill(0), ...Array<number>(9).fill(1), 2]);
    const splits = splitDataset(samplesOf(alternating(100), { groups }), base, 1);
    assert.deepEqual(
      sizes(splits).sort((a, b) => a - b),
      [1, 9, 90],
    );
  });

  it('parts them when that is asked for, and depends on the seed', () => {
    const groups = Int32Array.from(alternating(40, 8));
    const dataset = samplesOf(alternating(40), { groups });
    assert.deepEqual(sizes(splitDataset(dataset, { ...base, keepGroups: false }, 1)), [24, 8, 8]);
    const splits = [1, 2, 3, 4].map((seed) => String(splitDataset(dataset, base, seed).test));
    assert.ok(new Set(splits).size > 1);
    assert.equal(String(splitDataset(dataset, base, 1).test), splits[0]);
  });

  it('is refused with too few groups', () => {
    const groups = Int32Array.from(alternating(40, 2));
    assert.throws(() => splitDataset(samplesOf(alternating(40), { groups }), base, 1), {
      code: 'data/too-few-groups',
      message: /too few groups: 2, and each of 3 parts/,
    });
  });

  it('says which class is missing from a split, without refusing it', () => {
    // Class b is all in one group, and so in one split.
    const groups = Int32Array.from({ length: 100 }, (_, i) => Math.floor(i / 5));
    const labels = Array.from({ length: 100 }, (_, i) => Number(i < 5));
    const found: string[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const dataset = samplesOf(labels, { groups });
      try {
        const splits = splitDataset(dataset, base, seed);
        const notices = splitNotices(dataset, splits, base);
        found.push(...notices.map(({ message }) => message));
      } catch (error) {
        found.push((error as Error).message);
      }
    }
    assert.ok(found.length >= 20);
    const missing =
      /^The (train|validation|test) split gets no sample of class "b", which has 5 in all: they belong to too few groups\. Add groups/;
    for (const message of found) assert.match(message, missing);
  });
});

describe('dividing by time', () => {
  const times = Float64Array.from({ length: 50 }, (_, i) => (i * 17) % 50);

  it('trains on the earliest and tests on the latest', () => {
    const splits = splitDataset(
      samplesOf(alternating(50), { times }),
      { ...base, order: 'time' },
      1,
    );
    assert.deepEqual(sizes(splits), [30, 10, 10]);
    const timesOf = (samples: Uint32Array) => [...samples].map((sample) => times[sample]!);
    assert.ok(Math.max(...timesOf(splits.train)) < Math.min(...timesOf(splits.validation)));
    assert.ok(Math.max(...timesOf(splits.validation)) < Math.min(...timesOf(splits.test)));
  });

  it('keeps groups together by their first sample', () => {
    const groups = Int32Array.from({ length: 50 }, (_, i) => Math.floor(i / 5));
    const dataset = samplesOf(alternating(50), {
      times: Float64Array.from(times, (_, i) => i),
      groups,
    });
    const splits = splitDataset(dataset, { ...base, order: 'time' }, 1);
    assert.deepEqual(sizes(splits), [30, 10, 10]);
    assert.deepEqual(
      [...splits.test],
      Array.from({ length: 10 }, (_, i) => 40 + i),
    );
  });

  it('is refused without times', () => {
    assert.throws(() => splitDataset(samplesOf([0, 1, 0]), { ...base, order: 'time' }, 1), {
      code: 'data/no-times',
    });
  });
});

describe('dividing as the data say', () => {
  const assigned = alternating(12, 3).map((k) => names[k]!);

  it('takes what they say', () => {
    const dataset = samplesOf(alternating(12), { assigned });
    const splits = splitDataset(dataset, { ...base, by: 'data' }, 1);
    assert.deepEqual([...splits.validation], [1, 4, 7, 10]);
    checkPartition(splits, 12);
  });

  it('warns of a class that is missing from validation or test, and refuses one without training', () => {
    const inTest = samplesOf([0, 0, 0, 1, 1, 0], {
      assigned: [...names, 'train', 'validation', 'test'],
    });
    const split: SplitValue = { ...base, by: 'data' };
    const [notice, ...others] = splitNotices(inTest, splitDataset(inTest, split, 1), split);
    assert.equal(notice?.code, 'data/class-missing');
    assert.match(
      notice?.message ?? '',
      /^The test split gets no sample of class "b".*the data put none/,
    );
    assert.deepEqual(others, []);
    const noTrain = samplesOf([0, 0, 1], { assigned: [...names] });
    assert.throws(() => splitDataset(noTrain, split, 1), { code: 'data/class-missing' });
  });

  it('is refused where all samples of a split weigh nothing', () => {
    const dataset = samplesOf(alternating(12), {
      assigned,
      sampleWeights: Float32Array.from(assigned, (name) => Number(name !== 'validation')),
    });
    assert.throws(() => splitDataset(dataset, { ...base, by: 'data' }, 1), {
      code: 'data/no-weight',
      message: /^The validation split has nothing that counts: .* 4 samples is 0\. Give/,
    });
  });

  it('is refused where they say nothing, or leave a split empty', () => {
    const split: SplitValue = { ...base, by: 'data' };
    assert.throws(() => splitDataset(samplesOf([0, 1, 0]), split, 1), {
      code: 'data/no-assignment',
    });
    const dataset = samplesOf([0, 1], { assigned: ['train', 'validation'] });
    assert.throws(() => splitDataset(dataset, split, 1), {
      code: 'data/empty-split',
      message: /The test split gets no sample: the data put none/,
    });
  });
});

describe('cross-validation', () => {
  it('has every sample beside the test split once for validation', () => {
    const dataset = samplesOf(alternating(103, 3));
    const folds = [1, 2, 3, 4, 5].map((fold) =>
      splitDataset(dataset, { ...base, folds: 5, fold, train: 0, validation: 0 }, 7),
    );
    const times = new Map<number, number>();
    for (const splits of folds) {
      checkPartition(splits, 103);
      assert.deepEqual(splits.test, folds[0]!.test);
      assert.ok(Math.abs(splits.validation.length - 16.5) < 2);
      for (const sample of splits.validation) times.set(sample, (times.get(sample) ?? 0) + 1);
    }
    assert.equal(times.size, 103 - folds[0]!.test.length);
    assert.ok([...times.values()].every((count) => count === 1));
  });

  it('keeps groups together', () => {
    const groups = Int32Array.from(alternating(120, 24));
    const dataset = samplesOf(alternating(120), { groups });
    const { train, validation } = splitDataset(dataset, { ...base, folds: 4, fold: 2 }, 3);
    const groupsOf = (samples: Uint32Array) =>
      new Set([...samples].map((sample) => groups[sample]));
    const shared = [...groupsOf(train)].filter((group) => groupsOf(validation).has(group));
    assert.deepEqual(shared, []);
  });
});

describe('what is told of the splits', () => {
  const assigned = ['train', 'train', 'validation', 'test', 'train', 'test'] as const;
  const split: SplitValue = { ...base, by: 'data' };
  const notices = (labels: readonly number[], images: readonly number[], more: More = {}) => {
    const dataset = samplesOf(labels, { images, assigned, ...more });
    return splitNotices(dataset, splitDataset(dataset, split, 1), split).map(
      ({ code, message, key }) => `${key} ${code} ${message}`,
    );
  };

  it('are equal images in two of them', () => {
    const oneClass = [0, 0, 0, 0, 0, 0];
    // Samples 0 and 4 are both for training.
    assert.deepEqual(notices(oneClass, [1, 2, 3, 4, 1, 5]), []);
    const [found] = notices(oneClass, [1, 2, 1, 2, 3, 4], { names: [...'abcdef'] });
    assert.match(
      found!,
      /^split data\/duplicates Equal images lie in different splits: 2 in all, such as a and c \(train and validation\)/,
    );
  });

  it('are equal images with different labels', () => {
    const found = notices([0, 1, 0, 0, 1, 1], [1, 2, 3, 4, 1, 5]);
    assert.match(
      found.at(-1)!,
      /^source data\/contradiction .* 1 in all, such as sample 0 and sample 4/,
    );
  });

  it('are weights of samples, which may have been meant otherwise', () => {
    const sampleWeights = Float32Array.of(1, 0.1, 70.25, 2, 1, 1);
    assert.deepEqual(notices([0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6], { sampleWeights }), [
      'source data/weights The table has weights of samples: its column "weight" goes from 0.1 to 70.25, and the loss of each sample is multiplied by its weight. Give the column another name if it means something else.',
    ]);
  });

  it('are fingerprints that change with the samples of a split only', () => {
    const printsOf = (images: readonly number[]) => {
      const dataset = samplesOf([0, 0, 0, 0, 0, 0], { images, assigned });
      return splitFingerprints(dataset, splitDataset(dataset, split, 1));
    };
    const [first, second] = [printsOf([1, 2, 3, 4, 5, 6]), printsOf([1, 2, 3, 7, 5, 6])];
    assert.equal(first.train, second.train);
    assert.equal(first.validation, second.validation);
    assert.notEqual(first.test, second.test);
    const pixel = createHash('sha256')
      .update(new Uint8Array(Float32Array.of(3).buffer))
      .digest('hex');
    const expected = createHash('sha256').update(`${pixel} 0\n`).digest('hex');
    assert.equal(first.validation, expected);
  });
});
