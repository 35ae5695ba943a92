import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, fixedNorm, followedBy, type FollowingRelu } from '../engine/ops';
import type { Layer, LayerBuilder, LayerContext } from './layer';

/**
 * Standardizes by the batch in training, which also moves the running averages; in evaluation, or when
 * it is frozen, by those.
 */
export const batchNormalization: LayerBuilder<'batchNormalization'> = (value, trace, weight) => {
  const { momentum, epsilon } = value;
  const channels = trace.inputShape.at(-1) ?? 0;
  const ones = value.scale ? undefined : tf.ones([channels]);
  const zeros = value.center ? undefined : tf.zeros([channels]);
  const gamma = ones ?? weight('gamma');
  const beta = zeros ?? weight('beta');
  const movingMean = weight('movingMean');
  const movingVariance = weight('movingVariance');
  const learns = (ctx: LayerContext): boolean => ctx.training && value.trainable;
  return {
    apply: (x, ctx) => (learns(ctx) ? byBatch(x, ctx, 'linear') : byAverages(x)),
    applyWith: { relu: followed('relu'), relu6: followed('relu6') },
    dispose: () => tf.dispose([ones, zeros].filter((tensor) => tensor !== undefined)),
  };

  function followed(activation: FollowingRelu): Layer['apply'] {
    return (x, ctx) =>
      learns(ctx) ? byBatch(x, ctx, activation) : followedBy(byAverages(x), activation);
  }

  function byBatch(
    x: tf.Tensor,
    ctx: LayerContext,
    activation: 'linear' | FollowingRelu,
  ): tf.Tensor {
    const { output, mean, variance } = batchNorm(x, gamma, beta, epsilon, activation);
    ctx.moveAverage?.(movingMean, mean, momentum);
    const spread = value.unbiased ? unbiased(variance, x.size / channels) : variance;
    ctx.moveAverage?.(movingVariance, spread, momentum);
    return output;
  }

  function byAverages(x: tf.Tensor): tf.Tensor {
    const [mean, variance] = [movingMean, movingVariance];
    return fixedNorm(x, { mean, variance, gamma, beta, epsilon });
  }
};

/** What the variance of `count` values estimates of where they come from; of a single one it stays 0. */
function unbiased(variance: tf.Tensor, count: number): tf.Tensor {
  return tf.mul(variance, count / Math.max(1, count - 1));
}
