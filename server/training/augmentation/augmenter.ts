import type * as tf from '@tensorflow/tfjs-core';
import type { AugmentationKind, AugmentationValueOf } from '#common/catalogue/augmentation';
import { purposeKey, type Key } from '#common/rng';
import type { ForwardContext } from '../context';
import type { Sampling } from '../engine/ops/images';

/** What is learned to be told from the image, if it is an image itself: values, or names of classes. */
export type TargetKind = 'image' | 'mask';

/**
 * Changes the images of a batch, each by its own draws: what happens to a sample depends on seed, epoch,
 * the place of the step in the list and the sample itself, not on the batch it is in.
 */
export interface Augmenter {
  apply(x: tf.Tensor4D, ctx: ForwardContext): tf.Tensor4D;
  /** Moves a target as its image is moved. Absent where targets stay as they are. */
  applyToTarget?(target: tf.Tensor4D, ctx: ForwardContext, kind: TargetKind): tf.Tensor4D;
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

/** An augmenter that moves pixels, and those of targets alike. Names of classes are never mixed. */
export function mover(
  sampling: Sampling,
  move: (x: tf.Tensor4D, ctx: ForwardContext, sampling: Sampling) => tf.Tensor4D,
): Augmenter {
  return {
    apply: (x, ctx) => move(x, ctx, sampling),
    applyToTarget: (target, ctx, kind) =>
      move(target, ctx, kind === 'mask' ? { ...sampling, interpolation: 'nearest' } : sampling),
  };
}
