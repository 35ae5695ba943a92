import type { Dataset, Targets } from './dataset';
import type { DivideTask } from './divide';

type Strata = Pick<DivideTask, 'labels' | 'classes' | 'kinds'>;

/** Numbers are put into so many bins, each of which has as many samples; fewer where there are few samples. */
const mostBins = 10;
const leastInBin = 10;

/** All samples alike. */
export function oneStratum(count: number): Strata {
  return { labels: new Int32Array(count), classes: 1 };
}

/**
 * The classes whose mix every split is to have, or what stands for them: each of several labels, bins of
 * numbers, the classes that occur in a mask. Images have nothing of the kind.
 */
export function strataOf({
  labels,
  targets,
  facts,
}: Pick<Dataset, 'labels' | 'targets' | 'facts'>): Strata {
  const { target = 'class', classNames } = facts;
  const count = labels.length;
  if (target === 'class') {
    return classNames.length > 1 ? { labels, classes: classNames.length } : oneStratum(count);
  }
  if (targets === undefined || target === 'image') return oneStratum(count);
  if (target === 'numbers') return strataOfKinds(binsOf(targets, count));
  return strataOfKinds(setsOf(targets, count, classNames.length));
}

/** A sample that is of no kind is of one more: that nothing is seen is shared out, too. */
function strataOfKinds(found: readonly (readonly number[])[]): Strata {
  const none = 1 + found.reduce((most, kinds) => Math.max(most, ...kinds), -1);
  const kinds = found.map((of) => (of.length === 0 ? [none] : of));
  return { labels: new Int32Array(found.length), classes: none + 1, kinds };
}

/** The labels that each sample has, or the classes of its mask. */
function setsOf(targets: Targets, count: number, classes: number): number[][] {
  return Array.from({ length: count }, (_, sample) => {
    const values = valuesOf(targets, sample);
    const all = Array.from({ length: classes }, (__, k) => k);
    return targets.kind === 'mask'
      ? [...new Set(values)].sort((a, b) => a - b)
      : all.filter((k) => values[k]! > 0);
  });
}

/** For each number of a target the bin that it falls into; equal numbers share one. */
function binsOf(targets: Targets, count: number): number[][] {
  const bins = Math.max(1, Math.min(mostBins, Math.floor(count / leastInBin)));
  const all = Array.from({ length: count }, (_, sample) => valuesOf(targets, sample));
  const kinds = all.map((): number[] => []);
  for (let at = 0; at < targets.size; at++) {
    const order = [...all.keys()].sort((a, b) => all[a]![at]! - all[b]![at]!);
    let bin = 0;
    for (const [rank, sample] of order.entries()) {
      const isNew = rank === 0 || all[sample]![at] !== all[order[rank - 1]!]![at];
      if (isNew) bin = Math.floor((rank * bins) / count);
      kinds[sample]!.push(at * bins + bin);
    }
  }
  return kinds;
}

function valuesOf(targets: Targets, sample: number): Float32Array | Int32Array {
  const indices = Uint32Array.of(sample);
  if (targets.kind === 'mask') {
    const labels = new Int32Array(targets.size);
    targets.read(indices, labels);
    return labels;
  }
  const values = new Float32Array(targets.size);
  targets.read(indices, values);
  return values;
}
