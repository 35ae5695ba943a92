import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../gradients';
import { convolutionMatrix, type Border } from './borders';
import { gaussianKernel, type KernelForm } from './gaussianKernel';
import type { PhysicalLayerBuilder } from './physicalLayer';

/**
 * y = T(σ) x T(σ)ᵀ on every channel: a product with one matrix for each axis, exactly differentiable in
 * x and σ. The kernel ends at ⌈4σ⌉ pixels; where σ is learned, at ⌈4σ⌉ of the largest σ that it can
 * reach, because a radius that followed σ would make the loss jump.
 */
export const gaussianBlur: PhysicalLayerBuilder<'gaussianBlur'> = (value, trace, parameter) => {
  const sigma = parameter('sigmaPx');
  const spec = trace.parameters.find(({ name }) => name === 'sigmaPx')!;
  const radiusPx = Math.ceil(4 * (spec.trainable ? spec.maximum : spec.initial));
  return { apply: (x) => blur(x, sigma, { radiusPx, border: value.border }) };
};

export interface BlurOptions {
  readonly radiusPx: number;
  readonly border: Border;
  /** Replaces the catalogue's choice of a sampled or integrated kernel. */
  readonly form?: KernelForm;
}

/** Blurs images [batch, height, width, channels] by a Gaussian. */
export function blur(
  x: tf.Tensor4D,
  sigmaPx: tf.Tensor,
  { radiusPx, border, form }: BlurOptions,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const matrices = (taps: Float64Array): Matrices => ({
    rows: createMatrix(taps, height, border),
    columns: createMatrix(taps, width, border),
  });
  return withGradient([x, sigmaPx], () => {
    const { taps, slopes } = gaussianKernel(sigmaPx.dataSync()[0]!, radiusPx, form);
    return {
      value: blurAxes(x, matrices(taps)),
      saved: [x],
      gradient: (dy, [saved]) => [
        blurAxes(dy, transposed(matrices(taps))),
        inner(dy, blurSlope(saved as tf.Tensor4D, matrices(taps), matrices(slopes))),
      ],
    };
  });
}

/** What is applied to the rows and the columns of an image. */
interface Matrices {
  readonly rows: tf.Tensor2D;
  readonly columns: tf.Tensor2D;
}

/** T or dT/dσ, made in double precision, then rounded. */
function createMatrix(taps: Float64Array, size: number, border: Border): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(convolutionMatrix(taps, size, border)), [size, size]);
}

/** dy/dσ = T′ x Tᵀ + T x T′ᵀ */
function blurSlope(x: tf.Tensor4D, matrices: Matrices, slopes: Matrices): tf.Tensor4D {
  return tf.add(
    blurAxes(x, { rows: slopes.rows, columns: matrices.columns }),
    blurAxes(x, { rows: matrices.rows, columns: slopes.columns }),
  );
}

/** Products run over the last axis, so each axis is brought there in turn. */
function blurAxes(x: tf.Tensor4D, { rows, columns }: Matrices): tf.Tensor4D {
  const channelsFirst = tf.transpose(x, [0, 3, 1, 2]);
  const turned = tf.transpose(timesTransposed(channelsFirst, columns), [0, 1, 3, 2]);
  return tf.transpose(timesTransposed(turned, rows), [0, 3, 2, 1]);
}

function transposed({ rows, columns }: Matrices): Matrices {
  return { rows: tf.transpose(rows), columns: tf.transpose(columns) };
}

/** x Tᵀ over the last axis. */
function timesTransposed(x: tf.Tensor4D, matrix: tf.Tensor2D): tf.Tensor4D {
  const rows = tf.reshape(x, [-1, matrix.shape[0]]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(rows, matrix, false, true), x.shape);
}

/** Σ a b in double precision: over a whole batch most of it cancels. */
function inner(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  const [left, right] = [a.dataSync(), b.dataSync()];
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i]! * right[i]!;
  return tf.scalar(sum);
}
