import * as tf from '@tensorflow/tfjs-core';
import { dot, hasHostSteps, hostOp } from '../engine/hostOp';
import { withGradient } from '../gradients';
import { convolutionMatrix, type Border } from './borders';
import { composedMatrices } from './composedMatrices';
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
export function blur(x: tf.Tensor4D, sigmaPx: tf.Tensor, options: BlurOptions): tf.Tensor4D {
  const made = createMatrices(x.shape, sigmaPx, options);
  return withGradient([x, sigmaPx], () => ({
    value: blurAxes(x, { rows: made[0]!, columns: made[1]! }),
    saved: [x, ...made],
    gradient: (dy, [image, ...saved]) => {
      const [rows, columns, slopeRows, slopeColumns] = saved as readonly tf.Tensor2D[];
      const values = { rows: rows!, columns: columns! };
      const slopes = { rows: slopeRows!, columns: slopeColumns! };
      return [
        blurAxes(dy, transposed(values)),
        dot(dy, blurSlope(image as tf.Tensor4D, values, slopes)),
      ];
    },
  }));
}

/** What is applied to the rows and the columns of an image. */
interface Matrices {
  readonly rows: tf.Tensor2D;
  readonly columns: tf.Tensor2D;
}

/** T for rows and columns, then dT/dσ for both; in double precision on our engines, then rounded. */
function createMatrices(
  [, height, width]: tf.Tensor4D['shape'],
  sigmaPx: tf.Tensor,
  { radiusPx, border, form }: BlurOptions,
): readonly tf.Tensor2D[] {
  if (!hasHostSteps())
    return composedMatrices([height, width], sigmaPx, { radiusPx, border, form });
  const sizes = [height, width, height, width];
  const outputs = sizes.map((size) => ({ shape: [size, size], dtype: 'float32' as const }));
  const made = hostOp([sigmaPx], outputs, ([sigma], to) => {
    const { taps, slopes } = gaussianKernel(sigma![0]!, radiusPx, form);
    for (const [i, size] of sizes.entries()) {
      to[i]!.set(convolutionMatrix(i < 2 ? taps : slopes, size, border));
    }
  });
  return made as tf.Tensor2D[];
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
