import type * as tf from '@tensorflow/tfjs-core';
import type { ForwardContext } from '../context';
import {
  drawCollage,
  drawMixture,
  mixRows,
  pasteBoxes,
  type MixtureKeys,
} from '../engine/ops/mixing';
import { drawKey, type AugmenterBuilder } from './augmenter';

/** Every sample and its target, mixed with those of another one. */
export const mixup: AugmenterBuilder<'mixup'> = ({ alpha }, place) => {
  const mix = <T extends tf.Tensor>(x: T, ctx: ForwardContext): T =>
    mixRows(x, drawMixture(alpha, mixtureKeys(place, ctx), ctx));
  return {
    apply: mix,
    applyToTarget(target, ctx, { kind }) {
      if (kind === 'mask') throw cannotMixClasses();
      return mix(target, ctx);
    },
  };
};

/** A box of another sample in each. Targets that have no places are mixed by the area. */
export const cutmix: AugmenterBuilder<'cutmix'> = ({ alpha }, place) => {
  const paste = (x: tf.Tensor4D, ctx: ForwardContext): tf.Tensor4D => {
    const [, height, width] = x.shape;
    return pasteBoxes(x, drawCollage(alpha, [height, width], mixtureKeys(place, ctx), ctx));
  };
  return {
    apply: paste,
    applyToTarget(target, ctx, { kind, imageSize }) {
      if (kind !== 'values') return paste(target as tf.Tensor4D, ctx);
      return mixRows(target, drawCollage(alpha, imageSize, mixtureKeys(place, ctx), ctx));
    },
  };
};

function mixtureKeys(place: string, ctx: ForwardContext): MixtureKeys {
  return { partners: drawKey(`${place}/partners`, ctx), shares: drawKey(place, ctx) };
}

function cannotMixClasses(): Error {
  return new Error(
    'Mixup cannot mix masks: their values are names of classes. Use cutmix, which cuts masks as it cuts images.',
  );
}
