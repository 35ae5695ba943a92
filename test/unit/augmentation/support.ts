import * as tf from '@tensorflow/tfjs-core';
import { family } from '#common/catalogue/index';
import type { AugmentationValue } from '#common/catalogue/augmentation';
import {
  buildAugmentation,
  type Augmentation,
} from '../../../server/training/augmentation/augment';
import type { TargetKind } from '../../../server/training/augmentation/augmenter';
import type { ForwardContext } from '../../../server/training/context';
import { contextOf, experimentWith, type PassOptions } from '../model/support';

export type Shape4 = readonly [number, number, number, number];

/** Augmentations as a file would give them, with all defaults filled in. */
export function augmentationOf(...steps: readonly object[]): Augmentation {
  return buildAugmentation(experimentWith({ augmentation: steps }));
}

/** What becomes of a batch; samples are 0, 1, 2 … unless `changes` say otherwise. */
export function augmented(
  steps: readonly object[],
  images: Float32Array,
  shape: Shape4,
  changes: PassOptions = {},
): Float32Array {
  return onBatch(images, shape, changes, (x, ctx) =>
    augmentationOf(...steps).apply(x as tf.Tensor4D, ctx),
  );
}

/** What becomes of the targets of a batch. */
export function movedTargets(
  steps: readonly object[],
  targets: Float32Array,
  shape: readonly number[],
  kind: TargetKind,
  imageSize: readonly [number, number] = [shape[1]!, shape[2]!],
): Float32Array {
  return onBatch(targets, shape, {}, (x, ctx) =>
    augmentationOf(...steps).applyToTarget(x, ctx, { kind, imageSize }),
  );
}

function onBatch(
  values: Float32Array,
  shape: readonly number[],
  changes: PassOptions,
  apply: (x: tf.Tensor, ctx: ForwardContext) => tf.Tensor,
): Float32Array {
  return tf.tidy(() =>
    apply(tf.tensor(values, [...shape]), contextOf(shape[0]!, changes)).dataSync<'float32'>(),
  );
}

/** Every kind of the catalogue with its defaults, or as its first example has it. */
export const everyKind: readonly (readonly [AugmentationValue['type'], object])[] = Object.values(
  family('augmentation').components,
).map(({ type, examples }) => [type as AugmentationValue['type'], examples[0]!]);

export const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Mean and standard deviation. */
export function spread(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square) };
}
