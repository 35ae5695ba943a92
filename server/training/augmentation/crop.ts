import { changeImages, type ImageChange } from '../engine/ops/images';
import { drawKey, mover, type AugmenterBuilder } from './augmenter';
import { warp, type Warp } from './warp';

/** Moves by whole pixels: the image is padded and cut out again. */
export const crop: AugmenterBuilder<'crop'> = ({ paddingPx, border }, place) =>
  mover({ interpolation: 'nearest', border }, (x, ctx, sampling) => {
    const kernel = { kernel: 'LightbenchCrop', numbers: [paddingPx], sampling };
    const move: ImageChange = (source, out, size, { below }) => {
      const [down, right] = [below(2 * paddingPx + 1), below(2 * paddingPx + 1)];
      const offset = [down - paddingPx, right - paddingPx] as const;
      warp(source, out, size, { matrix: [1, 0, 0, 1], offset }, sampling);
    };
    return changeImages(x, kernel, drawKey(place, ctx), ctx, move);
  });

/** A part of the image, brought back to its size. */
export const randomResizedCrop: AugmenterBuilder<'randomResizedCrop'> = (
  { smallestArea, aspect, interpolation },
  place,
) =>
  mover({ interpolation, border: 'nearest' }, (x, ctx, sampling) => {
    const numbers = [smallestArea, Math.log(aspect)];
    const kernel = { kernel: 'LightbenchResizedCrop', numbers, sampling };
    return changeImages(x, kernel, drawKey(place, ctx), ctx, (source, out, size, { uniform }) => {
      const area = smallestArea + (1 - smallestArea) * uniform();
      const drawn = Math.exp(Math.log(aspect) * (2 * uniform() - 1));
      const height = Math.min(1, Math.sqrt(area / drawn));
      const width = Math.min(1, Math.sqrt(area * drawn));
      const top = uniform() * (1 - height) * size.height;
      const left = uniform() * (1 - width) * size.width;
      const part: Warp = {
        matrix: [height, 0, 0, width],
        offset: [0.5 * height - 0.5 + top, 0.5 * width - 0.5 + left],
      };
      warp(source, out, size, part, sampling);
    });
  });
