import * as tf from '@tensorflow/tfjs-core';
import type { ActivationKind } from '#common/catalogue/activations';
import { activation, relu } from '../engine/ops';

/** Applies an activation to every value (softmax: to the channels of every pixel). */
export function activate(x: tf.Tensor, kind: ActivationKind): tf.Tensor {
  if (kind === 'linear') return x;
  if (kind === 'relu') return relu(x);
  return kind === 'softmax' ? tf.softmax(x) : activation(x, kind);
}

/** Which activation the engine computes together with a product, and which is left to do after it. */
export function splitActivation(kind: ActivationKind): {
  readonly fused: 'linear' | 'relu';
  readonly after: ActivationKind;
} {
  return kind === 'relu' ? { fused: 'relu', after: 'linear' } : { fused: 'linear', after: kind };
}
