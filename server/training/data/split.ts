import type { Experiment } from '#common/experiment/experiment';
import { CodedError } from '#common/protocol/rpc';
import { splits as names, type Split } from '#common/run/series';
import type { Dataset } from './dataset';
import { byGroups, byTime, inMixedOrder, type Part } from './divide';
import { iteratively } from './iterative';
import { oneStratum, strataOf } from './strata';

/** The samples of each split, by their index in the data set, sorted. */
export interface Splits {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

export type SplitValue = Experiment['data']['split'];

/** What of the data decides where a sample goes. */
export type Divisible = Pick<
  Dataset,
  'labels' | 'targets' | 'facts' | 'groups' | 'times' | 'assigned' | 'sampleWeights'
>;

/**
 * Divides the samples as the experiment says, in an order that depends on the seed only.
 *
 * @throws CodedError when a split stays empty, has no weight, or lacks a class that it could have.
 */
export function splitDataset(dataset: Divisible, split: SplitValue, seed: number): Splits {
  const places = placesOf(dataset, split, seed);
  const samplesOf = (name: Split) => {
    const samples: number[] = [];
    for (const [sample, place] of places.entries()) if (place === name) samples.push(sample);
    return Uint32Array.from(samples);
  };
  const splits = {
    train: samplesOf('train'),
    validation: samplesOf('validation'),
    test: samplesOf('test'),
  };
  checkSizes(splits, split, dataset.labels.length);
  checkWeights(splits, dataset);
  checkClasses(splits, dataset, split);
  return splits;
}

/** The split of each sample; undefined for one that is not used. */
function placesOf(
  dataset: Divisible,
  split: SplitValue,
  seed: number,
): readonly (Split | undefined)[] {
  if (split.by === 'data') return assignedPlaces(dataset);
  const { labels, times, groups } = dataset;
  checkParts(split, labels.length);
  const parts = partsOf(split, labels.length);
  const kept = split.keepGroups ? groups : undefined;
  const strata = split.stratify ? strataOf(dataset) : oneStratum(labels.length);
  const task = { parts, ...strata, seed };
  if (split.order === 'time') return byTime(task, neededTimes(times), kept);
  if (kept !== undefined) return byGroups(task, kept);
  const { kinds } = strata;
  return kinds === undefined ? inMixedOrder(task) : iteratively({ ...task, kinds });
}

function assignedPlaces({ assigned }: Divisible): readonly Split[] {
  if (assigned !== undefined) return assigned;
  throw new CodedError(
    'data/no-assignment',
    'The data do not say which split a sample belongs to: `by` is "data", and their table has no column "split". Add the column, or divide by fractions.',
  );
}

function neededTimes(times: Float64Array | undefined): Float64Array {
  if (times !== undefined) return times;
  throw new CodedError(
    'data/no-times',
    'The data do not say when a sample was taken: `order` is "time", and their table has no column "time". Add the column, or let `order` be "random".',
  );
}

/**
 * The parts that the samples are divided into, with their shares. Fractions may add up to 1 only nearly:
 * three thirds are typed as 0.333333.
 */
function partsOf(split: SplitValue, count: number): readonly Part[] {
  const whole = split.by === 'count' ? count : 1;
  const { folds } = split;
  if (folds !== undefined) {
    const test = split.test / whole;
    const share = (1 - test) / folds;
    const nameOf = (fold: number) => (fold + 1 === split.fold ? 'validation' : 'train');
    const rotating = Array.from({ length: folds }, (_, fold): Part => ({
      name: nameOf(fold),
      share,
    }));
    return [...rotating, { name: 'test', share: test }];
  }
  const sum = names.reduce((total, name) => total + split[name], 0);
  const all = split.by === 'count' ? Math.max(sum, count) : sum;
  const parts = names.map((name): Part => ({ name, share: split[name] / all }));
  return sum < all ? [...parts, { name: undefined, share: 1 - sum / all }] : parts;
}

function checkParts(split: SplitValue, count: number): void {
  const given = split.folds === undefined ? names : (['test'] as const);
  const empty = given.find((name) => split[name] <= 0);
  if (empty !== undefined) throw emptySplit(empty, split, count);
}

function checkSizes(splits: Splits, split: SplitValue, count: number): void {
  const empty = names.findLast((name) => splits[name].length === 0);
  if (empty !== undefined) throw emptySplit(empty, split, count);
}

function emptySplit(name: Split, split: SplitValue, count: number): CodedError {
  const [what, advice] =
    split.by === 'data'
      ? [`the data put none of their ${count} into it`, 'Put some there.']
      : [
          `\`${name}\` is ${split[name]} of ${count} samples`,
          `Raise the ${split.by}, or use more samples.`,
        ];
  return new CodedError('data/empty-split', `The ${name} split gets no sample: ${what}. ${advice}`);
}

/** A split whose samples all weigh nothing has the loss 0, whatever the network answers. */
function checkWeights(splits: Splits, { sampleWeights }: Divisible): void {
  if (sampleWeights === undefined) return;
  const idle = names.find((name) => splits[name].every((sample) => sampleWeights[sample] === 0));
  if (idle === undefined) return;
  throw new CodedError(
    'data/no-weight',
    `The ${idle} split has nothing that counts: the weight of each of its ${splits[idle].length} samples is 0. Give some of them a weight above 0, or divide the samples otherwise.`,
  );
}

/** How many samples of each class a split has. */
export function classCountsIn(
  samples: Uint32Array,
  { labels, facts }: Pick<Dataset, 'labels' | 'facts'>,
): readonly number[] {
  const counts = facts.classNames.map(() => 0);
  for (const sample of samples) counts[labels[sample]!]!++;
  return counts;
}

/**
 * A class that nothing is learned of, or that is missing where chance alone decides, is an error. Where
 * groups, times or the data decide, it may have to be so.
 */
function checkClasses(splits: Splits, dataset: Divisible, split: SplitValue): void {
  if ((dataset.facts.target ?? 'class') !== 'class') return;
  const isFree = isDividedFreely(dataset, split);
  for (const name of isFree ? names : (['train'] as const)) {
    const missing = classCountsIn(splits[name], dataset).indexOf(0);
    if (missing < 0) continue;
    throw new CodedError('data/class-missing', missingClass(name, missing, dataset, split));
  }
}

/** Whether each sample may go into any split. */
export function isDividedFreely({ groups }: Pick<Dataset, 'groups'>, split: SplitValue): boolean {
  const { by, order, keepGroups } = split;
  return by !== 'data' && order === 'random' && (groups === undefined || !keepGroups);
}

/** In three parts: which split lacks which class, why, and what to do. */
export function missingClass(
  name: Split,
  index: number,
  dataset: Divisible,
  split: SplitValue,
): string {
  const { classNames, classCounts } = dataset.facts;
  const head = `The ${name} split gets no sample of class "${classNames[index]}", which has ${classCounts[index]} in all`;
  if (split.by === 'data') return `${head}: the data put none there. Put some of them into it.`;
  if (split.order === 'time') {
    return `${head}: \`order\` is "time". Take samples of it at other times too, or let \`order\` be "random".`;
  }
  if (!isDividedFreely(dataset, split)) {
    return `${head}: they belong to too few groups. Add groups with samples of it.`;
  }
  const advice = split.stratify
    ? 'Add samples of it, or take the class out.'
    : 'Set `"stratify"` to true, which keeps the mix of classes, or add samples of it.';
  return `${head}: \`${name}\` is ${split[name]}. ${advice}`;
}
