// Pooling that TF.js lacks, with gradients.
import * as tf from '@tensorflow/tfjs-core';
import { onOwnBackend, type Pair, pair, run } from '../ops';
import { withGradient } from '../../gradients';
import { adaptiveAveragePool } from './resample';

/** The largest value of every channel, [batch, channels]; its gradient goes to the first in reading order. */
export function globalMaxPool(x: tf.Tensor): tf.Tensor2D {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const y = tf.maxPool(x as tf.Tensor4D, [height, width], 1, 'valid');
  return tf.reshape(y, [batch, channels]);
}

/** The mean of every channel, [batch, channels]. */
export function globalAveragePool(x: tf.Tensor): tf.Tensor2D {
  const y = adaptiveAveragePool(x, [1, 1]);
  return tf.reshape(y, [y.shape[0], y.shape[3]]);
}

export interface PoolOptions {
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: 'valid' | 'same';
}

const l2PoolName = 'LightbenchL2Pool';

/** The root of the sum of squares of every window. The gradient is 0 where a window is. */
export function l2Pool(x: tf.Tensor, options: PoolOptions): tf.Tensor4D {
  const [poolSize, strides] = [pair(options.poolSize), pair(options.strides)];
  if (!onOwnBackend(l2PoolName)) return composedL2Pool(x, poolSize, strides, options.padding);
  const attrs = { filterSize: poolSize, strides, pad: options.padding };
  return run(l2PoolName, { x }, attrs);
}

tf.registerGradient({
  kernelName: l2PoolName,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [x, y] = saved as [tf.Tensor, tf.Tensor];
    return { x: () => run('LightbenchL2PoolGradient', { x, y, dy: dy as tf.Tensor }, attrs) };
  },
});

function composedL2Pool(
  x: tf.Tensor,
  poolSize: [number, number],
  strides: [number, number],
  padding: 'valid' | 'same',
): tf.Tensor4D {
  const ones = tf.ones([...poolSize, x.shape.at(-1)!, 1]) as tf.Tensor4D;
  const sum = tf.depthwiseConv2d(tf.square(x as tf.Tensor4D), ones, strides, padding);
  return withGradient([sum], () => {
    const y = tf.sqrt(sum);
    const gradient = (dy: tf.Tensor, [root]: readonly tf.Tensor[]): tf.Tensor[] => [
      tf.divNoNan(dy, tf.mul(root!, 2)),
    ];
    return { value: y, saved: [y], gradient };
  });
}
