import type { MetricKindFor } from '#common/catalogue/metrics';
import type { ErrorSpread } from '#common/run/events';
import type { Calculator, Evidence, EvidenceOptions } from './evidence';
import { structuralSimilarity } from './ssim';

/** An error below this counts as this, so that a perfect image has a finite ratio: 120 dB. */
const smallestError = 1e-12;

/** Places in a row and in the sums. */
const [squared, absolute, ratio, similarity] = [0, 1, 2, 3];

/** Images or numbers: every figure is a mean over samples of what one sample gives. */
export function valueEvidence({ shape, metrics }: EvidenceOptions): Evidence {
  const meanOf =
    (at: number): Calculator =>
    ({ sums, count }) =>
      sums[at]! / count;
  const comparesStructure = metrics.has('ssim');

  return {
    rowLength: 4,
    sumsLength: 4,
    parts: new Set(),
    calculators: {
      meanSquaredError: meanOf(squared),
      meanAbsoluteError: meanOf(absolute),
      psnr: meanOf(ratio),
      ssim: meanOf(similarity),
    } satisfies Record<MetricKindFor<'reconstruction' | 'regression'>, Calculator>,
    describe(row, outputs, { sample, start, length }, { target, images }) {
      const output = outputs.subarray(start, start + length);
      const truth = (target ?? images)!.subarray(sample * length, (sample + 1) * length);
      let squares = 0;
      let sizes = 0;
      for (let i = 0; i < length; i++) {
        const error = output[i]! - truth[i]!;
        squares += error * error;
        sizes += Math.abs(error);
      }
      row[squared] = squares / length;
      row[absolute] = sizes / length;
      row[ratio] = -10 * Math.log10(Math.max(smallestError, squares / length));
      row[similarity] = comparesStructure ? structuralSimilarity(output, truth, shape) : 0;
    },
    accumulate(sums, rows, start, weight) {
      for (let i = 0; i < sums.length; i++) sums[i]! += weight * rows[start + i]!;
    },
    samplesOf: ({ width, count, values }) => {
      const errors = Float64Array.from(
        { length: count },
        (_, row) => values[row * width + absolute]!,
      );
      return { errors: spreadOf(errors) };
    },
  };
}

/** Equal stretches from 0 to the largest error, enough for a shape and few enough to be filled. */
const errorBins = 24;

/** How many samples have an error of which size; one that is not finite counts as no sample. */
export function spreadOf(all: Float64Array): ErrorSpread {
  const errors = all.filter(Number.isFinite).sort();
  const largest = errors.at(-1) ?? 0;
  const counts = new Array<number>(errorBins).fill(0);
  for (const error of errors) {
    const bin = largest === 0 ? 0 : Math.floor((error / largest) * errorBins);
    counts[Math.min(errorBins - 1, bin)]! += 1;
  }
  const [below = 0, above = 0] = [(errors.length - 1) >> 1, errors.length >> 1].map(
    (place) => errors[place],
  );
  return { largest, median: (below + above) / 2, counts };
}
