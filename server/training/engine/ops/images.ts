// Random changes of images: in C on the engine's own backend, on any other by the same arithmetic in
// JavaScript.
import type * as tf from '@tensorflow/tfjs-core';
import { draws, type Draws, type Key } from '#common/rng';
import { onOwnBackend, run } from '../ops';
import { perRow, type DrawContext } from './random';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** How an image is read between its pixels, and beyond them. */
export interface Sampling {
  readonly interpolation: 'nearest' | 'bilinear' | 'bicubic';
  readonly border: 'zero' | 'nearest' | 'mirror' | 'symmetric' | 'circular';
}

/** Neighbours along one axis that make a value. */
const taps = { nearest: 1, bilinear: 2, bicubic: 4 } as const;

/** As images.h numbers them. */
const borders = { zero: 0, nearest: 1, mirror: 2, symmetric: 3, circular: 4 } as const;

/** Writes what becomes of one image. `key` is that of the draws. */
export type ImageChange = (
  source: Float32Array,
  out: Float32Array,
  size: ImageSize,
  draw: Draws,
  key: Key,
) => void;

export interface ImageKernel {
  /** The name of the kernel, and its own arguments. */
  readonly kernel: string;
  readonly numbers: readonly number[];
  readonly sampling?: Sampling;
  /** Memory that each thread needs. */
  readonly scratchBytes?: number;
}

/** Changes images one by one, each by its own draws. */
export function changeImages(
  x: tf.Tensor4D,
  { kernel, numbers, sampling, scratchBytes = 0 }: ImageKernel,
  key: Key,
  { epoch, samples }: DrawContext,
  change: ImageChange,
): tf.Tensor4D {
  const { interpolation = 'nearest', border = 'zero' } = sampling ?? {};
  const [, height, width, channels] = x.shape;
  if (onOwnBackend(kernel)) {
    const format = [height, width, channels, taps[interpolation], borders[border]];
    const attrs = { key: [...key], format, numbers: [...numbers], scratchBytes };
    return run(kernel, { x, epoch, samples }, attrs);
  }
  const changed = perRow(
    x.shape,
    key,
    { epoch, samples },
    (rowKey, row, image) => change(image, row, { height, width, channels }, draws(rowKey), rowKey),
    [x],
  );
  return changed as tf.Tensor4D;
}
