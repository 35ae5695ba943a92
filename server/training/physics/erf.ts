/** The error function in double precision: tf.erf is good to seven digits only. */
export function erf(x: number): number {
  // Beyond 6 the rest is below 2e-17.
  if (Math.abs(x) > 6) return Math.sign(x);
  // A series of terms of one sign (Abramowitz and Stegun 7.1.6), so nothing cancels.
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
