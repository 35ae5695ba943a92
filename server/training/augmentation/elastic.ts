import { fillNormal, type Key } from '#common/rng';
import { changeImages, type ImageSize } from '../engine/ops/images';
import { drawKey, mover, type AugmenterBuilder } from './augmenter';
import { bellRadius, bellWeights, smoothAxis } from './smooth';
import { warp } from './warp';

/** Displaces every pixel by a smooth random field. */
export const elastic: AugmenterBuilder<'elastic'> = (
  { strengthPx, sigmaPx, interpolation, border },
  place,
) => {
  const radius = bellRadius(sigmaPx);
  return mover({ interpolation, border }, (x, ctx, sampling) => {
    const [, height, width] = x.shape;
    const scratchBytes = 4 * (3 * height * width + 2 * radius + 1) + 256;
    const numbers = [strengthPx, sigmaPx, radius];
    const kernel = { kernel: 'LightbenchElastic', numbers, sampling, scratchBytes };
    return changeImages(x, kernel, drawKey(place, ctx), ctx, (source, out, size, _, key) => {
      const field = drawField(size, key, strengthPx, bellWeights(sigmaPx, radius));
      warp(source, out, size, { matrix: [1, 0, 0, 1], offset: [0, 0] }, sampling, field);
    });
  });
};

/**
 * Displacements of standard deviation `strength`, down and then right: white noise, smoothed as if the
 * image went on periodically, so that their strength is the same everywhere.
 */
function drawField(
  { height, width }: ImageSize,
  key: Key,
  strength: number,
  bell: Float32Array,
): Float32Array {
  const field = new Float32Array(2 * height * width);
  fillNormal(key, field);
  const norm = Math.sqrt(bell.reduce((sum, weight) => sum + weight * weight, 0));
  const weights = bell.map((weight) => weight / norm);
  const pixels = height * width;
  for (const start of [0, pixels]) {
    const white = field.subarray(start, start + pixels).map((value) => strength * value);
    const across = smoothAxis(white, [height, width, 1], weights, 'circular');
    field.set(smoothAxis(across, [1, height, width], weights, 'circular'), start);
  }
  return field;
}
