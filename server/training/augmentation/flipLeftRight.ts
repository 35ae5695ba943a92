import { draws } from '#common/rng';
import type { AugmenterBuilder } from './augmenter';

/** Mirrors left to right with a probability: y[i, j] = x[i, width − 1 − j]. */
export const buildFlipLeftRight: AugmenterBuilder<'flipLeftRight'> = ({ probability }, shape) => {
  const [height = 1, width = 1, channels = 1] = shape;
  return (image, key) => {
    if (draws(key).uniform() >= probability) return;
    for (let row = 0; row < height; row++) {
      const start = row * width * channels;
      for (let left = 0, right = width - 1; left < right; left++, right--) {
        swapPixels(image, start + left * channels, start + right * channels, channels);
      }
    }
  };
};

function swapPixels(image: Float32Array, a: number, b: number, channels: number): void {
  for (let channel = 0; channel < channels; channel++) {
    const held = image[a + channel]!;
    image[a + channel] = image[b + channel]!;
    image[b + channel] = held;
  }
}
