import type { AugmentationKind, AugmentationValue } from '#common/catalogue/augmentation';
import type { Shape } from '#common/catalogue/component';
import { streamKey } from '#common/rng';
import { buildAffine } from './affine';
import type { AugmenterBuilder } from './augmenter';
import { buildFlipLeftRight } from './flipLeftRight';
import { buildGaussianNoise } from './gaussianNoise';

const builders = {
  flipLeftRight: buildFlipLeftRight,
  affine: buildAffine,
  gaussianNoise: buildGaussianNoise,
} satisfies { readonly [K in AugmentationKind]: AugmenterBuilder<K> };

/** Kinds that move what is seen; what they do to an image they must do to its mask too. */
export const geometricKinds: ReadonlySet<AugmentationKind> = new Set(['flipLeftRight', 'affine']);

export interface AugmentOptions {
  readonly seed: number;
  readonly epoch: number;
  /** Leaves out all other kinds; those that are left draw the same numbers as among all. */
  readonly only?: ReadonlySet<AugmentationKind>;
}

/**
 * Changes the images of a batch in place, step after step. What happens to a sample depends on seed,
 * epoch, the place of the step in the list and the sample itself, not on the batch it is in.
 *
 * @param images one after another, each row-major with channels last.
 * @param shape of one image: `[height, width, channels]`.
 * @param samples the data-set index of each image.
 */
export function augmentBatch(
  steps: readonly AugmentationValue[],
  images: Float32Array,
  shape: Shape,
  samples: Uint32Array,
  { seed, epoch, only }: AugmentOptions,
): void {
  const size = shape.reduce((product, length) => product * length, 1);
  for (const [index, step] of steps.entries()) {
    if (only?.has(step.type) === false) continue;
    // The table pairs every kind with its own value, which an index by a union cannot express.
    const build = builders[step.type] as AugmenterBuilder<AugmentationKind>;
    const augment = build(step, shape);
    for (const [row, sample] of samples.entries()) {
      const key = streamKey(seed, `augmentation/${index}`, epoch, sample);
      augment(images.subarray(row * size, (row + 1) * size), key);
    }
  }
}
