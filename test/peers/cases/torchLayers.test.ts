import type { ActivationKind } from '#common/catalogue/activations';
import { activations } from '#common/catalogue/activations';
import { compareCases } from './compareCases';
import {
  assertSame,
  computeOurs,
  difficult,
  everywhere,
  type Found,
  image,
  type LayerCase,
  taskOf,
  titleOf,
} from './layers';
import { randomValues } from './support';

/** A layer as we name it and as torchLayers.py does. */
interface Case extends LayerCase {
  readonly theirs: string;
  readonly options: object;
}

type Pair = Pick<Case, 'ours' | 'theirs' | 'options'>;

/** ε as in PyTorch. */
const [epsilon, eps] = [1e-5, 1e-5];
const norms: readonly Pair[] = [
  {
    // PyTorch's own convention; Keras' is compared in layers.test.ts.
    ours: { type: 'batchNormalization', ...{ unbiased: true, momentum: 0.9, epsilon } },
    theirs: 'batch_norm',
    options: { momentum: 0.9, eps },
  },
  {
    ours: { type: 'layerNormalization', ...{ epsilon } },
    ...{ theirs: 'layer_norm', options: { eps } },
  },
  {
    ours: { type: 'layerNormalization', ...{ over: 'channels', epsilon } },
    ...{ theirs: 'layer_norm', options: { eps } },
  },
  {
    ours: { type: 'groupNormalization', ...{ groups: 4, epsilon } },
    ...{ theirs: 'group_norm', options: { groups: 4, eps } },
  },
  {
    ours: { type: 'instanceNormalization', ...{ epsilon } },
    ...{ theirs: 'instance_norm', options: { eps } },
  },
];

const response = { radius: 2, bias: 2, alpha: 0.5, beta: 0.75 };
const responses: readonly Case[] = [response, { radius: 5, bias: 1, alpha: 1, beta: 0.5 }].flatMap(
  (options) =>
    ['local_response_norm', 'tensorflow_local_response'].flatMap((theirs) =>
      [image, [1, 2, 3, 1]].map((shape): Case => ({
        title: `${theirs}, ${shape.at(-1)} channels`,
        ours: { type: 'localResponseNormalization', ...options },
        ...{ theirs, options, x: randomValues(shape, 61, 3) },
      })),
    ),
);

const functions: readonly Case[] = [
  ...(Object.keys(activations) as ActivationKind[]).map((name): Case => ({
    title: 'everywhere',
    ours: { type: 'activation', ...{ function: name } },
    ...{ theirs: 'activation', options: { name }, x: everywhere },
  })),
  {
    title: 'everywhere',
    ours: { type: 'leakyRelu', ...{ negativeSlope: 0.1 } },
    ...{ theirs: 'leaky_relu', options: { negative_slope: 0.1 }, x: everywhere },
  },
  {
    title: 'an image',
    ours: { type: 'prelu' },
    ...{ theirs: 'prelu', options: {}, x: randomValues(image, 62, 2) },
  },
];

/** Kernels that lie on images in every way: even and odd, wide, large, strided, dilated, one pixel. */
interface Geometry {
  readonly kernelSize: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly dilation?: readonly [number, number];
}
const geometries: readonly Geometry[] = [
  { kernelSize: [1, 1] },
  { kernelSize: [3, 3] },
  { kernelSize: [2, 5] },
  { kernelSize: [3, 3], strides: [2, 2] },
  { kernelSize: [2, 2], strides: [2, 2] },
  { kernelSize: [5, 4], strides: [2, 3] },
  { kernelSize: [1, 2], strides: [3, 3] },
  { kernelSize: [3, 2], dilation: [2, 3] },
];
const kernels: readonly Pick<Pair, 'ours' | 'theirs'>[] = [
  { ours: { type: 'conv2d', ...{ filters: 5 } }, theirs: 'conv2d' },
  { ours: { type: 'depthwiseConv2d', ...{ depthMultiplier: 2 } }, theirs: 'depthwise' },
  {
    ours: { type: 'separableConv2d', ...{ filters: 5, depthMultiplier: 2 } },
    theirs: 'separable',
  },
  { ours: { type: 'conv2dTranspose', ...{ filters: 5 } }, theirs: 'conv2d_transpose' },
];
const convolutions = kernels.flatMap(({ ours, theirs }) =>
  geometries.flatMap(({ kernelSize, strides = [1, 1], dilation = [1, 1] }, i) =>
    ['valid', 'same'].map((padding): Case => ({
      title: `input ${i}`,
      ours: { ...ours, ...{ kernelSize, strides, dilation, padding } },
      ...{ theirs, options: { strides, dilation, padding } },
      // One sample or several, one channel or several, an odd and an even side.
      x: randomValues([1 + (i % 3), 8, 7, 1 + ((3 * i) % 4)], 63 + i, 2),
    })),
  ),
);

/**
 * Channels enough for Winograd's way, whose results are up to three times as far from the true ones as
 * direct sums: see winograd.test.ts.
 */
const wide = (
  [
    ['conv2d', 'conv2d'],
    ['conv2dTranspose', 'conv2d_transpose'],
  ] as const
).flatMap(([type, theirs]) =>
  ['valid', 'same'].map((padding): Case => ({
    title: '18 channels',
    roundings: 3,
    ours: { type, ...{ filters: 20, kernelSize: 3, padding } },
    ...{ theirs, options: { strides: [1, 1], dilation: [1, 1], padding } },
    x: randomValues([2, 8, 7, 18], 75, 2),
  })),
);

const cases: readonly Case[] = [
  ...norms.flatMap((norm) =>
    difficult(image).map(([title, x, roundings]): Case => ({ ...norm, title, x, roundings })),
  ),
  ...responses,
  ...functions,
  ...convolutions,
  ...wide,
];

compareCases<Case, Found>('layers and their gradients in PyTorch and TensorFlow', {
  script: 'cases/torchLayers.py',
  cases,
  taskOf: (one) => ({ name: one.theirs, options: one.options, ...taskOf(one) }),
  titleOf,
  check: (one, theirs) => assertSame(one, computeOurs(one), theirs),
});
