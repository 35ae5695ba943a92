// What layers and physics do beside tensor arithmetic.
import * as tf from '@tensorflow/tfjs-core';
import type { HostWork, NumericType } from './backend/recording';
import { onOwnBackend } from './ops';

/** What a host operation gives. */
export interface HostOutput {
  readonly shape: readonly number[];
  readonly dtype: NumericType;
}

/**
 * Arithmetic in JavaScript on the values of tensors, as one step of a program: `work` reads the arrays of
 * the inputs and fills those of the outputs. Not differentiable; slow where a kernel would do.
 */
export function hostOp(
  inputs: readonly tf.Tensor[],
  outputs: readonly HostOutput[],
  work: HostWork,
): tf.Tensor[] {
  if (onOwnBackend('LightbenchHostOp')) {
    const named = Object.fromEntries(inputs.map((tensor, i) => [String(i), tensor]));
    // TF.js hands attributes on as they are; it only types them as plain data.
    const attrs = { outputs, work } as unknown as tf.NamedAttrMap;
    return tf.engine().runKernel('LightbenchHostOp', named, attrs) as unknown as tf.Tensor[];
  }
  const made = outputs.map(({ shape, dtype }) =>
    tf
      .zeros([...shape], dtype)
      .dataSync()
      .slice(),
  );
  work(
    inputs.map((tensor) => tensor.dataSync()),
    made,
  );
  return made.map((values, i) => tf.tensor(values, [...outputs[i]!.shape], outputs[i]!.dtype));
}

/** Σ a b over all elements, as a scalar; in double precision on our engines, for sums that cancel. */
export function dot(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  if (!onOwnBackend('LightbenchDot')) return tf.sum(tf.mul(a, b));
  return tf.engine().runKernel('LightbenchDot', { a, b }) as unknown as tf.Scalar;
}
