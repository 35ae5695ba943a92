import type * as tf from '@tensorflow/tfjs-core';
import type { ActivationKind } from '#common/catalogue/activations';
import { asPair } from '#common/catalogue/parameters';
import { splitActivation } from './activations';

type Pair = number | [number, number];

/** How the kernel of a layer lies on the image, as the operations of the engine take it. */
export function geometryOf(value: {
  readonly strides: Pair;
  readonly padding: 'valid' | 'same';
  readonly dilation: Pair;
}) {
  return {
    strides: asPair(value.strides),
    padding: value.padding,
    dilations: asPair(value.dilation),
  };
}

/** Bias and activation of a layer: what the engine does in one pass, and what is left to do after it. */
export function epilogueOf(
  value: { readonly useBias: boolean; readonly activation: ActivationKind },
  weight: (name: string) => tf.Variable,
) {
  const { fused, after } = splitActivation(value.activation);
  return { fused: { activation: fused, ...(value.useBias && { bias: weight('bias') }) }, after };
}
