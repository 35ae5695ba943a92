import * as tf from '@tensorflow/tfjs-core';
import { batchNorm } from '../engine/ops';

const epsilon = 1e-5;

/**
 * Each kernel of a convolution [height, width, in, out] with its mean taken off and divided by its
 * deviation. The gradient goes through both.
 */
export function standardizeKernels(kernel: tf.Tensor): tf.Tensor {
  const filters = kernel.shape.at(-1)!;
  const rows = tf.reshape(kernel, [-1, filters]);
  const { output } = batchNorm(rows, tf.ones([filters]), tf.zeros([filters]), epsilon);
  return tf.reshape(output, kernel.shape);
}
