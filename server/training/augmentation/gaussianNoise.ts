import { draws, fillNormal, threefry } from '#common/rng';
import type { AugmenterBuilder } from './augmenter';

/** Adds normal noise: y = x + σ ε. Nothing is cut off, so that the mean stays. */
export const buildGaussianNoise: AugmenterBuilder<'gaussianNoise'> = ({ sigma, probability }) => {
  let noise = new Float32Array(0);
  return (image, key) => {
    if (draws(key).uniform() >= probability) return;
    if (noise.length !== image.length) noise = new Float32Array(image.length);
    // The decision took word 0 of the sample's stream; the noise has a stream of its own.
    fillNormal(threefry(key, 0, 1), noise);
    for (let i = 0; i < image.length; i++) image[i] = image[i]! + sigma * noise[i]!;
  };
};
