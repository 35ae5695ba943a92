import type { ActivationKind } from '#common/catalogue/activations';
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

/** A layer as we name it and as Keras does. */
interface Case extends LayerCase {
  readonly theirs: string;
  readonly options?: object;
}

interface Norm {
  readonly ours: { readonly type: string };
  readonly theirs: string;
  readonly options?: object;
  readonly shape?: readonly number[];
}

const norms: readonly Norm[] = [
  { ours: { type: 'batchNormalization' }, theirs: 'BatchNormalization' },
  {
    ours: { type: 'batchNormalization', ...{ momentum: 0.7, epsilon: 1e-5, center: false } },
    theirs: 'BatchNormalization',
    options: { momentum: 0.7, epsilon: 1e-5, center: false },
    shape: [16, 9],
  },
  {
    ours: { type: 'layerNormalization' },
    theirs: 'LayerNormalization',
    options: { axis: [1, 2, 3] },
  },
  {
    ours: { type: 'layerNormalization', ...{ over: 'channels', epsilon: 1e-5, scale: false } },
    theirs: 'LayerNormalization',
    options: { epsilon: 1e-5, scale: false },
  },
  {
    ours: { type: 'groupNormalization', ...{ groups: 4 } },
    theirs: 'GroupNormalization',
    options: { groups: 4 },
  },
  {
    ours: { type: 'groupNormalization', ...{ groups: 1, epsilon: 1e-5 } },
    theirs: 'GroupNormalization',
    options: { groups: 1, epsilon: 1e-5 },
  },
  // What Keras calls −1 groups is a group for each channel.
  {
    ours: { type: 'instanceNormalization' },
    theirs: 'GroupNormalization',
    options: { groups: -1 },
  },
];

/** Keras' names, where they are not ours in snake case. */
const kerasNames: Readonly<Record<Exclude<ActivationKind, 'geluTanh'>, string>> = {
  ...{ linear: 'linear', relu: 'relu', sigmoid: 'sigmoid', tanh: 'tanh', softplus: 'softplus' },
  ...{ elu: 'elu', selu: 'selu', relu6: 'relu6', leakyRelu: 'leaky_relu', gelu: 'gelu' },
  ...{ silu: 'silu', mish: 'mish', hardSigmoid: 'hard_sigmoid', hardSwish: 'hard_silu' },
  softmax: 'softmax',
};

const cases: readonly Case[] = [
  ...norms.flatMap(({ shape = image, ...norm }) =>
    difficult(shape).map(([title, x, roundings]): Case => ({ ...norm, title, x, roundings })),
  ),
  ...Object.entries(kerasNames).map(([name, activation]): Case => ({
    title: 'everywhere',
    ours: { type: 'activation', ...{ function: name } },
    theirs: 'Activation',
    options: { activation },
    x: everywhere,
  })),
  {
    title: 'everywhere',
    ours: { type: 'leakyRelu', ...{ negativeSlope: 0.1 } },
    theirs: 'LeakyReLU',
    options: { negative_slope: 0.1 },
    x: everywhere,
  },
  {
    title: 'an image',
    ours: { type: 'prelu' },
    theirs: 'PReLU',
    options: { shared_axes: [1, 2] },
    x: randomValues(image, 58, 2),
  },
];

compareCases<Case, Found>('layers and their gradients in Keras', {
  script: 'cases/layers.py',
  cases,
  taskOf: (one) => ({ name: one.theirs, options: one.options ?? {}, ...taskOf(one) }),
  titleOf,
  check: (one, theirs) => assertSame(one, computeOurs(one), theirs),
});
