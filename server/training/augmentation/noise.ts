import * as tf from '@tensorflow/tfjs-core';
import type { ForwardContext } from '../context';
import { addNormalNoise, drop, normalNoise } from '../engine/ops/random';
import { drawForEach, drawKey, type AugmenterBuilder } from './augmenter';
import type { Range } from './range';

/** Nothing is cut off, so that the mean stays. */
export const gaussianNoise: AugmenterBuilder<'gaussianNoise'> = ({ sigma }, place) => ({
  apply: (x, ctx) =>
    typeof sigma === 'number'
      ? addNormalNoise(x, sigma, drawKey(place, ctx), ctx)
      : tf.add(x, noiseWithin(sigma, x, place, ctx)),
});

export const speckle: AugmenterBuilder<'speckle'> = ({ sigma }, place) => ({
  apply: (x, ctx) =>
    typeof sigma === 'number'
      ? tf.mul(x, normalNoise(x.shape, drawKey(place, ctx), ctx, { mean: 1, deviation: sigma }))
      : tf.add(x, tf.mul(x, noiseWithin(sigma, x, place, ctx))),
});

/** Normal noise of a strength that is drawn for each sample. */
function noiseWithin(
  sigma: Range,
  x: tf.Tensor4D,
  place: string,
  ctx: ForwardContext,
): tf.Tensor4D {
  const strength = drawForEach(x, `${place}/sigma`, ctx, sigma);
  return tf.mul(normalNoise(x.shape, drawKey(place, ctx), ctx), strength);
}

/** First the salt, then as much pepper, which covers some of the salt. */
export const saltAndPepper: AugmenterBuilder<'saltAndPepper'> = ({ amount }, place) => {
  const pepper = amount / 2;
  const salt = pepper / (1 - pepper);
  return {
    apply(x, ctx) {
      const salted = drop(x, { rate: salt, dropped: 1 }, drawKey(`${place}/salt`, ctx), ctx);
      return drop(salted, { rate: pepper }, drawKey(`${place}/pepper`, ctx), ctx);
    },
  };
};
