import type * as tf from '@tensorflow/tfjs-core';
import type { AugmentationKind, AugmentationValueOf } from '#common/catalogue/augmentation';
import { purposeKey, type Key } from '#common/rng';
import type { ForwardContext } from '../context';
import type { Sampling } from '../engine/ops/images';
import { uniformNoise } from '../engine/ops/random';
import type { Range } from './range';

/**
 * What is learned to be told from the image. An image itself has values or names of classes at its pixels;
 * `values` are of the image as a whole: shares of classes, labels, numbers.
 */
export type TargetKind = 'image' | 'mask' | 'values';

export interface TargetFormat {
  readonly kind: TargetKind;
  /** Of the images that the targets belong to. */
  readonly imageSize: readonly [height: number, width: number];
}

/**
 * Changes the images of a batch, each by its own draws: what happens to a sample depends on seed, epoch,
 * the place of the step in the list and the sample itself, not on the batch it is in. Only with whom a
 * sample is mixed is drawn for the batch.
 */
export interface Augmenter {
  apply(x: tf.Tensor4D, ctx: ForwardContext): tf.Tensor4D;
  /**
   * Changes targets as their images are changed. Absent where they stay as they are; targets of a kind
   * that does not change are given back themselves.
   */
  applyToTarget?(target: tf.Tensor, ctx: ForwardContext, format: TargetFormat): tf.Tensor;
}

/** Prepares an augmentation. `place` names where it stands in the experiment's list. */
export type AugmenterBuilder<K extends AugmentationKind = AugmentationKind> = (
  value: AugmentationValueOf<K>,
  place: string,
) => Augmenter;

/** The key of an augmentation's draws. */
export function drawKey(place: string, { seed }: Pick<ForwardContext, 'seed'>): Key {
  return purposeKey(seed, `augmentation/${place}`);
}

/** One number for each sample, even over a range, to go with images. */
export function drawForEach(
  x: tf.Tensor4D,
  place: string,
  ctx: ForwardContext,
  range: Range,
): tf.Tensor4D {
  return uniformNoise([x.shape[0], 1, 1, 1], drawKey(place, ctx), ctx, range);
}

/** An augmenter that moves pixels, and those of targets alike. Names of classes are never mixed. */
export function mover(
  sampling: Sampling,
  move: (x: tf.Tensor4D, ctx: ForwardContext, sampling: Sampling) => tf.Tensor4D,
): Augmenter {
  return {
    apply: (x, ctx) => move(x, ctx, sampling),
    applyToTarget(target, ctx, { kind }) {
      if (kind === 'values') return target;
      const between =
        kind === 'mask' ? { ...sampling, interpolation: 'nearest' as const } : sampling;
      return move(target as tf.Tensor4D, ctx, between);
    },
  };
}
