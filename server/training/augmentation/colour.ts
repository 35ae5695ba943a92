import type * as tf from '@tensorflow/tfjs-core';
import { permuted } from '#common/rng';
import { changeImages, type ImageChange } from '../engine/ops/images';
import { drawKey, type Augmenter, type AugmenterBuilder } from './augmenter';
import { drawWithin, inRadians, rangeAround, spanOf, type Range } from './range';

export const hue: AugmenterBuilder<'hue'> = ({ degrees }, place) =>
  recolourer(inRadians(rangeAround(0, degrees)), [1, 1], place);

export const saturation: AugmenterBuilder<'saturation'> = ({ amount }, place) =>
  recolourer([0, 0], rangeAround(1, amount), place);

export const grayscale: AugmenterBuilder<'grayscale'> = (_, place) =>
  recolourer([0, 0], [0, 0], place);

export const channelShuffle: AugmenterBuilder<'channelShuffle'> = (_, place) => ({
  apply: (x, ctx) => {
    const scratchBytes = 4 * x.shape[3];
    const kernel = { kernel: 'LightbenchShuffleChannels', numbers: [], scratchBytes };
    return changeImages(x, kernel, drawKey(place, ctx), ctx, shuffleChannels);
  },
});

const shuffleChannels: ImageChange = (source, out, { channels }, draw) => {
  const order = permuted(draw, channels);
  for (let i = 0; i < out.length; i++) {
    const channel = i % channels;
    out[i] = source[i - channel + order[channel]!]!;
  }
};

/** Turns the hue and scales the saturation by numbers that are drawn. */
function recolourer(angles: Range, factors: Range, place: string): Augmenter {
  const apply: Augmenter['apply'] = (x, ctx) => {
    const kernel = { kernel: 'LightbenchRecolour', numbers: [angles, factors].flatMap(spanOf) };
    return changeImages(
      threeChannels(x),
      kernel,
      drawKey(place, ctx),
      ctx,
      (source, out, _, draw) => {
        const turn = drawWithin(angles, draw);
        recolour(source, out, turn, drawWithin(factors, draw));
      },
    );
  };
  return { apply };
}

/** Weights of red, green and blue in the luminance of BT.601. */
const [red, green, blue] = [0.299, 0.587, 0.114] as const;
/** The scales of U = 0.492 (B − Y) and V = 0.877 (R − Y): hues turn in the plane of these. */
const uToV = 0.492 / 0.877;

function recolour(source: Float32Array, out: Float32Array, turn: number, strength: number): void {
  const [along, across] = [strength * Math.cos(turn), strength * Math.sin(turn)];
  for (let i = 0; i < out.length; i += 3) {
    const y = red * source[i]! + green * source[i + 1]! + blue * source[i + 2]!;
    const [v, u] = [source[i]! - y, source[i + 2]! - y];
    const newV = along * v + across * uToV * u;
    const newU = along * u - (across / uToV) * v;
    out[i] = y + newV;
    out[i + 1] = y - (red * newV + blue * newU) / green;
    out[i + 2] = y + newU;
  }
}

function threeChannels(x: tf.Tensor4D): tf.Tensor4D {
  const channels = x.shape[3];
  if (channels === 3) return x;
  throw new Error(
    `Colour can be changed in images of 3 channels only; got ${channels}. Remove hue, saturation and grayscale.`,
  );
}
