import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../gradients';
import { shiftMatrices, type Border } from './borders';
import { gaussianKernel, type KernelForm } from './gaussianKernel';
import type { PhysicalLayerBuilder } from './physicalLayer';

/**
 * y = T(σ) x T(σ)ᵀ on every channel: two products with one matrix for each axis, exactly differentiable
 * in x and σ. The kernel ends at ⌈4σ⌉ pixels; where σ is learned, at ⌈4σ⌉ of the largest σ that it can
 * reach, because a radius that followed σ would make the loss jump.
 */
export const gaussianBlur: PhysicalLayerBuilder<'gaussianBlur'> = (value, trace, parameter) => {
  const sigma = parameter('sigmaPx');
  const spec = trace.parameters.find(({ name }) => name === 'sigmaPx')!;
  const radiusPx = Math.ceil(4 * (spec.trainable ? spec.maximum : spec.initial));
  const [height, width] = trace.inputShape as readonly [number, number, number];
  const blur = createBlur(height, width, radiusPx, value.border);
  return { apply: (x) => blur.apply(x, sigma), dispose: blur.dispose };
};

/** A blur of images of one size. */
export interface Blur {
  /** `form` replaces the catalogue's choice of a sampled or integrated kernel. */
  apply(x: tf.Tensor4D, sigmaPx: tf.Tensor, form?: KernelForm): tf.Tensor4D;
  dispose(): void;
}

export function createBlur(height: number, width: number, radiusPx: number, border: Border): Blur {
  const rowShifts = createShifts(height, radiusPx, border);
  const columnShifts = height === width ? rowShifts : createShifts(width, radiusPx, border);
  return {
    apply: (x, sigmaPx, form) =>
      tf.tidy(() => {
        const taps = kernelTaps(sigmaPx, radiusPx, form);
        const rows = combine(taps, rowShifts, height);
        const columns = height === width ? rows : combine(taps, columnShifts, width);
        return blurAxes(x, rows, columns);
      }),
    dispose: () => tf.dispose([rowShifts, columnShifts]),
  };
}

function createShifts(size: number, radiusPx: number, border: Border): tf.Tensor2D {
  return tf.tensor2d(shiftMatrices(size, radiusPx, border), [radiusPx + 1, size * size]);
}

/** Taps h(0) … h(radius) as one row. They and their slopes are made in double, then rounded. */
function kernelTaps(sigmaPx: tf.Tensor, radiusPx: number, form?: KernelForm): tf.Tensor2D {
  const row = (values: Float64Array) => tf.tensor2d(Float32Array.from(values), [1, radiusPx + 1]);
  return withGradient<tf.Tensor2D>(sigmaPx, (sigma) => {
    const { taps, slopes } = gaussianKernel(sigma.dataSync()[0]!, radiusPx, form);
    return { value: row(taps), gradient: (dy) => tf.sum(tf.mul(dy, row(slopes))) };
  });
}

/** The matrix T = Σ h(d) S(d). */
function combine(taps: tf.Tensor2D, shifts: tf.Tensor2D, size: number): tf.Tensor2D {
  return tf.reshape(tf.matMul(taps, shifts), [size, size]);
}

/** Products run over the last axis, so each axis is brought there in turn. */
function blurAxes(x: tf.Tensor4D, rows: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor4D {
  const channelsFirst = tf.transpose(x, [0, 3, 1, 2]);
  const turned = tf.transpose(timesTransposed(channelsFirst, columns), [0, 1, 3, 2]);
  return tf.transpose(timesTransposed(turned, rows), [0, 3, 2, 1]);
}

/** x Tᵀ over the last axis. */
function timesTransposed(x: tf.Tensor4D, matrix: tf.Tensor2D): tf.Tensor4D {
  const rows = tf.reshape(x, [-1, matrix.shape[0]]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(rows, matrix, false, true), x.shape);
}
