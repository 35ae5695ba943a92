import * as tf from '@tensorflow/tfjs-core';
import { asPair } from '#common/catalogue/parameters';
import type { LayerKind, LayerValueOf } from '#common/catalogue/layers';
import { conv2d as convolve, dense as multiply } from '../engine/ops';
import { activate, splitActivation } from './activations';
import { batchNormalization } from './batchNormalization';
import {
  alphaDropout,
  dropConnections,
  dropout,
  gaussianDropout,
  spatialDropout2d,
  stochasticDepth,
} from './dropout';
import type { LayerBuilder } from './layer';

const conv2d: LayerBuilder<'conv2d'> = (value, _, weight) => {
  const { fused, after } = splitActivation(value.activation);
  const options = {
    strides: asPair(value.strides),
    padding: value.padding,
    dilations: asPair(value.dilation),
    activation: fused,
    ...(value.useBias ? { bias: weight('bias') } : {}),
  };
  const kernel = weight('kernel');
  return { apply: (x) => activate(convolve(x, kernel, options), after) };
};

const dense: LayerBuilder<'dense'> = (value, { name }, weight) => {
  const { fused, after } = splitActivation(value.activation);
  const options = { activation: fused, ...(value.useBias ? { bias: weight('bias') } : {}) };
  const kernel = weight('kernel');
  return {
    apply: (x, ctx) =>
      activate(multiply(x, dropConnections(kernel, value, name, ctx), options), after),
  };
};

type PoolKind = 'maxPooling2d' | 'averagePooling2d';
type PoolOp = typeof tf.avgPool;

function pool<K extends PoolKind>(op: PoolOp): LayerBuilder<K> {
  return ({ poolSize, strides, padding }: LayerValueOf<PoolKind>) => {
    const [window, step] = [[...asPair(poolSize)], [...asPair(strides ?? poolSize)]];
    return {
      apply: (x) =>
        op(x as tf.Tensor4D, window as [number, number], step as [number, number], padding),
    };
  };
}

/** The layer that each kind of the catalogue becomes. */
export const layerBuilders = {
  conv2d,
  maxPooling2d: pool(tf.maxPool),
  averagePooling2d: pool(tf.avgPool),
  globalAveragePooling2d: () => ({ apply: (x) => tf.mean(x, [1, 2]) }),
  flatten: (_, { outputShape }) => ({
    apply: (x) => tf.reshape(x, [x.shape[0]!, ...outputShape]),
  }),
  dense,
  activation: (value) => ({ apply: (x) => activate(x, value.function) }),
  dropout,
  spatialDropout2d,
  alphaDropout,
  gaussianDropout,
  stochasticDepth,
  batchNormalization,
} satisfies { readonly [K in LayerKind]: LayerBuilder<K> };
