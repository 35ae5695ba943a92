import * as tf from '@tensorflow/tfjs-core';
import { addNormalNoise, drop, normalNoise } from '../engine/ops/random';
import { drawKey, type AugmenterBuilder } from './augmenter';

/** Nothing is cut off, so that the mean stays. */
export const gaussianNoise: AugmenterBuilder<'gaussianNoise'> = ({ sigma }, place) => ({
  apply: (x, ctx) => addNormalNoise(x, sigma, drawKey(place, ctx), ctx),
});

export const speckle: AugmenterBuilder<'speckle'> = ({ sigma }, place) => ({
  apply: (x, ctx) =>
    tf.mul(x, normalNoise(x.shape, drawKey(place, ctx), ctx, { mean: 1, deviation: sigma })),
});

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
