import type { LayerKind } from '#common/catalogue/layers';
import { activation, conv2d as convolve, dense as multiply, prelu } from '../engine/ops';
import { activate } from './activations';
import { batchNormalization } from './batchNormalization';
import { conv2dTranspose, depthwiseConv2d, separableConv2d } from './convolutionLayers';
import {
  alphaDropout,
  dropConnections,
  dropout,
  gaussianDropout,
  spatialDropout2d,
  stochasticDepth,
} from './dropout';
import { epilogueOf, geometryOf } from './kernelOptions';
import type { LayerBuilder } from './layer';
import { mergeLayers } from './mergeLayers';
import { poolingLayers } from './poolingLayers';
import { shapeLayers } from './shapeLayers';
import {
  groupNormalization,
  instanceNormalization,
  layerNormalization,
  localResponseNormalization,
} from './normalizations';
import { standardizeKernels } from './weightStandardization';

const conv2d: LayerBuilder<'conv2d'> = (value, _, weight) => {
  const { fused, after } = epilogueOf(value, weight);
  const options = { ...geometryOf(value), ...fused };
  const kernel = weight('kernel');
  const used = value.weightStandardization ? () => standardizeKernels(kernel) : () => kernel;
  return { apply: (x) => activate(convolve(x, used(), options), after) };
};

const dense: LayerBuilder<'dense'> = (value, { name }, weight) => {
  const { fused, after } = epilogueOf(value, weight);
  const kernel = weight('kernel');
  return {
    apply: (x, ctx) =>
      activate(multiply(x, dropConnections(kernel, value, name, ctx), fused), after),
  };
};

/** The layer that each kind of the catalogue becomes. */
export const layerBuilders = {
  conv2d,
  depthwiseConv2d,
  separableConv2d,
  conv2dTranspose,
  ...poolingLayers,
  ...shapeLayers,
  ...mergeLayers,
  dense,
  activation: (value) => ({ apply: (x) => activate(x, value.function) }),
  leakyRelu: ({ negativeSlope }) => ({ apply: (x) => activation(x, 'leakyRelu', negativeSlope) }),
  prelu: (_, __, weight) => ({ apply: (x) => prelu(x, weight('alpha')) }),
  dropout,
  spatialDropout2d,
  alphaDropout,
  gaussianDropout,
  stochasticDepth,
  batchNormalization,
  layerNormalization,
  instanceNormalization,
  groupNormalization,
  localResponseNormalization,
} satisfies { readonly [K in LayerKind]: LayerBuilder<K> };
