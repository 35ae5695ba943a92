import * as tf from '@tensorflow/tfjs-core';
import { fillBits, streamKey } from '#common/rng';
import type { ForwardContext } from '../context';
import type { LayerBuilder } from './layer';

/** Inverted dropout: it scales what is left, so that evaluation has nothing to do. */
export const dropout: LayerBuilder<'dropout'> = ({ rate }, { name }) => ({
  apply(x, ctx) {
    if (!ctx.training || rate === 0) return x;
    return tf.mul(x, tf.tensor(dropoutMask(rate, name, x.size, ctx), x.shape));
  },
});

/** Factors 0 and 1 / (1 − rate). The mask of a sample does not depend on its place in the batch. */
function dropoutMask(
  rate: number,
  layer: string,
  size: number,
  { seed, epoch, samples }: ForwardContext,
): Float32Array {
  const mask = new Float32Array(size);
  const width = size / samples.length;
  const bits = new Uint32Array(width);
  const dropBelow = rate * 2 ** 32;
  const kept = 1 / (1 - rate);
  for (const [row, sample] of samples.entries()) {
    fillBits(streamKey(seed, `dropout/${layer}`, epoch, sample), bits);
    const start = row * width;
    for (let i = 0; i < width; i++) mask[start + i] = bits[i]! < dropBelow ? 0 : kept;
  }
  return mask;
}
