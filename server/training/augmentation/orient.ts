import type * as tf from '@tensorflow/tfjs-core';
import { changeImages, type ImageChange, type ImageSize } from '../engine/ops/images';
import type { ForwardContext } from '../context';
import { drawKey, mover, type Augmenter, type AugmenterBuilder } from './augmenter';

/** Quarter turns, counter-clockwise, and mirrors, as augmentation.c numbers them. */
const [mirrorColumns, mirrorRows] = [4, 5] as const;

/** Pixels are moved, never mixed. */
const sampling = { interpolation: 'nearest', border: 'zero' } as const;

export const flipLeftRight: AugmenterBuilder<'flipLeftRight'> = (_, place) =>
  orienter(place, () => [mirrorColumns, 0, 1]);

export const flipUpDown: AugmenterBuilder<'flipUpDown'> = (_, place) =>
  orienter(place, () => [mirrorRows, 0, 1]);

/** Images that are not square would change their shape: they are turned by 0° or 180°. */
export const rotate90: AugmenterBuilder<'rotate90'> = (_, place) =>
  orienter(place, ([, height, width]) => (height === width ? [0, 1, 4] : [0, 2, 2]));

/** Orientations to draw from: the first, the step to the next, how many. */
type Orientations = readonly [first: number, step: number, count: number];

function orienter(
  place: string,
  orientationsOf: (shape: tf.Tensor4D['shape']) => Orientations,
): Augmenter {
  return mover(sampling, (x: tf.Tensor4D, ctx: ForwardContext) => {
    const numbers = orientationsOf(x.shape);
    return changeImages(
      x,
      { kernel: 'LightbenchOrient', numbers },
      drawKey(place, ctx),
      ctx,
      orientations(numbers),
    );
  });
}

function orientations([first, step, count]: Orientations): ImageChange {
  return (source, out, size, { below }) => {
    const code = first + step * (count > 1 ? below(count) : 0);
    const { height, width, channels } = size;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const [row, column] = cameFrom(code, i, j, size);
        const at = (row * width + column) * channels;
        out.set(source.subarray(at, at + channels), (i * width + j) * channels);
      }
    }
  };
}

function cameFrom(
  code: number,
  i: number,
  j: number,
  { height, width }: ImageSize,
): readonly [row: number, column: number] {
  const [bottom, right] = [height - 1, width - 1];
  switch (code) {
    case 1:
      return [j, right - i];
    case 2:
      return [bottom - i, right - j];
    case 3:
      return [bottom - j, i];
    case mirrorColumns:
      return [i, right - j];
    case mirrorRows:
      return [bottom - i, j];
    default:
      return [i, j];
  }
}
