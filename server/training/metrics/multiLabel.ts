import type { MetricKindFor } from '#common/catalogue/metrics';
import { addToBins, calibrationBins, calibrationError, calibrationLength } from './calibration';
import { f1Of, macro, precisionOf, recallOf, weighted, type ClassCounts } from './confusion';
import { meanOver, type Calculator, type Evidence, type EvidenceOptions } from './evidence';
import type { Rows } from './kept';
import { areaUnderRoc, averagePrecision, rank } from './ranking';

/** Places in a row: whether all labels are right, the Brier score, then truth and logit of each label. */
const [isRight, brier, firstTruth] = [0, 1, 2];

/** Any number of labels for each image; a label is predicted where its logit is above 0. */
export function multiLabelEvidence({ classes: labels }: EvidenceOptions): Evidence {
  const firstLogit = firstTruth + labels;
  const [rightSum, brierSum, firstCount] = [0, 1, 2];
  const bins = firstCount + 3 * labels;
  const countsOf = (sums: Float64Array): readonly ClassCounts[] =>
    Array.from({ length: labels }, (_, k) => {
      const at = firstCount + 3 * k;
      return { right: sums[at]!, count: sums[at + 1]!, predicted: sums[at + 2]! };
    });
  const over =
    (mean: typeof macro, figureOf: (counts: ClassCounts) => number): Calculator =>
    ({ sums }) =>
      mean(figureOf, countsOf(sums));
  const binsOf = (sums: Float64Array) => sums.subarray(bins, bins + calibrationLength);

  return {
    rowLength: firstLogit + labels,
    sumsLength: bins + calibrationLength,
    parts: new Set(['accuracy']),
    calculators: {
      accuracy: ({ sums, count }) => sums[rightSum]! / count,
      macroPrecision: over(macro, precisionOf),
      macroRecall: over(macro, recallOf),
      macroF1: over(macro, f1Of),
      weightedPrecision: over(weighted, precisionOf),
      weightedRecall: over(weighted, recallOf),
      weightedF1: over(weighted, f1Of),
      brierScore: ({ sums, count }) => sums[brierSum]! / count,
      expectedCalibrationError: ({ sums }) => calibrationError(binsOf(sums)),
      rocAuc: (measured) => meanOver(measured, areaUnderRoc),
      averagePrecision: (measured) => meanOver(measured, averagePrecision),
    } satisfies Record<MetricKindFor<'multiLabel'>, Calculator>,
    describe(row, outputs, { sample, start }, { target }) {
      let wrong = 0;
      let squares = 0;
      for (let k = 0; k < labels; k++) {
        // A mixed sample has shares of labels; what makes up half of it is there.
        const share = target![sample * labels + k]!;
        const truth = Number(share >= 0.5);
        const logit = outputs[start + k]!;
        row[firstTruth + k] = truth;
        row[firstLogit + k] = logit;
        wrong += Number(Number(logit > 0) !== truth);
        squares += (sigmoid(logit) - share) ** 2;
      }
      row[isRight] = Number(wrong === 0);
      row[brier] = squares / labels;
    },
    accumulate(sums, rows, start, weight) {
      sums[rightSum]! += weight * rows[start + isRight]!;
      sums[brierSum]! += weight * rows[start + brier]!;
      for (let k = 0; k < labels; k++) {
        const truth = rows[start + firstTruth + k]!;
        const logit = rows[start + firstLogit + k]!;
        const predicted = Number(logit > 0);
        const at = firstCount + 3 * k;
        sums[at]! += weight * truth * predicted;
        sums[at + 1]! += weight * truth;
        sums[at + 2]! += weight * predicted;
        addToBins(sums, bins, sigmoid(Math.abs(logit)), Number(predicted === truth), weight);
      }
    },
    countsOf,
    rankingsOf: (rows) => rankingsOf(rows, labels),
    detailsOf: (sums) => ({ calibration: calibrationBins(binsOf(sums)) }),
  };
}

function rankingsOf({ width, count, values }: Rows, labels: number) {
  return Array.from({ length: labels }, (_, k) => {
    const column = (from: number) => (_value: unknown, row: number) =>
      values[row * width + from + k]!;
    const scores = Float64Array.from({ length: count }, column(firstTruth + labels));
    return rank(scores, Uint8Array.from({ length: count }, column(firstTruth)));
  });
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
