import { CodedError } from '#common/protocol/rpc';
import { permutation, streamKey } from '#common/rng';
import type { Split } from '#common/run/series';

/** A part of the samples; what has no name is not used. */
export interface Part {
  readonly name: Split | undefined;
  /** Of all samples; the shares of all parts add up to 1. */
  readonly share: number;
}

export interface DivideTask {
  readonly parts: readonly Part[];
  /** Classes whose mix every part keeps; all alike if it does not matter. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** In place of its label, the classes of each sample that may be of several, or of none. */
  readonly kinds?: readonly (readonly number[])[];
  readonly seed: number;
}

/** The name of the part that each sample belongs to. */
export type Places = readonly (Split | undefined)[];

/** Divides each class by itself, in an order that the seed gives. */
export function inMixedOrder({ parts, labels, classes, seed }: DivideTask): Places {
  const places: (Split | undefined)[] = new Array<undefined>(labels.length).fill(undefined);
  // What one class got too little of in a part, the next one gives more of.
  let carried = parts.map(() => 0);
  for (const [index, members] of membersOf(labels, classes).entries()) {
    const order = permutation(streamKey(seed, 'split', 0, index), members.length);
    const wanted = parts.map(({ share }, part) => share * members.length + carried[part]!);
    const counts = wholeCounts(wanted, parts, members.length);
    // Bounded, so that many tiny classes do not empty a part of the next large one.
    carried = wanted.map((share, part) => Math.max(-1, Math.min(1, share - counts[part]!)));
    let from = 0;
    for (const [part, count] of counts.entries()) {
      for (const place of order.subarray(from, from + count)) {
        places[members[place]!] = parts[part]!.name;
      }
      from += count;
    }
  }
  return places;
}

function membersOf(labels: Int32Array, classes: number): readonly number[][] {
  const members = Array.from({ length: classes }, (): number[] => []);
  for (const [sample, label] of labels.entries()) members[label]!.push(sample);
  return members;
}

/**
 * Whole counts that add up to `count`: one for each part if there are enough, and every further one to
 * the part that lacks most. For large shares these are the largest remainders.
 */
export function wholeCounts(
  wanted: readonly number[],
  parts: readonly Part[],
  count: number,
): readonly number[] {
  const least = parts.map(({ name }) => Number(name !== undefined));
  const needed = least.reduce((sum, one) => sum + one, 0);
  const counts = count >= needed ? least : least.map(() => 0);
  for (let left = count >= needed ? count - needed : count; left > 0; left--) {
    const lacks = wanted.map((share, part) => share - counts[part]!);
    counts[lacks.indexOf(Math.max(...lacks))]!++;
  }
  return counts;
}

/** Earlier parts get earlier samples; groups stay together and go by their first sample. */
export function byTime(
  { parts, labels }: DivideTask,
  times: Float64Array,
  groups: Int32Array | undefined,
): Places {
  const units =
    groups === undefined ? [...labels.keys()].map((sample) => [sample]) : unitsOf(groups);
  const timeOf = (unit: readonly number[]) =>
    unit.reduce((first, sample) => Math.min(first, times[sample]!), Infinity);
  const timed = units.map((unit) => ({ unit, time: timeOf(unit) }));
  timed.sort((a, b) => a.time - b.time);
  const places: (Split | undefined)[] = new Array<undefined>(labels.length).fill(undefined);
  let done = 0;
  for (const { unit } of timed) {
    // A unit belongs where its middle lies.
    const middle = (done + unit.length / 2) / labels.length;
    for (const sample of unit) places[sample] = partAt(parts, middle).name;
    done += unit.length;
  }
  return places;
}

function partAt(parts: readonly Part[], place: number): Part {
  let end = 0;
  for (const part of parts) {
    end += part.share;
    // A bound that is a sum of decimal fractions may be off by a hair.
    if (place < end - 1e-12) return part;
  }
  return parts.at(-1)!;
}

/** Samples of one group each, in the order of the groups' numbers. */
function unitsOf(groups: Int32Array): readonly number[][] {
  const units = new Map<number, number[]>();
  for (const [sample, group] of groups.entries()) {
    const members = units.get(group);
    if (members === undefined) units.set(group, [sample]);
    else members.push(sample);
  }
  return [...units.entries()].sort(([a], [b]) => a - b).map(([, members]) => members);
}

/**
 * Gives groups to parts, the largest first and equal ones in an order that the seed gives, each to the
 * part whose mix of classes then comes closest to its share: the smallest rise of Σ (has − share)² / share.
 */
export function byGroups(task: DivideTask, groups: Int32Array): Places {
  const { parts, labels, classes, seed } = task;
  const units = unitsOf(groups);
  const named = parts.filter(({ name }) => name !== undefined);
  if (units.length < named.length) throw tooFewGroups(units.length, named.length);
  const totals = countsOf([...labels.keys()], task);
  const has = parts.map(() => new Float64Array(classes));
  const order = [...permutation(streamKey(seed, 'split'), units.length)];
  order.sort((a, b) => units[b]!.length - units[a]!.length);
  const partOf = new Map<number, number>();
  for (const unit of order) {
    const counts = countsOf(units[unit]!, task);
    const rises = parts.map(({ share }, part) => riseOf(has[part]!, counts, totals, share));
    const best = rises.indexOf(Math.min(...rises));
    partOf.set(unit, best);
    counts.forEach((count, k) => (has[best]![k]! += count));
  }
  fillEmpty(partOf, parts, units);
  const places: (Split | undefined)[] = new Array<undefined>(labels.length).fill(undefined);
  for (const [unit, part] of partOf) {
    for (const sample of units[unit]!) places[sample] = parts[part]!.name;
  }
  return places;
}

function countsOf(
  samples: readonly number[],
  { labels, kinds, classes }: Pick<DivideTask, 'labels' | 'kinds' | 'classes'>,
): Float64Array {
  const counts = new Float64Array(classes);
  for (const sample of samples) {
    for (const kind of kinds?.[sample] ?? [labels[sample]!]) counts[kind]!++;
  }
  return counts;
}

function riseOf(
  has: Float64Array,
  counts: Float64Array,
  totals: Float64Array,
  share: number,
): number {
  let rise = 0;
  for (const [k, count] of counts.entries()) {
    const wanted = share * totals[k]!;
    if (count > 0) rise += (count * (count + 2 * (has[k]! - wanted))) / wanted;
  }
  return rise;
}

/** A part that every group was too large for gets the smallest one of the part that has most. */
function fillEmpty(
  partOf: Map<number, number>,
  parts: readonly Part[],
  units: readonly (readonly number[])[],
): void {
  const unitsIn = (part: number) =>
    [...partOf].flatMap(([unit, at]) => (at === part ? [unit] : []));
  for (const [part, { name }] of parts.entries()) {
    if (name === undefined || unitsIn(part).length > 0) continue;
    const [richest] = parts.map((_, other) => unitsIn(other)).sort((a, b) => b.length - a.length);
    const [smallest] = richest!.sort((a, b) => units[a]!.length - units[b]!.length);
    partOf.set(smallest!, part);
  }
}

function tooFewGroups(count: number, parts: number): CodedError {
  return new CodedError(
    'data/too-few-groups',
    `There are too few groups: ${count}, and each of ${parts} parts needs one. Add groups, use fewer folds, or set \`"keepGroups"\` to false.`,
  );
}
