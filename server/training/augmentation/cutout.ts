import type * as tf from '@tensorflow/tfjs-core';
import { changeImages, type ImageChange } from '../engine/ops/images';
import { drawKey, type AugmenterBuilder } from './augmenter';

/** Hides a rectangle around a random pixel; what is to be learned of it stays. */
export const cutout: AugmenterBuilder<'cutout'> = ({ size, value }, place) => ({
  apply(x, ctx) {
    const [rows, columns] = extent(x.shape, size);
    const kernel = { kernel: 'LightbenchCutOut', numbers: [rows, columns, value] };
    return changeImages(x, kernel, drawKey(place, ctx), ctx, cut(rows, columns, value));
  },
});

function extent([, height, width]: tf.Tensor4D['shape'], size: number): [number, number] {
  return [Math.max(1, Math.round(size * height)), Math.max(1, Math.round(size * width))];
}

function cut(rows: number, columns: number, value: number): ImageChange {
  return (source, out, { height, width, channels }, { below }) => {
    const top = below(height) - Math.floor(rows / 2);
    const left = below(width) - Math.floor(columns / 2);
    out.set(source);
    for (let row = Math.max(0, top); row < Math.min(height, top + rows); row++) {
      const start = row * width + Math.max(0, left);
      const end = row * width + Math.min(width, left + columns);
      out.fill(value, start * channels, end * channels);
    }
  };
}
