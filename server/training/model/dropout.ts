import * as tf from '@tensorflow/tfjs-core';
import { fillBits, streamKey } from '#common/rng';
import type { ForwardContext } from '../context';
import { hostOp } from '../engine/hostOp';
import type { LayerBuilder } from './layer';

/** Inverted dropout: it scales what is left, so that evaluation has nothing to do. */
export const dropout: LayerBuilder<'dropout'> = ({ rate }, { name }) => ({
  apply(x, ctx) {
    if (!ctx.training || rate === 0) return x;
    return tf.mul(x, dropoutMask(rate, name, x.shape, ctx));
  },
});

/** Factors 0 and 1 / (1 − rate). The mask of a sample does not depend on its place in the batch. */
function dropoutMask(
  rate: number,
  layer: string,
  shape: readonly number[],
  { seed, epoch, samples }: ForwardContext,
): tf.Tensor {
  const dropBelow = rate * 2 ** 32;
  const kept = 1 / (1 - rate);
  const [mask] = hostOp(
    [epoch, samples],
    [{ shape, dtype: 'float32' }],
    ([epochs, rows], [out]) => {
      const width = out!.length / rows!.length;
      const bits = new Uint32Array(width);
      for (const [row, sample] of rows!.entries()) {
        fillBits(streamKey(seed, `dropout/${layer}`, epochs![0], sample), bits);
        const start = row * width;
        for (let i = 0; i < width; i++) out![start + i] = bits[i]! < dropBelow ? 0 : kept;
      }
    },
  );
  return mask!;
}
