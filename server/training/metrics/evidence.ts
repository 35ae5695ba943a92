import type { SplitResults } from '#common/run/events';
import type { ClassCounts } from './confusion';
import type { Rows } from './kept';
import type { Ranking } from './ranking';

/** What outputs are compared with. */
export interface Truth {
  /** Classes of samples or pixels. */
  readonly labels: Int32Array;
  /** Labels, numbers or images. */
  readonly target?: Float32Array;
  /** The objects: they are the targets of a reconstruction that has no others. */
  readonly images?: Float32Array;
}

/** Samples as figures are worked out from them; weighted when they are drawn with replacement. */
export interface Measured {
  /** Number of samples. */
  readonly count: number;
  readonly sums: Float64Array;
  /** One for each class; none where the samples are not kept. */
  readonly rankings: readonly Ranking[];
  readonly weights?: Float64Array;
}

/** Undefined where a metric has no value: a ranking with one kind of samples only. */
export type Calculator = (measured: Measured) => number | undefined;

/** Where one sample stands in the outputs of a batch. */
export interface SamplePlace {
  readonly sample: number;
  /** Its outputs are `outputs[start]` … `outputs[start + length − 1]`. */
  readonly start: number;
  readonly length: number;
}

/** How a task measures: a row of numbers for each sample, and sums of them from which figures come. */
export interface Evidence {
  readonly rowLength: number;
  readonly sumsLength: number;
  readonly calculators: Readonly<Record<string, Calculator>>;
  /** Names of figures that are parts of independent samples. */
  readonly parts: ReadonlySet<string>;
  describe(row: Float64Array, outputs: Float32Array, place: SamplePlace, truth: Truth): void;
  /** Adds the row that begins at `start`. */
  accumulate(sums: Float64Array, rows: Float64Array, start: number, weight: number): void;
  /** Counts of each class, where there are classes. */
  countsOf?(sums: Float64Array): readonly ClassCounts[];
  rankingsOf?(rows: Rows): readonly Ranking[];
  /** What results show beside figures. */
  detailsOf?(sums: Float64Array): Pick<SplitResults, 'confusionMatrix' | 'calibration'>;
  /** What results show of single samples. */
  samplesOf?(rows: Rows): Pick<SplitResults, 'errors'>;
}

/** What a tally knows of the figures it is asked for. */
export interface EvidenceOptions {
  readonly classes: number;
  /** Numbers of one target: `[height, width, channels]` of an image. */
  readonly shape: readonly number[];
  /** Whether curves and areas under them are wanted, which takes all logits. */
  readonly ranks: boolean;
  /** Whether everything that can be worked out is wanted, or just the metrics that are named. */
  readonly isComplete: boolean;
  readonly metrics: ReadonlySet<string>;
}

/** Mean over the rankings that have a value. */
export function meanOver(
  { rankings, weights }: Measured,
  areaOf: (ranking: Ranking, weights?: Float64Array) => number | undefined,
): number | undefined {
  const areas = rankings.flatMap((ranking) => areaOf(ranking, weights) ?? []);
  if (areas.length === 0) return undefined;
  return areas.reduce((sum, area) => sum + area, 0) / areas.length;
}
