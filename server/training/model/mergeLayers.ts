import * as tf from '@tensorflow/tfjs-core';
import type { LayerKind } from '#common/catalogue/layers';
import { maximum, mean, sum } from '../engine/ops/combine';
import type { Layer, LayerBuilder } from './layer';

/** A layer of all its inputs. */
function merge(op: (inputs: readonly tf.Tensor[]) => tf.Tensor): () => Layer {
  return () => ({ apply: (x, _, others = []) => op([x, ...others]) });
}

export const mergeLayers = {
  add: merge(sum),
  subtract: merge(([first, second]) => tf.sub(first!, second!)),
  multiply: merge((inputs) => inputs.reduce((product, x) => tf.mul(product, x))),
  average: merge(mean),
  maximum: merge((inputs) => inputs.reduce(maximum)),
  concatenate: merge((inputs) => tf.concat([...inputs], -1)),
} satisfies { readonly [K in LayerKind]?: LayerBuilder<K> };
