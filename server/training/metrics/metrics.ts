import type { MetricKind } from '#common/catalogue/metrics';
import type { SplitResults } from '#common/run/events';
import type { Figures } from '#common/run/record';
import type { Split } from '#common/run/series';
import { accuracyOf, perClassFigures, type Confusion } from './confusion';

/** Takes in one batch after another and gives the figures over all of them. */
export interface Tally {
  /** Values of the loss, one a sample; outputs row after row; the class of each row. */
  add(perSampleLoss: Float32Array, outputs: Float32Array, labels: Int32Array): void;
  /** `{ loss, accuracy… }` over all samples so far; NaN before the first. */
  figures(): Figures;
  /** All figures of a split, those of each class included. */
  results(split: Split): SplitResults;
  /** Everything that was taken in, as numbers, for a checkpoint in mid-epoch. */
  state(): number[];
  restore(state: readonly number[]): void;
}

const calculators = {
  accuracy: accuracyOf,
} satisfies Record<MetricKind, (confusion: Confusion) => number>;

/** Starts an empty tally. Without class names (reconstruction) it keeps the loss only. */
export function createTally(
  metrics: readonly MetricKind[],
  classNames: readonly string[] | undefined,
): Tally {
  const classes = classNames?.length ?? 0;
  let count = 0;
  let lossSum = 0;
  let cells = new Float64Array(classes * classes);
  const confusion = (): Confusion => ({ classes, cells });
  const metricFigures = (): Figures =>
    classes === 0
      ? {}
      : Object.fromEntries(metrics.map((name) => [name, calculators[name](confusion())]));
  return {
    add(perSampleLoss, outputs, labels) {
      for (const loss of perSampleLoss) lossSum += loss;
      count += perSampleLoss.length;
      if (classes === 0) return;
      for (const [row, label] of labels.entries()) {
        const predicted = argmax(outputs, row * classes, classes);
        cells[label * classes + predicted]! += 1;
      }
    },
    figures: () => ({ loss: lossSum / count, ...metricFigures() }),
    results(split) {
      const base = { split, count, loss: lossSum / count, metrics: metricFigures() };
      if (classNames === undefined) return base;
      return {
        ...base,
        confusionMatrix: classNames.map((_, row) => [
          ...cells.subarray(row * classes, (row + 1) * classes),
        ]),
        perClass: perClassFigures(confusion(), classNames),
      };
    },
    state: () => [count, lossSum, ...cells],
    restore([restoredCount = 0, restoredSum = 0, ...restoredCells]) {
      count = restoredCount;
      lossSum = restoredSum;
      cells = Float64Array.from(restoredCells);
    },
  };
}

/** Position of the largest of `length` values from `start` on; the first one of several. */
export function argmax(values: Float32Array, start: number, length: number): number {
  let best = 0;
  for (let k = 1; k < length; k++) {
    if (values[start + k]! > values[start + best]!) best = k;
  }
  return best;
}
