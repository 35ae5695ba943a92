import type { Histogram } from './event';

/** As many as Keras' TensorBoard callback uses. */
const bucketCount = 30;

/**
 * Counts values in 30 buckets of equal width between the smallest and the largest. Values that are not
 * finite are left out: they have no bucket, and the loop reports them itself.
 */
export function makeHistogram(values: Float32Array): Histogram {
  let minimum = Infinity;
  let maximum = -Infinity;
  let sum = 0;
  let sumOfSquares = 0;
  let count = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    sum += value;
    sumOfSquares += value * value;
    count++;
  }
  if (count === 0) {
    const none = { minimum: 0, maximum: 0, limits: Float64Array.of(0), counts: Float64Array.of(0) };
    return { ...none, count, sum, sumOfSquares };
  }
  const buckets = minimum === maximum ? 1 : bucketCount;
  const width = (maximum - minimum) / buckets;
  const limits = Float64Array.from({ length: buckets }, (_, i) => minimum + width * (i + 1));
  limits[buckets - 1] = maximum;
  const counts = new Float64Array(buckets);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const idx = buckets === 1 ? 0 : Math.floor((value - minimum) / width);
    counts[Math.min(idx, buckets - 1)]!++;
  }
  return { minimum, maximum, count, sum, sumOfSquares, limits, counts };
}
