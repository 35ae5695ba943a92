import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../../gradients';
import { onOwnBackend, run, runMany } from './kernelCall';

export interface GroupNormOptions {
  /** How many groups the channels (the last axis) are divided into; it must divide their number. */
  readonly groups: number;
  readonly epsilon: number;
  readonly activation?: 'linear' | 'relu';
}

/**
 * Normalizes every sample (the first axis) by itself: (x - mean) / sqrt(variance + epsilon) * gamma +
 * beta, where each group of channels has one mean and variance over all pixels; then the activation.
 * One group is layer normalization, a group for each channel is instance normalization. The gradient
 * goes through the statistics.
 */
export function groupNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  options: GroupNormOptions,
): tf.Tensor {
  if (!onOwnBackend(groupNormName)) return composedGroupNorm(x, gamma, beta, options);
  const attrs = { activation: 'linear', ...options };
  type Results = [tf.Tensor, tf.Tensor, tf.Tensor];
  const [y, mean, variance] = runMany<Results>(groupNormName, { x, gamma, beta }, attrs);
  return withGradient([x, gamma, beta], () => ({
    value: tf.clone(y),
    saved: [x, gamma, beta, mean, variance],
    gradient: (dy, saved) => {
      const names = ['x', 'gamma', 'beta', 'mean', 'variance'];
      const known = Object.fromEntries(names.map((name, i) => [name, saved[i]!]));
      return runMany<Results>('LightbenchGroupNormGradient', { ...known, dy }, attrs);
    },
  }));
}

/** What a normalization with given figures takes: one number of each a channel. */
export interface FixedNormOptions {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
  readonly gamma: tf.Tensor;
  readonly beta: tf.Tensor;
  readonly epsilon: number;
}

/** (x - mean) / sqrt(variance + epsilon) * gamma + beta. Differentiable in x alone. */
export function fixedNorm(x: tf.Tensor, options: FixedNormOptions): tf.Tensor {
  const { mean, variance, gamma, beta, epsilon } = options;
  if (!onOwnBackend(batchNormName)) {
    const [m, v, b, g] = [mean, variance, beta, gamma] as tf.Tensor1D[];
    return tf.batchNorm(x as tf.Tensor4D, m!, v!, b, g, epsilon);
  }
  const inputs = { x, mean, variance, gamma, beta };
  const y = run(batchNormName, inputs, { epsilon, activation: 'linear' });
  return withGradient([x], () => ({
    value: tf.clone(y),
    saved: [variance, gamma],
    gradient: (dy, [v, g]) => [tf.mul(dy, tf.mul(tf.rsqrt(tf.add(v!, epsilon)), g!))],
  }));
}

const batchNormName = 'LightbenchBatchNorm';
const groupNormName = 'LightbenchGroupNorm';

function composedGroupNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { groups, epsilon, activation }: GroupNormOptions,
): tf.Tensor {
  const [samples, channels] = [x.shape[0]!, x.shape.at(-1)!];
  const grouped = tf.reshape(x, [samples, -1, groups, channels / groups]);
  const { mean, variance } = tf.moments(grouped, [1, 3], true);
  const scaled = tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, epsilon)));
  const linear = tf.add(tf.mul(tf.reshape(scaled, x.shape), gamma), beta);
  return activation === 'relu' ? tf.relu(linear) : linear;
}
