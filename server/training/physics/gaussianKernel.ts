import { erf } from './erf';

/** How a Gaussian becomes numbers: its values at the pixels, or its integrals over them. */
export type KernelForm = 'sampled' | 'integrated';

/** Below this σ a sampled Gaussian is too narrow for the pixels: at 0.5 its variance is 14 % short. */
export const smallestSampledSigmaPx = 0.8;

/** The form for a σ, by the rule that the catalogue states. */
export function kernelForm(sigmaPx: number): KernelForm {
  return sigmaPx >= smallestSampledSigmaPx ? 'sampled' : 'integrated';
}

/** One half of a symmetric kernel, and how it changes with σ. */
export interface GaussianKernel {
  /** h(0) … h(radius), with h(0) + 2 Σ h(d) = 1. */
  readonly taps: Float64Array;
  /** dh/dσ of each tap. */
  readonly slopes: Float64Array;
}

/** A Gaussian on −radius … radius pixels whose sum is 1, in double precision. */
export function gaussianKernel(
  sigmaPx: number,
  radiusPx: number,
  form: KernelForm = kernelForm(sigmaPx),
): GaussianKernel {
  const tap = form === 'sampled' ? sampledTap : integratedTap;
  const taps = new Float64Array(radiusPx + 1);
  const slopes = new Float64Array(radiusPx + 1);
  let sum = 0;
  let sumSlope = 0;
  for (let d = 0; d <= radiusPx; d++) {
    const [value, slope] = tap(d, sigmaPx);
    taps[d] = value;
    slopes[d] = slope;
    const times = d === 0 ? 1 : 2;
    sum += times * value;
    sumSlope += times * slope;
  }
  for (let d = 0; d <= radiusPx; d++) {
    taps[d]! /= sum;
    slopes[d] = (slopes[d]! - taps[d]! * sumSlope) / sum;
  }
  return { taps, slopes };
}

/** A tap before normalization, and its derivative by σ. */
type Tap = (d: number, sigma: number) => readonly [value: number, slope: number];

const sampledTap: Tap = (d, sigma) => {
  const value = Math.exp(-(d * d) / (2 * sigma * sigma));
  return [value, (value * d * d) / sigma ** 3];
};

/** Φ((d + ½)/σ) − Φ((d − ½)/σ) */
const integratedTap: Tap = (d, sigma) => {
  const edge = (x: number) => {
    const u = x / sigma;
    const density = Math.exp(-0.5 * u * u) / Math.sqrt(2 * Math.PI);
    return { below: 0.5 * erf(u * Math.SQRT1_2), slope: (-u * density) / sigma };
  };
  const [right, left] = [edge(d + 0.5), edge(d - 0.5)];
  return [right.below - left.below, right.slope - left.slope];
};
