/**
 * The Zernike polynomial Z_j in the order of Noll (1976), j ≥ 1: of root mean square 1 on the unit disc, even j
 * with a cosine and odd j with a sine.
 */
export function zernike(noll: number, rho: number, theta: number): number {
  const { n, m } = orders(noll);
  if (m === 0) return Math.sqrt(n + 1) * radial(n, 0, rho);
  const wave = noll % 2 === 0 ? Math.cos(m * theta) : Math.sin(m * theta);
  return Math.sqrt(2 * (n + 1)) * radial(n, m, rho) * wave;
}

/** Radial order n and azimuthal order m ≥ 0. */
function orders(noll: number): { readonly n: number; readonly m: number } {
  let n = 0;
  while (((n + 1) * (n + 2)) / 2 < noll) n += 1;
  const place = noll - 1 - (n * (n + 1)) / 2;
  return { n, m: n % 2 === 0 ? 2 * Math.ceil(place / 2) : 2 * Math.floor(place / 2) + 1 };
}

function radial(n: number, m: number, rho: number): number {
  const [low, high] = [(n - m) / 2, (n + m) / 2];
  let sum = 0;
  for (let k = 0; k <= low; k++) {
    const sign = k % 2 === 0 ? 1 : -1;
    const product = factorial(k) * factorial(high - k) * factorial(low - k);
    sum += ((sign * factorial(n - k)) / product) * rho ** (n - 2 * k);
  }
  return sum;
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}
