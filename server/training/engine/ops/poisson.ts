import type { Draws } from '#common/rng';

/** Means from which the rejection method is both valid and faster than summing probabilities. */
const smallestRejectedMean = 10;

/** An exact Poisson number of the given mean; 0 for a mean of 0 or less. A NaN is not hidden. */
export function drawPoisson(mean: number, draw: Draws): number {
  if (!(mean > 0)) return Number.isNaN(mean) ? mean : 0;
  return mean < smallestRejectedMean
    ? inversePoisson(mean, draw.uniform())
    : rejectedPoisson(mean, draw);
}

/** Inverse transform: the smallest k whose cumulative probability reaches u. For means below 700. */
export function inversePoisson(mean: number, u: number): number {
  let probability = Math.exp(-mean);
  let cumulative = probability;
  let k = 0;
  // Rounding can keep the sum below u; then the terms have run out.
  while (cumulative < u && probability > 0) {
    k++;
    probability *= mean / k;
    cumulative += probability;
  }
  return k;
}

/**
 * Hörmann's transformed rejection with squeeze (PTRS; Insurance: Mathematics and Economics 12, 1993):
 * about 1.1 rounds a number, whatever the mean.
 */
export function rejectedPoisson(mean: number, { uniform }: Draws): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + mean + 0.43);
    if (distance >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    const bound = (v * inverseAlpha) / (a / (distance * distance) + b);
    if (Math.log(bound) <= logProbability(k, mean)) return k;
  }
}

/** ln(mean^k e^−mean / k!), without the cancellation of its large terms. */
export function logProbability(k: number, mean: number): number {
  if (k < logFactorials.length) return k * Math.log(mean) - mean - logFactorials[k]!;
  const excess = (mean - k) / k;
  const series = 1 / (12 * k) - 1 / (360 * k ** 3) + 1 / (1260 * k ** 5);
  return k * (Math.log1p(excess) - excess) - 0.5 * Math.log(2 * Math.PI * k) - series;
}

/** ln k! where Stirling's series is not yet exact. */
const logFactorials = Array.from({ length: 20 }, (_, k) => {
  let sum = 0;
  for (let i = 2; i <= k; i++) sum += Math.log(i);
  return sum;
});
