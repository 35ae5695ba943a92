import * as tf from '@tensorflow/tfjs-core';
import type { ActivationKind } from '#common/catalogue/activations';
import { relu } from '../engine/ops';

const functions = {
  linear: (x) => x,
  relu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  elu: tf.elu,
} satisfies Record<ActivationKind, (x: tf.Tensor) => tf.Tensor>;

/** Applies an activation to every value. */
export function activate(x: tf.Tensor, kind: ActivationKind): tf.Tensor {
  return functions[kind](x);
}

/** Which activation the engine computes together with a product, and which is left to do after it. */
export function splitActivation(kind: ActivationKind): {
  readonly fused: 'linear' | 'relu';
  readonly after: ActivationKind;
} {
  return kind === 'relu' ? { fused: 'relu', after: 'linear' } : { fused: 'linear', after: kind };
}
