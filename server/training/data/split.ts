import type { Experiment } from '#common/experiment/experiment';
import { CodedError } from '#common/protocol/rpc';
import { permutation, streamKey } from '#common/rng';
import type { Dataset } from './dataset';

/** The samples of each split, by their index in the data set, sorted. */
export interface Splits {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

const names = ['train', 'validation', 'test'] as const;
type Fractions = Experiment['data']['split'];

/**
 * Divides the samples by the fractions, in an order that depends on the seed only. Stratified, each
 * class is divided by itself.
 *
 * @throws CodedError when a split stays empty or lacks a class.
 */
export function splitDataset(
  dataset: Pick<Dataset, 'labels' | 'facts'>,
  split: Fractions,
  seed: number,
): Splits {
  const { labels } = dataset;
  checkFractions(split, labels.length);
  const groups = split.stratify
    ? membersOfClasses(labels, dataset.facts.classNames.length)
    : [Array.from(labels, (_, sample) => sample)];
  const parts = names.map((): number[] => []);
  // What one class got too little of in a split, the next one gives more of.
  let carried = names.map(() => 0);
  for (const [index, members] of groups.entries()) {
    const order = permutation(streamKey(seed, 'split', 0, index), members.length);
    const wanted = shares(split, members.length).map((share, part) => share + carried[part]!);
    const counts = wholeCounts(wanted, members.length);
    // Bounded, so that many tiny classes do not empty a split of the next large one.
    carried = wanted.map((share, part) => Math.max(-1, Math.min(1, share - counts[part]!)));
    let from = 0;
    for (const [part, count] of counts.entries()) {
      for (const place of order.subarray(from, from + count)) parts[part]!.push(members[place]!);
      from += count;
    }
  }
  const [train, validation, test] = parts.map((samples) => Uint32Array.from(samples).sort());
  const splits = { train: train!, validation: validation!, test: test! };
  checkClasses(splits, dataset, split);
  return splits;
}

function membersOfClasses(labels: Int32Array, classes: number): readonly number[][] {
  const members = Array.from({ length: classes }, (): number[] => []);
  for (const [sample, label] of labels.entries()) members[label]!.push(sample);
  return members;
}

/** Fractions may add up to 1 only nearly: three thirds are typed as 0.333333. */
function shares(split: Fractions, count: number): readonly number[] {
  const sum = names.reduce((total, name) => total + split[name], 0);
  return names.map((name) => (count * split[name]) / sum);
}

/**
 * Whole counts that add up to `count`: one for each split if there are enough, and every further one
 * to the split that lacks most. For large shares these are the largest remainders.
 */
function wholeCounts(wanted: readonly number[], count: number): readonly number[] {
  const counts = wanted.map(() => (count >= wanted.length ? 1 : 0));
  for (let left = count - counts.length * counts[0]!; left > 0; left--) {
    const lacks = wanted.map((share, part) => share - counts[part]!);
    counts[lacks.indexOf(Math.max(...lacks))]!++;
  }
  return counts;
}

function checkFractions(split: Fractions, count: number): void {
  const empty =
    names.find((name) => split[name] <= 0) ?? (count < names.length ? 'test' : undefined);
  if (empty === undefined) return;
  throw new CodedError(
    'data/empty-split',
    `The ${empty} split gets no sample: \`${empty}\` is ${split[empty]} of ${count} samples. ` +
      'Raise the fraction, or use more samples.',
  );
}

function checkClasses(
  splits: Splits,
  { labels, facts }: Pick<Dataset, 'labels' | 'facts'>,
  split: Fractions,
): void {
  for (const name of names) {
    const counts = facts.classNames.map(() => 0);
    for (const sample of splits[name]) counts[labels[sample]!]!++;
    const missing = counts.indexOf(0);
    if (missing < 0) continue;
    const advice = split.stratify
      ? 'Add samples of it, or take the class out.'
      : 'Set `"stratify"` to true, which keeps the mix of classes, or add samples of it.';
    throw new CodedError(
      'data/class-missing',
      `The ${name} split gets no sample of class "${facts.classNames[missing]}", which has ` +
        `${facts.classCounts[missing]} in all: \`${name}\` is ${split[name]}. ${advice}`,
    );
  }
}
