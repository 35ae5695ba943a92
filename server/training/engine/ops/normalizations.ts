import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../../gradients';
import { onOwnBackend, runMany } from './kernelCall';

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
