// Changes of brightness that are the same for all pixels of a sample, composed of plain operations.
import * as tf from '@tensorflow/tfjs-core';
import type { ForwardContext } from '../context';
import { uniformNoise } from '../engine/ops/random';
import { drawKey, type AugmenterBuilder } from './augmenter';

export const brightness: AugmenterBuilder<'brightness'> = ({ amount }, place) => ({
  apply: (x, ctx) => tf.add(x, drawn(x, place, ctx, [-amount, amount])),
});

/** About the mean of each channel. */
export const contrast: AugmenterBuilder<'contrast'> = ({ amount }, place) => ({
  apply(x, ctx) {
    const mean = tf.mean(x, [1, 2], true);
    const factor = drawn(x, place, ctx, [1 - amount, 1 + amount]);
    return tf.add(mean, tf.mul(tf.sub(x, mean), factor));
  },
});

/** The smallest light whose power is taken; that of darkness is as good as 0. */
const leastLight = 1e-30;

export const gamma: AugmenterBuilder<'gamma'> = ({ amount }, place) => ({
  apply(x, ctx) {
    const octaves = drawn(x, place, ctx, [-amount, amount]);
    const exponent = tf.exp(tf.mul(octaves, Math.LN2));
    return tf.exp(tf.mul(tf.log(tf.maximum(x, leastLight)), exponent));
  },
});

export const invert: AugmenterBuilder<'invert'> = () => ({ apply: (x) => tf.sub(1, x) });

/** One number for each sample, even over a range. */
function drawn(
  x: tf.Tensor4D,
  place: string,
  ctx: ForwardContext,
  range: readonly [number, number],
): tf.Tensor4D {
  return uniformNoise([x.shape[0], 1, 1, 1], drawKey(place, ctx), ctx, range);
}
