import * as tf from '@tensorflow/tfjs-core';
import type { LayerValueOf } from '#common/catalogue/layers';
import { purposeKey, type Key } from '#common/rng';
import type { ForwardContext } from '../context';
import { drop, dropMask, normalNoise } from '../engine/ops/random';
import type { LayerBuilder } from './layer';

/** Inverted, it scales what is left, so that evaluation has nothing to do. */
export const dropout: LayerBuilder<'dropout'> = ({ rate, mode }, { name }) => ({
  apply(x, ctx) {
    if (rate === 0) return x;
    const kept = mode === 'inverted' ? 1 / (1 - rate) : 1;
    if (ctx.training) return drop(x, { rate, scale: kept }, keyOf(name, ctx), ctx);
    return mode === 'inverted' ? x : tf.mul(x, 1 - rate);
  },
});

/** Whole channels of a sample. */
export const spatialDropout2d: LayerBuilder<'spatialDropout2d'> = ({ rate }, { name }) =>
  dropsParts(rate, name, (shape) => [shape[0]!, 1, 1, shape.at(-1)!]);

/** All of a sample. */
export const stochasticDepth: LayerBuilder<'stochasticDepth'> = ({ rate }, { name }) =>
  dropsParts(rate, name, (shape) => shape.map((size, axis) => (axis === 0 ? size : 1)));

/** The value far below zero that a SELU gives: −λα. */
const seluFloor = -1.7580993408473766;

export const alphaDropout: LayerBuilder<'alphaDropout'> = ({ rate }, { name }) => {
  const scale = ((1 - rate) * (1 + rate * seluFloor ** 2)) ** -0.5;
  const shift = -scale * seluFloor * rate;
  const options = { rate, scale, shift, dropped: scale * seluFloor + shift };
  return {
    apply: (x, ctx) => (ctx.training && rate > 0 ? drop(x, options, keyOf(name, ctx), ctx) : x),
  };
};

export const gaussianDropout: LayerBuilder<'gaussianDropout'> = ({ rate }, { name }) => ({
  apply(x, ctx) {
    if (!ctx.training || rate === 0) return x;
    const spread = { mean: 1, deviation: Math.sqrt(rate / (1 - rate)) };
    return tf.mul(x, normalNoise(x.shape, keyOf(name, ctx), ctx, spread));
  },
});

/**
 * A kernel of which a random part is left out for one step (DropConnect), and the rest scaled up. A
 * step's mask is that of its first sample.
 */
export function dropConnections(
  kernel: tf.Tensor,
  { dropConnect: rate }: Pick<LayerValueOf<'dense'>, 'dropConnect'>,
  layer: string,
  ctx: ForwardContext,
): tf.Tensor {
  if (!ctx.training || rate === 0) return kernel;
  const asRow = tf.reshape(kernel, [1, kernel.size]);
  const dropped = drop(asRow, { rate, scale: 1 / (1 - rate) }, keyOf(layer, ctx), ctx);
  return tf.reshape(dropped, kernel.shape);
}

/** Inverted dropout of what shares one factor: `shapeOf` gives the shape of the factors. */
function dropsParts(rate: number, layer: string, shapeOf: (shape: readonly number[]) => number[]) {
  const apply = (x: tf.Tensor, ctx: ForwardContext): tf.Tensor => {
    if (!ctx.training || rate === 0) return x;
    const scale = 1 / (1 - rate);
    return tf.mul(x, dropMask(shapeOf(x.shape), { rate, scale }, keyOf(layer, ctx), ctx));
  };
  return { apply };
}

/** The mask of a sample does not depend on its place in the batch. */
function keyOf(layer: string, { seed }: ForwardContext): Key {
  return purposeKey(seed, `dropout/${layer}`);
}
