import type { AugmentationKind, AugmentationValueOf } from '#common/catalogue/augmentation';
import type { Shape } from '#common/catalogue/component';
import type { Key } from '#common/rng';

/**
 * Changes one image in place. All its randomness comes from `key`, which no other sample, epoch or
 * step of the list has.
 */
export type Augmenter = (image: Float32Array, key: Key) => void;

/** Prepares an augmentation for images of `[height, width, channels]`. */
export type AugmenterBuilder<K extends AugmentationKind> = (
  value: AugmentationValueOf<K>,
  shape: Shape,
) => Augmenter;
