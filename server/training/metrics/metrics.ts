import { metrics as known, type MetricKind } from '#common/catalogue/metrics';
import type { Task } from '#common/catalogue/tasks';
import { mostCurves, type SplitResults } from '#common/run/events';
import type { Figures } from '#common/run/record';
import type { Split } from '#common/run/series';
import { classificationEvidence } from './classification';
import type { Evidence, EvidenceOptions, Measured, Truth } from './evidence';
import { keepRows, type Rows } from './kept';
import { multiLabelEvidence } from './multiLabel';
import { detailedResults } from './results';
import { segmentationEvidence } from './segmentation';
import { valueEvidence } from './values';

/** Takes in one batch after another and gives the figures over all of them. */
export interface Tally {
  /** Values of the loss, one a sample; outputs sample after sample; what they are compared with. */
  add(perSampleLoss: Float32Array, outputs: Float32Array, truth: Truth): void;
  /** `{ loss, accuracy… }` over all samples so far; NaN before the first. Undefined ones are left out. */
  figures(): Figures;
  /** All figures of a split, with intervals if the samples are kept. */
  results(split: Split): SplitResults;
  /** Everything that was taken in, as numbers, for a checkpoint in mid-epoch. */
  state(): number[];
  restore(state: readonly number[]): void;
}

export interface TallyOptions {
  readonly task: Task;
  readonly metrics: readonly MetricKind[];
  /** Of classes or labels; without them only what needs none is counted. */
  readonly classNames: readonly string[];
  /** Of what outputs are compared with: `[height, width, channels]` of an image or a mask. */
  readonly shape: readonly number[];
  readonly seed: number;
  /** Whether intervals and curves will be asked for, which takes the single samples. */
  readonly keepsSamples?: boolean;
}

const evidences = {
  classification: classificationEvidence,
  multiLabel: multiLabelEvidence,
  segmentation: segmentationEvidence,
  reconstruction: valueEvidence,
  regression: valueEvidence,
} satisfies Record<Task, (options: EvidenceOptions) => Evidence>;

/** Starts an empty tally. */
export function createTally(options: TallyOptions): Tally {
  const { task, metrics, classNames, shape, seed, keepsSamples = false } = options;
  const classes = classNames.length;
  const ranks = metrics.includes('rocAuc') || metrics.includes('averagePrecision');
  const evidence = evidences[task]({
    classes,
    shape,
    ranks: ranks || (keepsSamples && classes <= mostCurves),
    isComplete: keepsSamples,
    metrics: new Set(metrics),
  });
  const lossAt = evidence.rowLength;
  const keeper = keepsSamples || ranks ? keepRows(evidence.rowLength + 1) : undefined;
  const row = new Float64Array(evidence.rowLength + 1);
  const wanted = metrics.filter((name) => known[name].tasks.some((one) => one === task));
  let count = 0;
  let lossSum = 0;
  let sums = new Float64Array(evidence.sumsLength);

  const metricFigures = (measured: Measured): Figures =>
    Object.fromEntries(
      wanted.flatMap((name): [string, number][] => {
        const value = evidence.calculators[name]!(measured);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  const rankingsOf = (rows: Rows | undefined) =>
    rows === undefined ? [] : (evidence.rankingsOf?.(rows) ?? []);
  const measuredNow = (): Measured => ({
    count,
    sums,
    rankings: rankingsOf(ranks ? keeper?.rows : undefined),
  });
  return {
    add(perSampleLoss, outputs, truth) {
      const length = outputs.length / perSampleLoss.length;
      for (const [sample, loss] of perSampleLoss.entries()) {
        evidence.describe(row, outputs, { sample, start: sample * length, length }, truth);
        evidence.accumulate(sums, row, 0, 1);
        row[lossAt] = loss;
        keeper?.add(row);
        lossSum += loss;
      }
      count += perSampleLoss.length;
    },
    figures: () => ({ loss: lossSum / count, ...metricFigures(measuredNow()) }),
    results(split) {
      const measured = measuredNow();
      const loss = lossSum / count;
      const base = { split, task, count, loss, metrics: metricFigures(measured) };
      const samples = keepsSamples ? keeper?.rows : undefined;
      const parts = { evidence, classNames, seed, measured, samples, metricFigures, rankingsOf };
      return { ...base, ...detailedResults(base.metrics, parts) };
    },
    state: () => [count, lossSum, ...sums, ...(keeper?.state() ?? [])],
    restore([restoredCount = 0, restoredLoss = 0, ...rest]) {
      count = restoredCount;
      lossSum = restoredLoss;
      sums = Float64Array.from(rest.slice(0, evidence.sumsLength));
      keeper?.restore(rest.slice(evidence.sumsLength));
    },
  };
}
