import * as tf from '@tensorflow/tfjs-core';
import { activation } from '../engine/ops';
import { perSample, type Targets, targetOf } from './targets';

export interface OverlapOptions {
  /** Weight of what is marked falsely. */
  readonly alpha: number;
  /** Weight of what is missed. */
  readonly beta: number;
  readonly smooth: number;
}

/**
 * 1 − (TP + smooth) / (TP + α FP + β FN + smooth) for each class of a sample, from logits [batch, …,
 * classes], then the mean over its classes. With α = β = ½ and half the smoothing it is the Dice loss.
 */
export function tversky(
  outputs: tf.Tensor,
  targets: Targets,
  { alpha, beta, smooth }: OverlapOptions,
): tf.Tensor1D {
  const [samples, classes] = [outputs.shape[0]!, outputs.shape.at(-1)!];
  const whole = classes === 1 ? activation(outputs, 'sigmoid') : tf.softmax(outputs);
  const p = tf.reshape(whole, [samples, -1, classes]);
  const t = tf.reshape(targetOf(outputs, targets), p.shape);
  const both = tf.sum(tf.mul(p, t), 1);
  const marked = tf.sub(tf.sum(p, 1), both);
  const missed = tf.sub(tf.sum(t, 1), both);
  const faults = tf.add(tf.mul(marked, alpha), tf.mul(missed, beta));
  const right = tf.add(both, smooth);
  // The faults' share, not one minus the rest: it keeps its digits where there are few.
  return perSample(tf.div(faults, tf.add(right, faults)), samples);
}
