import * as tf from '@tensorflow/tfjs-core';
import type { RegularizerKind, RegularizerValue } from '#common/catalogue/regularizers';
import { type PenaltyOptions, weightPenalty } from '../engine/ops';
import type { Network } from '../model/network';

const strengths = {
  l1: ({ lambda }) => ({ l1: lambda, l2: 0 }),
  l2: ({ lambda }) => ({ l1: 0, l2: lambda }),
  elasticNet: ({ lambda, beta }) => ({ l1: lambda, l2: lambda * beta }),
} satisfies {
  readonly [K in RegularizerKind]: (
    value: Extract<RegularizerValue, { readonly type: K }>,
  ) => PenaltyOptions;
};

/**
 * What regularization adds to the loss: a function of the kernels alone, 0 without any. A layer with a
 * regularizer of its own follows that one, all others follow `value`, and frozen ones have no part in it.
 */
export function penalty(
  value: RegularizerValue | undefined,
  network: Pick<Network, 'weights'>,
): tf.Scalar {
  const parts: tf.Scalar[] = [];
  for (const { spec, variable } of network.weights.values()) {
    const regularizer = (spec.regularizer as RegularizerValue | undefined) ?? value;
    if (spec.role !== 'kernel' || !spec.trainable || regularizer === undefined) continue;
    parts.push(weightPenalty(variable, strengthsOf(regularizer)));
  }
  return parts.length === 0 ? tf.scalar(0) : (tf.addN(parts) as tf.Scalar);
}

function strengthsOf(value: RegularizerValue): PenaltyOptions {
  return (strengths as Record<RegularizerKind, (given: RegularizerValue) => PenaltyOptions>)[
    value.type
  ](value);
}
