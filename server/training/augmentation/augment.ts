import type * as tf from '@tensorflow/tfjs-core';
import type { AugmentationKind, AugmentationValue } from '#common/catalogue/augmentation';
import type { Experiment } from '#common/experiment/experiment';
import type { ForwardContext } from '../context';
import { selectRows } from '../engine/ops/random';
import { affine } from './affine';
import { drawKey, type Augmenter, type AugmenterBuilder, type TargetKind } from './augmenter';
import { blur } from './blur';
import { channelShuffle, grayscale, hue, saturation } from './colour';
import { crop, randomResizedCrop } from './crop';
import { cutout } from './cutout';
import { elastic } from './elastic';
import { gaussianNoise, saltAndPepper, speckle } from './noise';
import { flipLeftRight, flipUpDown, rotate90 } from './orient';
import { brightness, contrast, gamma, invert } from './tone';

const builders = {
  flipLeftRight,
  flipUpDown,
  rotate90,
  affine,
  elastic,
  crop,
  randomResizedCrop,
  cutout,
  brightness,
  contrast,
  gamma,
  invert,
  hue,
  saturation,
  grayscale,
  channelShuffle,
  gaussianNoise,
  saltAndPepper,
  speckle,
  blur,
  oneOf: ({ choices }, place) =>
    either(
      choices.map((choice, i) => buildAugmenter(choice, `${place}/${i}`)),
      place,
    ),
} satisfies { readonly [K in AugmentationKind]: AugmenterBuilder<K> };

/** All augmentations of an experiment, one after the other. */
export interface Augmentation {
  apply(x: tf.Tensor4D, ctx: ForwardContext): tf.Tensor4D;
  /** Moves targets as their images are moved. */
  applyToTarget(target: tf.Tensor4D, ctx: ForwardContext, kind: TargetKind): tf.Tensor4D;
}

/** Makes the augmentation of an experiment. */
export function buildAugmentation({
  augmentation,
}: Pick<Experiment, 'augmentation'>): Augmentation {
  const steps = augmentation.map((value, i) => buildAugmenter(value, String(i)));
  return {
    apply: (x, ctx) => steps.reduce((image, step) => step.apply(image, ctx), x),
    applyToTarget: (target, ctx, kind) =>
      steps.reduce((moved, step) => step.applyToTarget?.(moved, ctx, kind) ?? moved, target),
  };
}

function buildAugmenter(value: AugmentationValue, place: string): Augmenter {
  const augmenter = (builders[value.type] as AugmenterBuilder)(value, place);
  return chosen(augmenter, value.probability, `${place}/chosen`);
}

/** Changes only the samples that a draw of their own chooses. */
function chosen(augmenter: Augmenter, probability: number, place: string): Augmenter {
  const { apply, applyToTarget } = augmenter;
  if (probability === 1) return augmenter;
  const choose = (changed: tf.Tensor4D, x: tf.Tensor4D, ctx: ForwardContext): tf.Tensor4D =>
    selectRows(changed, x, [0, probability], drawKey(place, ctx), ctx);
  return {
    apply: (x, ctx) => choose(apply(x, ctx), x, ctx),
    ...(applyToTarget && {
      applyToTarget: (target: tf.Tensor4D, ctx: ForwardContext, kind: TargetKind) =>
        choose(applyToTarget(target, ctx, kind), target, ctx),
    }),
  };
}

/** One of several for each sample, evenly drawn. */
function either(augmenters: readonly Augmenter[], place: string): Augmenter {
  const count = augmenters.length;
  const select = (
    x: tf.Tensor4D,
    ctx: ForwardContext,
    apply: (augmenter: Augmenter) => tf.Tensor4D,
  ): tf.Tensor4D =>
    augmenters.reduce((others, augmenter, i) => {
      const range = [i / count, (i + 1) / count] as const;
      return selectRows(apply(augmenter), others, range, drawKey(place, ctx), ctx);
    }, x);
  return {
    apply: (x, ctx) => select(x, ctx, (augmenter) => augmenter.apply(x, ctx)),
    applyToTarget: (target, ctx, kind) =>
      select(target, ctx, ({ applyToTarget }) => applyToTarget?.(target, ctx, kind) ?? target),
  };
}
