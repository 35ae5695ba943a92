import * as tf from '@tensorflow/tfjs-core';
import type { LayerKind, LayerValueOf } from '#common/catalogue/layers';
import { asPair } from '#common/catalogue/parameters';
import { globalAveragePool, globalMaxPool, l2Pool, type PoolOptions } from '../engine/ops/pooling';
import { adaptiveAveragePool } from '../engine/ops/resample';
import type { LayerBuilder } from './layer';

type PoolKind = 'maxPooling2d' | 'averagePooling2d' | 'l2Pooling2d';

function pool<K extends PoolKind>(
  op: (x: tf.Tensor, options: PoolOptions) => tf.Tensor,
): LayerBuilder<K> {
  return ({ poolSize, strides, padding }: LayerValueOf<PoolKind>) => {
    const options = { poolSize: asPair(poolSize), strides: asPair(strides ?? poolSize), padding };
    return { apply: (x) => op(x, options) };
  };
}

/** TF.js' own pooling. */
function theirs(op: typeof tf.avgPool) {
  return (x: tf.Tensor, { poolSize, strides, padding }: PoolOptions): tf.Tensor =>
    op(x as tf.Tensor4D, poolSize as [number, number], strides as [number, number], padding);
}

export const poolingLayers = {
  maxPooling2d: pool(theirs(tf.maxPool)),
  averagePooling2d: pool(theirs(tf.avgPool)),
  l2Pooling2d: pool(l2Pool),
  globalAveragePooling2d: () => ({ apply: globalAveragePool }),
  globalMaxPooling2d: () => ({ apply: globalMaxPool }),
  adaptiveAveragePooling2d: ({ outputSize }) => ({
    apply: (x) => adaptiveAveragePool(x, asPair(outputSize)),
  }),
} satisfies { readonly [K in LayerKind]?: LayerBuilder<K> };
