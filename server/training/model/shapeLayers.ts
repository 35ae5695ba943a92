import * as tf from '@tensorflow/tfjs-core';
import type { LayerKind } from '#common/catalogue/layers';
import { asSides } from '#common/catalogue/shapeLayers';
import type { LayerTrace } from '#common/experiment/trace';
import { resize } from '../engine/ops/resample';
import type { Layer, LayerBuilder } from './layer';

/** The values in their order, in the shape that the layer gives. */
function reshaped(_: unknown, { outputShape }: LayerTrace): Layer {
  return { apply: (x) => tf.reshape(x, [x.shape[0]!, ...outputShape]) };
}

/** The image with as many pixels as the layer gives. */
function resized(
  { interpolation }: { readonly interpolation: 'nearest' | 'bilinear' },
  { outputShape }: LayerTrace,
): Layer {
  const [rows, columns] = outputShape as [number, number];
  return { apply: (x) => resize(x, [rows, columns], interpolation) };
}

export const shapeLayers = {
  flatten: reshaped,
  reshape: reshaped,
  permute: ({ dims }) => ({ apply: (x) => tf.transpose(x, [0, ...dims]) }),
  zeroPadding2d({ padding }) {
    const [top, bottom, left, right] = asSides(padding);
    return {
      apply: (x) =>
        tf.pad(x, [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]),
    };
  },
  cropping2d({ cropping }, { outputShape }) {
    const [top, , left] = asSides(cropping);
    return {
      apply: (x) => tf.slice(x, [0, top, left, 0], [x.shape[0]!, ...outputShape]),
    };
  },
  upSampling2d: resized,
  resize: resized,
} satisfies { readonly [K in LayerKind]?: LayerBuilder<K> };
