import type * as tf from '@tensorflow/tfjs-core';
import {
  mixingOf,
  type AugmentationKind,
  type AugmentationValue,
} from '#common/catalogue/augmentation';
import type { Experiment } from '#common/experiment/experiment';
import type { ForwardContext } from '../context';
import { selectRows } from '../engine/ops/random';
import { affine } from './affine';
import { drawKey, type Augmenter, type AugmenterBuilder, type TargetFormat } from './augmenter';
import { blur } from './blur';
import { channelShuffle, grayscale, hue, saturation } from './colour';
import { crop, randomResizedCrop } from './crop';
import { cutout } from './cutout';
import { elastic } from './elastic';
import { cutmix, mixup } from './mix';
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
  mixup,
  cutmix,
  oneOf: ({ choices }, place) =>
    either(
      choices.map((choice, i) => buildAugmenter(choice, `${place}/${i}`)),
      place,
    ),
} satisfies { readonly [K in AugmentationKind]: AugmenterBuilder<K> };

/** All augmentations of an experiment, one after the other. */
export interface Augmentation {
  apply(x: tf.Tensor4D, ctx: ForwardContext): tf.Tensor4D;
  /** Whether samples are mixed with each other, so that targets of any kind change. */
  readonly mixesSamples: boolean;
  /** Changes targets as their images are changed. What does not change is given back itself. */
  applyToTarget(target: tf.Tensor, ctx: ForwardContext, format: TargetFormat): tf.Tensor;
}

/** Makes the augmentation of an experiment. */
export function buildAugmentation({
  augmentation,
}: Pick<Experiment, 'augmentation'>): Augmentation {
  const steps = augmentation.map((value, i) => buildAugmenter(value, String(i)));
  return {
    mixesSamples: mixingOf(augmentation).length > 0,
    apply: (x, ctx) => steps.reduce((image, step) => step.apply(image, ctx), x),
    applyToTarget: (target, ctx, format) =>
      steps.reduce(
        (changed, step) => step.applyToTarget?.(changed, ctx, format) ?? changed,
        target,
      ),
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
  const choose = <T extends tf.Tensor>(changed: T, x: T, ctx: ForwardContext): T =>
    changed === x ? x : selectRows(changed, x, [0, probability], drawKey(place, ctx), ctx);
  return {
    apply: (x, ctx) => choose(apply(x, ctx), x, ctx),
    ...(applyToTarget && {
      applyToTarget: (target: tf.Tensor, ctx: ForwardContext, format: TargetFormat) =>
        choose(applyToTarget(target, ctx, format), target, ctx),
    }),
  };
}

/** One of several for each sample, evenly drawn. */
function either(augmenters: readonly Augmenter[], place: string): Augmenter {
  const count = augmenters.length;
  const select = <T extends tf.Tensor>(
    x: T,
    ctx: ForwardContext,
    apply: (augmenter: Augmenter) => T,
  ): T =>
    augmenters.reduce((others, augmenter, i) => {
      const range = [i / count, (i + 1) / count] as const;
      const changed = apply(augmenter);
      return changed === x ? others : selectRows(changed, others, range, drawKey(place, ctx), ctx);
    }, x);
  return {
    apply: (x, ctx) => select(x, ctx, (augmenter) => augmenter.apply(x, ctx)),
    applyToTarget: (target, ctx, format) =>
      select(target, ctx, ({ applyToTarget }) => applyToTarget?.(target, ctx, format) ?? target),
  };
}
