import * as tf from '@tensorflow/tfjs-core';

export type Inputs = Readonly<Record<string, tf.Tensor>>;

/** Whether the backend in use has a kernel of ours; any other composes the operation. */
export function onOwnBackend(kernel: string): boolean {
  return tf.getKernel(kernel, tf.getBackend()) != null;
}

/** Runs a kernel with one result. */
export function run<T extends tf.Tensor>(
  kernel: string,
  inputs: Inputs,
  attrs: tf.NamedAttrMap = {},
): T {
  return tf.engine().runKernel(kernel, inputs, attrs) as unknown as T;
}

/** Runs a kernel with several results. */
export function runMany<T extends readonly tf.Tensor[]>(
  kernel: string,
  inputs: Inputs,
  attrs: tf.NamedAttrMap = {},
): T {
  return tf.engine().runKernel(kernel, inputs, attrs) as unknown as T;
}
