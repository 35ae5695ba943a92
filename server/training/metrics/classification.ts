import type { MetricKindFor } from '#common/catalogue/metrics';
import { addToBins, calibrationBins, calibrationError, calibrationLength } from './calibration';
import {
  accuracyOf,
  balancedAccuracyOf,
  countsOf,
  f1Of,
  kappaOf,
  macro,
  precisionOf,
  recallOf,
  weighted,
  type Confusion,
} from './confusion';
import { meanOver, type Calculator, type Evidence, type EvidenceOptions } from './evidence';
import type { Rows } from './kept';
import { areaUnderRoc, averagePrecision, rank } from './ranking';

/** Places in a row: where in the confusion matrix, how many logits come before the true one … */
const [cell, place, brier, confidence, isRight, firstLogit] = [0, 1, 2, 3, 4, 5];

/** One class for each image. */
export function classificationEvidence(options: EvidenceOptions): Evidence {
  const { classes, ranks, isComplete, metrics } = options;
  // Exponentials for every sample of every training step would be felt.
  const hasProbabilities =
    isComplete || metrics.has('brierScore') || metrics.has('expectedCalibrationError');
  const cells = classes * classes;
  const [top3, top5, brierSum, bins] = [cells, cells + 1, cells + 2, cells + 3];
  const confusionOf = (sums: Float64Array): Confusion => ({
    classes,
    cells: sums.subarray(0, cells),
  });
  const binsOf = (sums: Float64Array) => sums.subarray(bins, bins + calibrationLength);
  const perSample =
    (at: number): Calculator =>
    ({ sums, count }) =>
      sums[at]! / count;
  const logits = new Float64Array(classes);

  return {
    rowLength: firstLogit + (ranks ? classes : 0),
    sumsLength: bins + calibrationLength,
    parts: new Set(['accuracy', 'top3Accuracy', 'top5Accuracy']),
    calculators: {
      ...confusionCalculators(confusionOf),
      top3Accuracy: perSample(top3),
      top5Accuracy: perSample(top5),
      brierScore: perSample(brierSum),
      expectedCalibrationError: ({ sums }) => calibrationError(binsOf(sums)),
      rocAuc: (measured) => meanOver(measured, areaUnderRoc),
      averagePrecision: (measured) => meanOver(measured, averagePrecision),
    } satisfies Record<MetricKindFor<'classification'>, Calculator>,
    describe(row, outputs, { sample, start, length }, { labels }) {
      readLogits(logits, outputs, start, length);
      const label = labels[sample]!;
      const predicted = argmax(logits, 0, classes);
      row[cell] = label * classes + predicted;
      row[place] = placeOf(logits, label);
      row[isRight] = Number(predicted === label);
      if (ranks) row.set(logits, firstLogit);
      if (!hasProbabilities) return;
      const total = sumOfExponentials(logits, logits[predicted]!);
      row[confidence] = 1 / total;
      row[brier] = brierOf(logits, logits[predicted]!, total, label);
    },
    accumulate(sums, rows, start, weight) {
      sums[rows[start + cell]!]! += weight;
      if (rows[start + place]! < 3) sums[top3]! += weight;
      if (rows[start + place]! < 5) sums[top5]! += weight;
      sums[brierSum]! += weight * rows[start + brier]!;
      addToBins(sums, bins, rows[start + confidence]!, rows[start + isRight]!, weight);
    },
    countsOf: (sums) => countsOf(confusionOf(sums)),
    ...(ranks && { rankingsOf: (rows) => rankingsOf(rows, classes) }),
    detailsOf: (sums) => ({
      confusionMatrix: matrixOf(confusionOf(sums)),
      calibration: calibrationBins(binsOf(sums)),
    }),
  };
}

/** What follows from the confusion matrix alone, for samples and for pixels. */
export function confusionCalculators(confusionOf: (sums: Float64Array) => Confusion) {
  const of =
    (figureOf: (confusion: Confusion) => number): Calculator =>
    ({ sums }) =>
      figureOf(confusionOf(sums));
  return {
    accuracy: of(accuracyOf),
    balancedAccuracy: of(balancedAccuracyOf),
    cohenKappa: of(kappaOf),
    macroPrecision: of((confusion) => macro(precisionOf, countsOf(confusion))),
    macroRecall: of((confusion) => macro(recallOf, countsOf(confusion))),
    macroF1: of((confusion) => macro(f1Of, countsOf(confusion))),
    weightedPrecision: of((confusion) => weighted(precisionOf, countsOf(confusion))),
    weightedRecall: of((confusion) => weighted(recallOf, countsOf(confusion))),
    weightedF1: of((confusion) => weighted(f1Of, countsOf(confusion))),
  };
}

export function matrixOf({ classes, cells }: Confusion): number[][] {
  return Array.from({ length: classes }, (_, row) => [
    ...cells.subarray(row * classes, (row + 1) * classes),
  ]);
}

/** Position of the largest of `length` values from `start` on; the first one of several. */
export function argmax(values: Float32Array | Float64Array, start: number, length: number): number {
  let best = 0;
  for (let k = 1; k < length; k++) {
    if (values[start + k]! > values[start + best]!) best = k;
  }
  return best;
}

/** A network for two classes may end in one logit, which is that of the second against the first. */
function readLogits(
  logits: Float64Array,
  outputs: Float32Array,
  start: number,
  length: number,
): void {
  if (length === 1 && logits.length === 2) logits.set([0, outputs[start]!]);
  else logits.set(outputs.subarray(start, start + logits.length));
}

/** How many logits come before the true one; the first of equal ones does, as in `argmax`. */
function placeOf(logits: Float64Array, label: number): number {
  const truth = logits[label]!;
  let before = 0;
  for (let k = 0; k < logits.length; k++) {
    if (logits[k]! > truth || (logits[k] === truth && k < label)) before++;
  }
  return before;
}

/** Σ e^(z − largest) over the logits, without one of them if that is asked for. */
function sumOfExponentials(logits: Float64Array, largest: number, except = -1): number {
  let sum = 0;
  for (let k = 0; k < logits.length; k++) if (k !== except) sum += Math.exp(logits[k]! - largest);
  return sum;
}

function brierOf(logits: Float64Array, largest: number, total: number, label: number): number {
  let squares = 0;
  for (let k = 0; k < logits.length; k++) {
    squares += (Math.exp(logits[k]! - largest) / total - Number(k === label)) ** 2;
  }
  return logits.length === 2 ? squares / 2 : squares;
}

/**
 * By the logarithm of p_k / (1 − p_k), which is still told apart where probabilities have been rounded
 * to 1. In single precision, as the logits are: what a sum in another order changes must not part a tie.
 */
function rankingsOf({ width, count, values }: Rows, classes: number) {
  return Array.from({ length: classes }, (_, k) => {
    const scores = new Float64Array(count);
    const isPositive = new Uint8Array(count);
    for (let row = 0; row < count; row++) {
      const start = row * width;
      const logits = values.subarray(start + firstLogit, start + firstLogit + classes);
      scores[row] = Math.fround(logits[k]! - logOfOthers(logits, k));
      isPositive[row] = Number(Math.floor(values[start + cell]! / classes) === k);
    }
    return rank(scores, isPositive);
  });
}

function logOfOthers(logits: Float64Array, except: number): number {
  let largest = -Infinity;
  for (let k = 0; k < logits.length; k++) {
    if (k !== except && logits[k]! > largest) largest = logits[k]!;
  }
  return largest + Math.log(sumOfExponentials(logits, largest, except));
}
