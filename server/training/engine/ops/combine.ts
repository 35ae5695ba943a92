// Several tensors of one shape as one, with gradients in few passes.
import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../../gradients';
import { onOwnBackend, run } from '../ops';

const atLeastName = 'LightbenchAtLeast';

/** The larger of two values; of two equal ones the first, to which the gradient goes. */
export function maximum(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (!onOwnBackend(atLeastName)) return tf.maximum(a, b);
  return withGradient([a, b], () => ({
    value: tf.maximum(a, b),
    saved: [a, b],
    gradient: (dy, [first, second]) => {
      const ofFirst = tf.mul(dy, run(atLeastName, { a: first!, b: second! }));
      return [ofFirst, tf.sub(dy, ofFirst)];
    },
  }));
}

/** The sum of tensors of one shape. */
export function sum(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tf.addN([...tensors]);
}

/** The mean of tensors of one shape. */
export function mean(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tf.mul(sum(tensors), 1 / tensors.length);
}
