import type { AugmentationValue } from '#common/catalogue/augmentation';
import { augmentBatch, geometricKinds } from '../augmentation/augment';
import type { Dataset } from './dataset';

/** How the images of a batch were changed. */
export interface Change {
  readonly augmentation: readonly AugmentationValue[];
  readonly seed: number;
  readonly epoch: number;
}

/** The targets of a batch. */
export interface BatchTargets {
  /** Of masks: the class of each pixel. */
  readonly labels?: Int32Array;
  /** Of anything but classes. */
  readonly target?: Float32Array;
}

/**
 * Reads the targets of samples, if they are more than the class of an image. What has moved in an image
 * has moved in its mask and in its target image as well.
 */
export function readTargets(
  { targets, facts }: Pick<Dataset, 'targets' | 'facts'>,
  samples: Uint32Array,
  change: Change | undefined,
): BatchTargets {
  if (targets === undefined) return {};
  if (targets.kind === 'mask') {
    const labels = new Int32Array(samples.length * targets.size);
    targets.read(samples, labels);
    if (change) moveMasks(labels, facts, samples, change);
    return { labels };
  }
  const target = new Float32Array(samples.length * targets.size);
  targets.read(samples, target);
  if (change && facts.target === 'image') move(target, facts.targetShape!, samples, change);
  return { target };
}

function move(
  images: Float32Array,
  shape: readonly number[],
  samples: Uint32Array,
  { augmentation, seed, epoch }: Change,
): void {
  augmentBatch(augmentation, images, shape, samples, { seed, epoch, only: geometricKinds });
}

/** Each class is moved as an image of its own; a pixel gets the class that covers most of it. */
function moveMasks(
  labels: Int32Array,
  { classNames, shape }: Dataset['facts'],
  samples: Uint32Array,
  change: Change,
): void {
  if (!change.augmentation.some(({ type }) => geometricKinds.has(type))) return;
  const classes = classNames.length;
  const covers = new Float32Array(labels.length * classes);
  for (const [pixel, label] of labels.entries()) covers[pixel * classes + label] = 1;
  move(covers, [shape[0]!, shape[1]!, classes], samples, change);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (covers[pixel * classes + k]! > covers[pixel * classes + best]!) best = k;
    }
    labels[pixel] = best;
  }
}
