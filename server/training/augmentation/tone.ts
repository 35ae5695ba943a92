// Changes of brightness that are the same for all pixels of a sample.
import * as tf from '@tensorflow/tfjs-core';
import { changeImages, type ImageSize } from '../engine/ops/images';
import { drawForEach, drawKey, type AugmenterBuilder } from './augmenter';
import { drawWithin, rangeAround, spanOf } from './range';

export const brightness: AugmenterBuilder<'brightness'> = ({ amount }, place) => ({
  apply: (x, ctx) => tf.add(x, drawForEach(x, place, ctx, rangeAround(0, amount))),
});

/** Pixels that the kernel takes side by side: PIXELS_OF_LINE of contrast.c. */
const pixelsOfLine = 16;

/** About the mean of each channel. */
export const contrast: AugmenterBuilder<'contrast'> = ({ amount }, place) => {
  const factors = rangeAround(1, amount);
  return {
    apply(x, ctx) {
      const scratchBytes = 16 * pixelsOfLine * x.shape[3] + 256;
      const kernel = { kernel: 'LightbenchContrast', numbers: spanOf(factors), scratchBytes };
      return changeImages(x, kernel, drawKey(place, ctx), ctx, (source, out, size, draw) =>
        changeContrast(source, out, size, drawWithin(factors, draw)),
      );
    },
  };
};

function changeContrast(
  source: Float32Array,
  out: Float32Array,
  { channels }: ImageSize,
  factor: number,
): void {
  const means = new Float64Array(channels);
  for (const [i, value] of source.entries()) means[i % channels]! += value;
  for (let c = 0; c < channels; c++) means[c]! /= source.length / channels;
  for (const [i, value] of source.entries()) {
    const mean = means[i % channels]!;
    out[i] = mean + factor * (value - mean);
  }
}

/** The smallest light whose power is taken; that of darkness is as good as 0. */
const leastLight = 1e-30;

export const gamma: AugmenterBuilder<'gamma'> = ({ amount }, place) => ({
  apply(x, ctx) {
    const octaves = drawForEach(x, place, ctx, rangeAround(0, amount));
    const exponent = tf.exp(tf.mul(octaves, Math.LN2));
    return tf.exp(tf.mul(tf.log(tf.maximum(x, leastLight)), exponent));
  },
});

export const invert: AugmenterBuilder<'invert'> = () => ({ apply: (x) => tf.sub(1, x) });
