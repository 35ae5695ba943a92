import assert from 'node:assert/strict';
import { erf } from '../../../server/training/physics/erf';
import {
  gaussianKernel,
  kernelForm,
  type KernelForm,
} from '../../../server/training/physics/gaussianKernel';
import { readGolden } from './golden';

const { tables } = readGolden('05-psf-blur.json');

/** Modulation at a frequency in cycles a pixel: Σ h(d) cos(2πνd). */
function mtf(taps: Float64Array, frequency: number): number {
  return taps.reduce(
    (sum, tap, d) => sum + (d === 0 ? 1 : 2) * tap * Math.cos(2 * Math.PI * frequency * d),
    0,
  );
}

function variance(taps: Float64Array): number {
  return taps.reduce((sum, tap, d) => sum + 2 * tap * d * d, 0);
}

/** Largest distance between the kernel's MTF and exp(−2π²σ²ν²), over 0 … ½. */
function mtfError(taps: Float64Array, sigma: number): number {
  let worst = 0;
  for (let i = 0; i <= 500; i++) {
    const frequency = i / 1000;
    const expected = Math.exp(-2 * (Math.PI * sigma * frequency) ** 2);
    worst = Math.max(worst, Math.abs(mtf(taps, frequency) - expected));
  }
  return worst;
}

describe('the Gaussian kernel', () => {
  it('stands on an error function in double precision', () => {
    // Abramowitz and Stegun, table 7.1, and DLMF 7.
    const cases = [
      [0, 0],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [3.5, 0.9999992569016276],
      [7, 1],
    ] as const;
    for (const [x, expected] of cases) {
      assert.ok(Math.abs(erf(x) - expected) < 2e-15, `erf(${x}) = ${erf(x)}`);
      assert.equal(erf(-x), -erf(x));
    }
  });

  it('has the MTF and variance of the tables', () => {
    interface Row {
      readonly sigma: number;
      readonly radius: number;
      readonly sampled_max_mtf_error_vs_gaussian: number;
      readonly integrated_max_mtf_error_vs_gaussian: number;
      readonly variance_sampled: number;
      readonly variance_integrated: number;
    }
    for (const row of tables['gaussian_mtf'] as readonly Row[]) {
      const [sampled, integrated] = (['sampled', 'integrated'] as const).map(
        (form) => gaussianKernel(row.sigma, row.radius, form).taps,
      );
      const what = `σ = ${row.sigma}`;
      const near = (a: number, b: number, tolerance: number) =>
        assert.ok(Math.abs(a - b) < tolerance * Math.max(1, b), `${what}: ${a}, expected ${b}`);
      near(variance(sampled!), row.variance_sampled, 1e-8);
      near(variance(integrated!), row.variance_integrated, 1e-8);
      near(mtfError(sampled!, row.sigma), row.sampled_max_mtf_error_vs_gaussian, 1e-6);
      near(mtfError(integrated!, row.sigma), row.integrated_max_mtf_error_vs_gaussian, 1e-6);
    }
  });

  it('is integrated below σ = 0.8, where samples are too few', () => {
    assert.equal(kernelForm(0.8), 'sampled');
    assert.equal(kernelForm(0.7999), 'integrated');
    assert.ok(mtfError(gaussianKernel(0.5, 3, 'sampled').taps, 0.5) > 0.28);
    assert.ok(mtfError(gaussianKernel(0.5, 3).taps, 0.5) < 0.081);
  });

  it('makes blurs that add in variance', () => {
    for (const [first, second] of [
      [1, 1.5],
      [1.5, 2],
      [2, 2],
    ] as const) {
      const radius = 20;
      const [a, b] = [gaussianKernel(first, radius).taps, gaussianKernel(second, radius).taps];
      const both = gaussianKernel(Math.hypot(first, second), radius).taps;
      for (let d = 0; d <= 10; d++) {
        let sum = 0;
        for (let i = -radius; i <= radius; i++) {
          sum += a[Math.abs(i)]! * (b[Math.abs(d - i)] ?? 0);
        }
        assert.ok(Math.abs(sum - both[d]!) < 6e-7, `σ ${first} and ${second}, tap ${d}`);
      }
    }
  });

  it('sums to 1 and knows its own slope', () => {
    const cases: readonly (readonly [number, number, KernelForm])[] = [
      [0.2, 1, 'integrated'],
      [0.5, 3, 'integrated'],
      [0.8, 20, 'integrated'],
      [0.8, 20, 'sampled'],
      [1.2, 5, 'sampled'],
      [5, 20, 'sampled'],
    ];
    for (const [sigma, radius, form] of cases) {
      const { taps, slopes } = gaussianKernel(sigma, radius, form);
      assert.ok(Math.abs(mtf(taps, 0) - 1) < 1e-14);
      const step = 1e-5;
      const up = gaussianKernel(sigma + step, radius, form).taps;
      const down = gaussianKernel(sigma - step, radius, form).taps;
      for (let d = 0; d <= radius; d++) {
        const slope = (up[d]! - down[d]!) / (2 * step);
        assert.ok(Math.abs(slope - slopes[d]!) < 1e-8, `σ ${sigma}, ${form}, tap ${d}`);
      }
    }
  });
});
