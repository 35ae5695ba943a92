import assert from 'node:assert/strict';

/** Distribution functions of Beta(alpha, alpha) that have a closed form. */
export const symmetricBetaCdf: Readonly<Record<number, (x: number) => number>> = {
  0.5: (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)),
  1: (x) => x,
  2: (x) => x * x * (3 - 2 * x),
  3: (x) => x ** 3 * (10 - 15 * x + 6 * x * x),
};

/**
 * Asserts that numbers may be drawn from a distribution (Kolmogorov and Smirnov): the largest distance of
 * the two distribution functions exceeds 1.95 / √n once in a thousand.
 */
export function assertDistribution(values: readonly number[], cdf: (x: number) => number): void {
  const n = values.length;
  const distances = values
    .toSorted((a, b) => a - b)
    .map((value, i) => Math.max(cdf(value) - i / n, (i + 1) / n - cdf(value)));
  const largest = Math.max(...distances) * Math.sqrt(n);
  assert.ok(largest < 1.95, `distance ${largest} / √n`);
}
