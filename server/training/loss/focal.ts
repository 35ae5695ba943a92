import * as tf from '@tensorflow/tfjs-core';
import { perSample } from '../engine/ops';
import { type Targets, targetOf } from './targets';

export interface FocalOptions {
  readonly gamma: number;
  /** Weight of an output whose target is 1; the others have the rest. */
  readonly alpha: number;
}

/**
 * α t (1 − p)^γ (−ln p) + (1 − α) (1 − t) p^γ (−ln(1 − p)) from logits. All logarithms are those of the
 * logistic function, −softplus, so that neither values nor slopes overflow, whatever the logit and γ.
 */
export function sigmoidFocal(
  outputs: tf.Tensor,
  targets: Targets,
  { gamma, alpha }: FocalOptions,
): tf.Tensor1D {
  const t = targetOf(outputs, targets);
  const yes = tf.softplus(tf.neg(outputs));
  const no = tf.softplus(outputs);
  const ofYes = tf.mul(tf.exp(tf.mul(no, -gamma)), yes);
  const ofNo = tf.mul(tf.exp(tf.mul(yes, -gamma)), no);
  const weighted = tf.add(
    tf.mul(tf.mul(t, alpha), ofYes),
    tf.mul(tf.mul(tf.sub(1, t), 1 - alpha), ofNo),
  );
  return perSample(weighted, outputs.shape[0]!);
}
