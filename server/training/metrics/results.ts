import type { ClassResults, Interval, SplitResults } from '#common/run/events';
import type { Figures } from '#common/run/record';
import { f1Of, iouOf, precisionOf, recallOf, type ClassCounts } from './confusion';
import { curvesOf } from './curves';
import type { Evidence, Measured } from './evidence';
import { bootstrap, wilson } from './intervals';
import type { Rows } from './kept';
import type { LossCounter } from './lossCounter';
import type { Ranking } from './ranking';

/** What a tally has for its results. */
export interface ResultParts {
  readonly evidence: Evidence;
  readonly counter: LossCounter;
  readonly classNames: readonly string[];
  readonly seed: number;
  readonly measured: Measured;
  /** The single samples, each with the numbers of its loss behind its row; absent if they are not kept. */
  readonly samples: Rows | undefined;
  metricFigures(measured: Measured): Figures;
  rankingsOf(rows: Rows | undefined): readonly Ranking[];
}

type Details = Omit<SplitResults, 'split' | 'count' | 'loss' | 'terms' | 'metrics' | 'task'>;

/** What results have beside loss and metrics: details of classes, intervals and curves. */
export function detailedResults(figures: Figures, parts: ResultParts): Details {
  const { evidence, classNames, measured, samples } = parts;
  const { sums } = measured;
  const intervals = samples === undefined ? undefined : intervalsOf(figures, samples, parts);
  const counts = evidence.countsOf?.(sums);
  const rankings = samples === undefined ? [] : parts.rankingsOf(samples);
  return {
    ...(intervals !== undefined && { intervals: intervals.figures }),
    ...evidence.detailsOf?.(sums),
    ...(counts !== undefined && {
      perClass: counts.map((one, k) => perClass(classNames[k]!, one, intervals?.classes[k], parts)),
    }),
    ...curvesOf(rankings, classNames),
    ...(samples !== undefined && samples.count > 0 && evidence.samplesOf?.(samples)),
  };
}

/** Figures of a class whose intervals come from draws: precision and recall of samples are parts. */
const drawnOfSamples = { f1: f1Of } as const;
const maskFigures = { precision: precisionOf, recall: recallOf, f1: f1Of, iou: iouOf } as const;
type FigureTable = Readonly<Record<string, (counts: ClassCounts) => number>>;

function perClass(
  name: string,
  counts: ClassCounts,
  intervals: Readonly<Record<string, Interval>> | undefined,
  { evidence }: ResultParts,
): ClassResults {
  return {
    name,
    count: counts.count,
    precision: precisionOf(counts),
    recall: recallOf(counts),
    f1: f1Of(counts),
    ...(isOfPixels(evidence) && { iou: iouOf(counts) }),
    ...(intervals !== undefined && { intervals }),
  };
}

/** Pixels of an image are no independent samples: nothing of them is a part in Wilson's sense. */
function isOfPixels(evidence: Evidence): boolean {
  return evidence.countsOf !== undefined && evidence.parts.size === 0;
}

interface Intervals {
  readonly figures: Readonly<Record<string, Interval>>;
  readonly classes: readonly Readonly<Record<string, Interval>>[];
}

/** Wilson's intervals for parts of samples; for everything else samples drawn with replacement. */
function intervalsOf(figures: Figures, samples: Rows, parts: ResultParts): Intervals {
  const { evidence, measured, seed } = parts;
  const counts = evidence.countsOf?.(measured.sums) ?? [];
  const table: FigureTable = isOfPixels(evidence) ? maskFigures : drawnOfSamples;
  const drawn = bootstrap(samples.count, seed, drawnFigures(samples, table, parts));
  const intervalOf = (name: string): [string, Interval][] => {
    const interval = evidence.parts.has(name)
      ? wilson(figures[name]!, measured.count)
      : drawn.get(name);
    return interval === undefined ? [] : [[name, interval]];
  };
  const names = new Set([...lossNames(parts), ...Object.keys(figures)]);
  return {
    figures: Object.fromEntries([...names].flatMap(intervalOf)),
    classes: counts.map((one, k) => {
      const ofClass = Object.keys(table).flatMap((name): [string, Interval][] => {
        const interval = drawn.get(classFigure(k, name));
        return interval === undefined ? [] : [[name, interval]];
      });
      return { ...(!isOfPixels(evidence) && wilsonOf(one)), ...Object.fromEntries(ofClass) };
    }),
  };
}

function lossNames({ counter }: ResultParts): readonly string[] {
  return Object.keys(counter.figuresOf(new Float64Array(counter.length), 0));
}

/** None where nothing of the class was predicted, or nothing is of it. */
function wilsonOf(counts: ClassCounts): Record<string, Interval> {
  const { count, predicted } = counts;
  return {
    ...(predicted > 0 && { precision: wilson(precisionOf(counts), predicted) }),
    ...(count > 0 && { recall: wilson(recallOf(counts), count) }),
  };
}

/** All figures of samples that were drawn with replacement. */
function drawnFigures(
  { width, count, values }: Rows,
  table: FigureTable,
  parts: ResultParts & { samples?: Rows },
): (weights: Float64Array) => ReadonlyMap<string, number> {
  const { evidence, counter, samples, metricFigures, rankingsOf, measured } = parts;
  const rankings = measured.rankings.length > 0 ? rankingsOf(samples) : [];
  const sums = new Float64Array(evidence.sumsLength);
  const lossSums = new Float64Array(counter.length);
  return (weights) => {
    sums.fill(0);
    lossSums.fill(0);
    for (let row = 0; row < count; row++) {
      const weight = weights[row]!;
      if (weight === 0) continue;
      evidence.accumulate(sums, values, row * width, weight);
      const lossAt = (row + 1) * width - lossSums.length;
      for (let i = 0; i < lossSums.length; i++) lossSums[i]! += weight * values[lossAt + i]!;
    }
    const figures = metricFigures({ count, sums, rankings, weights });
    const drawn = new Map(Object.entries({ ...counter.figuresOf(lossSums, count), ...figures }));
    for (const [k, one] of (evidence.countsOf?.(sums) ?? []).entries()) {
      for (const [name, figureOf] of Object.entries(table)) {
        drawn.set(classFigure(k, name), figureOf(one));
      }
    }
    return drawn;
  };
}

function classFigure(k: number, name: string): string {
  return `class ${k} ${name}`;
}
