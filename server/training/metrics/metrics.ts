import { metrics as known, type MetricKind } from '#common/catalogue/metrics';
import type { Task } from '#common/catalogue/tasks';
import { mostCurves, type SplitResults } from '#common/run/events';
import type { Figures } from '#common/run/record';
import type { Split } from '#common/run/series';
import { classificationEvidence } from './classification';
import type { Evidence, EvidenceOptions, Measured, Truth } from './evidence';
import { createLossCounter, plainLoss, type LossPartFacts, type PartLosses } from './lossCounter';
import { keepRows, lengthOfKept, type Rows } from './kept';
import { multiLabelEvidence } from './multiLabel';
import { detailedResults } from './results';
import { segmentationEvidence } from './segmentation';
import { valueEvidence } from './values';

/** Takes in one batch after another and gives the figures over all of them. */
export interface Tally {
  /** The loss in its parts; outputs sample after sample; what they are compared with. */
  add(losses: readonly PartLosses[], outputs: Float32Array, truth: Truth): void;
  /** `{ loss, loss.ssim…, accuracy… }` over all samples so far; NaN before the first. Undefined ones are left out. */
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
  /** Default: one unweighted part. */
  readonly lossParts?: readonly LossPartFacts[];
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
  const counter = createLossCounter(options.lossParts ?? plainLoss);
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
  const row = new Float64Array(evidence.rowLength + counter.length);
  const keeper = keepsSamples || ranks ? keepRows(row.length) : undefined;
  const wanted = metrics.filter((name) => known[name].tasks.some((one) => one === task));
  let count = 0;
  let lossSums = new Float64Array(counter.length);
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
    add(losses, outputs, truth) {
      const samples = losses[0]!.values.length;
      const length = outputs.length / samples;
      const summands = counter.summandsOf(losses);
      for (let sample = 0; sample < samples; sample++) {
        evidence.describe(row, outputs, { sample, start: sample * length, length }, truth);
        evidence.accumulate(sums, row, 0, 1);
        counter.describe(row, lossAt, summands, sample);
        keeper?.add(row);
        for (let i = 0; i < lossSums.length; i++) lossSums[i]! += row[lossAt + i]!;
      }
      count += samples;
    },
    figures: () => ({ ...counter.figuresOf(lossSums, count), ...metricFigures(measuredNow()) }),
    results(split) {
      const measured = measuredNow();
      const { loss, ...terms } = counter.figuresOf(lossSums, count);
      const figures = metricFigures(measured);
      const samples = keepsSamples ? keeper?.rows : undefined;
      const parts = { evidence, counter, classNames, seed, measured, samples };
      return {
        ...{ split, task, count, loss, metrics: figures },
        ...(Object.keys(terms).length > 0 && { terms }),
        ...detailedResults(figures, { ...parts, metricFigures, rankingsOf }),
      };
    },
    state: () => [count, ...lossSums, ...sums, ...(keeper?.state() ?? [])],
    restore([restoredCount = 0, ...rest]) {
      const [ofLoss, ofSums] = [counter.length, evidence.sumsLength];
      const kept = rest.slice(ofLoss + ofSums);
      const keptLength = keeper === undefined ? 0 : lengthOfKept(kept, row.length);
      // From a version that counted less: the figures of the epoch under way begin here.
      if (rest.length !== ofLoss + ofSums + keptLength) return;
      count = restoredCount;
      lossSums = Float64Array.from(rest.slice(0, ofLoss));
      sums = Float64Array.from(rest.slice(ofLoss, ofLoss + ofSums));
      keeper?.restore(kept);
    },
  };
}
