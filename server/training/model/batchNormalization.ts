import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, relu } from '../engine/ops';
import type { LayerBuilder, LayerContext } from './layer';

/** Standardizes by the batch in training, which also moves the running averages; else by those. */
export const batchNormalization: LayerBuilder<'batchNormalization'> = (value, trace, weight) => {
  const { momentum, epsilon } = value;
  const channels = trace.inputShape.at(-1) ?? 0;
  const ones = value.scale ? undefined : tf.ones([channels]);
  const zeros = value.center ? undefined : tf.zeros([channels]);
  const gamma = ones ?? weight('gamma');
  const beta = zeros ?? weight('beta');
  const movingMean = weight('movingMean');
  const movingVariance = weight('movingVariance');
  return {
    apply: (x, ctx) => (ctx.training ? inTraining(x, ctx, 'linear') : inEvaluation(x)),
    applyWithRelu: (x, ctx) => (ctx.training ? inTraining(x, ctx, 'relu') : relu(inEvaluation(x))),
    dispose: () => tf.dispose([ones, zeros].filter((tensor) => tensor !== undefined)),
  };

  function inTraining(x: tf.Tensor, ctx: LayerContext, activation: 'linear' | 'relu'): tf.Tensor {
    const { output, mean, variance } = batchNorm(x, gamma, beta, epsilon, activation);
    ctx.moveAverage?.(movingMean, mean, momentum);
    ctx.moveAverage?.(movingVariance, variance, momentum);
    return output;
  }

  function inEvaluation(x: tf.Tensor): tf.Tensor {
    type Vector = tf.Tensor1D;
    const [mean, variance] = [movingMean as tf.Tensor, movingVariance as tf.Tensor];
    return tf.batchNorm(
      x as tf.Tensor4D,
      mean as Vector,
      variance as Vector,
      beta as Vector,
      gamma as Vector,
      epsilon,
    );
  }
};
