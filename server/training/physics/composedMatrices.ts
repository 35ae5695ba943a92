// The matrices of a Gaussian blur as TF.js operations: the formulas of gaussianKernel.ts and borders.ts, where σ is a
// tensor whose value may not be known while the step is put together.
import * as tf from '@tensorflow/tfjs-core';
import { borderRules, type Border } from './borders';
import { smallestSampledSigmaPx, type KernelForm } from './gaussianKernel';

export interface MatrixOptions {
  readonly radiusPx: number;
  readonly border: Border;
  /** Replaces the catalogue's choice of a sampled or integrated kernel. */
  readonly form: KernelForm | undefined;
}

/** The matrix that convolves each axis, then how each changes with σ. */
export function composedMatrices(
  sizes: readonly number[],
  sigmaPx: tf.Tensor,
  { radiusPx, border, form }: MatrixOptions,
): readonly tf.Tensor2D[] {
  const { value, slope } = normalized(kernelOf(sigmaPx, radiusPx, form));
  const places = sizes.map((size) => tapPlaces(size, radiusPx, border));
  return [value, slope].flatMap((taps) => places.map((of) => matrixOf(taps, of)));
}

/** The taps h(0) … h(radius), and how each changes with σ. */
interface Taps {
  readonly value: tf.Tensor;
  readonly slope: tf.Tensor;
}

function kernelOf(sigma: tf.Tensor, radius: number, form: KernelForm | undefined): Taps {
  const d = tf.range(0, radius + 1);
  if (form !== undefined) return forms[form](d, sigma);
  const isWide = tf.greaterEqual(sigma, smallestSampledSigmaPx);
  const [sampled, integrated] = [forms.sampled(d, sigma), forms.integrated(d, sigma)];
  return {
    value: tf.where(isWide, sampled.value, integrated.value),
    slope: tf.where(isWide, sampled.slope, integrated.slope),
  };
}

const forms: Readonly<Record<KernelForm, (d: tf.Tensor, sigma: tf.Tensor) => Taps>> = {
  sampled(d, sigma) {
    const squares = tf.square(d);
    const value = tf.exp(tf.div(squares, tf.mul(tf.square(sigma), -2)));
    return { value, slope: tf.div(tf.mul(value, squares), tf.mul(sigma, tf.square(sigma))) };
  },
  integrated(d, sigma) {
    const [right, left] = [edgeOf(tf.add(d, 0.5), sigma), edgeOf(tf.sub(d, 0.5), sigma)];
    return {
      value: tf.sub(right.value, left.value),
      slope: tf.sub(right.slope, left.slope),
    };
  },
};

/** Φ(x/σ) − ½ and how it changes with σ. */
function edgeOf(x: tf.Tensor, sigma: tf.Tensor): Taps {
  const u = tf.div(x, sigma);
  const density = tf.mul(tf.exp(tf.mul(tf.square(u), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return {
    value: tf.mul(tf.erf(tf.mul(u, Math.SQRT1_2)), 0.5),
    slope: tf.neg(tf.div(tf.mul(u, density), sigma)),
  };
}

/** With the sum of the whole kernel, both halves and the middle, as 1. */
function normalized({ value, slope }: Taps): Taps {
  const radius = value.size - 1;
  const times = tf.tensor1d(Float32Array.from({ length: radius + 1 }, (_, d) => (d === 0 ? 1 : 2)));
  const sum = tf.sum(tf.mul(value, times));
  const taps = tf.div(value, sum);
  const ofSum = tf.sum(tf.mul(slope, times));
  return { value: taps, slope: tf.div(tf.sub(slope, tf.mul(taps, ofSum)), sum) };
}

/**
 * Which taps add up to each entry of a matrix, `[size², most]`; entries of fewer taps have the place behind
 * the last tap, where there is a 0.
 */
function tapPlaces(size: number, radius: number, border: Border): tf.Tensor2D {
  const counts = new Int32Array(size * size);
  const found: (readonly [entry: number, rank: number, tap: number])[] = [];
  for (let i = 0; i < size; i++) {
    for (let d = -radius; d <= radius; d++) {
      const from = borderRules[border](i - d, size);
      if (from >= 0) found.push([i * size + from, counts[i * size + from]!++, Math.abs(d)]);
    }
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const places = new Int32Array(size * size * most).fill(radius + 1);
  for (const [entry, rank, tap] of found) places[entry * most + rank] = tap;
  return tf.tensor2d(places, [size * size, most], 'int32');
}

function matrixOf(taps: tf.Tensor, places: tf.Tensor2D): tf.Tensor2D {
  const size = Math.sqrt(places.shape[0]);
  const withNone = tf.concat([tf.reshape(taps, [-1]), tf.zeros([1])]);
  return tf.reshape(tf.sum(tf.gather(withNone, places), 1), [size, size]);
}
