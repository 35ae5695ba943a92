import * as tf from '@tensorflow/tfjs-core';
import type { RegularizerKind, RegularizerValue } from '#common/catalogue/regularizers';
import type { Network } from '../model/network';

const builders = {
  l2: ({ lambda }, kernels) =>
    tf.mul(tf.addN(kernels.map((kernel) => tf.sum(tf.square(kernel)))), lambda) as tf.Scalar,
} satisfies {
  readonly [K in RegularizerKind]: (
    value: Extract<RegularizerValue, { readonly type: K }>,
    kernels: readonly tf.Tensor[],
  ) => tf.Scalar;
};

/** What regularization adds to the loss: a function of the kernels alone, 0 without any. */
export function penalty(
  value: RegularizerValue | undefined,
  network: Pick<Network, 'weights'>,
): tf.Scalar {
  const kernels = [...network.weights.values()]
    .filter(({ spec }) => spec.role === 'kernel')
    .map(({ variable }) => variable);
  if (value === undefined || kernels.length === 0) return tf.scalar(0);
  return builders[value.type](value, kernels);
}
