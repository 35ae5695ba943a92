import type { MetricKindFor } from '#common/catalogue/metrics';
import { argmax, confusionCalculators, matrixOf } from './classification';
import { countsOf, f1Of, iouOf, macro, type ClassCounts, type Confusion } from './confusion';
import type { Calculator, Evidence, EvidenceOptions } from './evidence';

/** One class for each pixel: the row of an image is its own confusion matrix. */
export function segmentationEvidence({ classes, shape }: EvidenceOptions): Evidence {
  const [height = 1, width = 1] = shape;
  const pixels = height * width;
  const confusionOf = (cells: Float64Array): Confusion => ({ classes, cells });
  const overObjects =
    (figureOf: (counts: ClassCounts) => number): Calculator =>
    ({ sums }) =>
      macro(figureOf, countsOf(confusionOf(sums)).slice(1));

  return {
    rowLength: classes ** 2,
    sumsLength: classes ** 2,
    // Neighbouring pixels are alike, so that their number says nothing about how sure a part is.
    parts: new Set(),
    calculators: {
      ...confusionCalculators(confusionOf),
      dice: overObjects(f1Of),
      iou: overObjects(iouOf),
    } satisfies Record<MetricKindFor<'segmentation'>, Calculator>,
    describe(row, outputs, { sample, start, length }, { labels }) {
      row.fill(0);
      // For two classes, one logit is that of the second against the first.
      const perPixel = length / pixels;
      for (let pixel = 0; pixel < pixels; pixel++) {
        const label = labels[sample * pixels + pixel]!;
        const at = start + pixel * perPixel;
        const predicted = perPixel === 1 ? Number(outputs[at]! > 0) : argmax(outputs, at, classes);
        row[label * classes + predicted]! += 1;
      }
    },
    accumulate(sums, rows, start, weight) {
      for (let i = 0; i < sums.length; i++) sums[i]! += weight * rows[start + i]!;
    },
    countsOf: (sums) => countsOf(confusionOf(sums)),
    detailsOf: (sums) => ({ confusionMatrix: matrixOf(confusionOf(sums)) }),
  };
}
