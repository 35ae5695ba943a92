import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../../gradients';
import { activation } from './activations';
import { onOwnBackend, run, runMany } from './kernelCall';
import { perSample } from './losses';

export interface OverlapOptions {
  /** Weight of what is marked falsely. */
  readonly alpha: number;
  /** Weight of what is missed. */
  readonly beta: number;
  readonly smooth: number;
}

/**
 * 1 − (TP + smooth) / (TP + α FP + β FN + smooth) for each class of a sample, from logits [batch, …,
 * classes] and a target of their shape, then the mean over its classes. With α = β = ½ and half the
 * smoothing it is the Dice loss. Differentiable in the logits.
 */
export function tversky(
  outputs: tf.Tensor,
  target: tf.Tensor,
  options: OverlapOptions,
): tf.Tensor1D {
  if (!onOwnBackend(tverskyName)) return composedTversky(outputs, target, options);
  type Results = [tf.Tensor1D, tf.Tensor];
  const [losses, slopes] = runMany<Results>(tverskyName, { outputs, target }, { ...options });
  return withGradient([outputs], () => ({
    value: tf.clone(losses),
    saved: [outputs, target, slopes],
    gradient: (dy, [logits, truth, saved]) => [
      run(gradientName, { outputs: logits!, target: truth!, slopes: saved!, dy }),
    ],
  }));
}

const tverskyName = 'LightbenchTversky';
const gradientName = 'LightbenchTverskyGradient';

function composedTversky(
  outputs: tf.Tensor,
  target: tf.Tensor,
  { alpha, beta, smooth }: OverlapOptions,
): tf.Tensor1D {
  const [samples, classes] = [outputs.shape[0]!, outputs.shape.at(-1)!];
  const whole = classes === 1 ? activation(outputs, 'sigmoid') : tf.softmax(outputs);
  const p = tf.reshape(whole, [samples, -1, classes]);
  const t = tf.reshape(target, p.shape);
  const both = tf.sum(tf.mul(p, t), 1);
  const marked = tf.sub(tf.sum(p, 1), both);
  const missed = tf.sub(tf.sum(t, 1), both);
  const faults = tf.add(tf.mul(marked, alpha), tf.mul(missed, beta));
  const right = tf.add(both, smooth);
  // The faults' share, not one minus the rest: it keeps its digits where there are few.
  return perSample(tf.div(faults, tf.add(right, faults)), samples);
}
