import { makeRuns } from '../../training/support';
import { assertTrainsAs, penalty, steps } from './trained';

const runs = makeRuns();
after(() => runs.remove());

/** A way to train, as we write it and as Keras has it. */
interface Plan {
  readonly title: string;
  readonly layers: readonly object[];
  readonly optimizer: object;
  readonly loss?: object;
  readonly theirs: {
    readonly optimizer: { readonly name: string; readonly options: object };
    readonly loss?: { readonly name: string; readonly options: object };
  };
}

/**
 * Keras adds ε to the root before it corrects the bias, the paper (and we) after it. The default of 1e-7 tells
 * the two apart where gradients are tiny; a smaller one does not.
 */
const epsilon = 1e-10;
const crossEntropy = { name: 'SparseCategoricalCrossentropy', options: { from_logits: true } };

// A bias before batch normalization has a gradient of rounding errors only, which Adam makes large.
const normalized = { padding: 'same', useBias: false };
const relu = { type: 'activation', function: 'relu' };
const plans: readonly Plan[] = [
  {
    title: 'convolutions with batch normalization and pooling, by Adam',
    layers: [
      { type: 'conv2d', filters: 6, kernelSize: 3, ...normalized },
      { type: 'batchNormalization' },
      relu,
      { type: 'maxPooling2d', poolSize: 2 },
      { type: 'conv2d', filters: 8, kernelSize: 3, activation: 'relu' },
      { type: 'flatten' },
      { type: 'dense', units: 12, activation: 'relu' },
      { type: 'dense', units: 4 },
    ],
    optimizer: { type: 'adam', learningRate: 0.003, epsilon },
    theirs: { optimizer: { name: 'Adam', options: { learning_rate: 0.003, epsilon } } },
  },
  {
    title: 'a residual block with a depthwise convolution, by Nesterov momentum',
    layers: [
      { type: 'conv2d', filters: 6, kernelSize: 3, ...normalized },
      { type: 'batchNormalization' },
      { type: 'activation', name: 'stem', function: 'relu' },
      { type: 'depthwiseConv2d', kernelSize: 3, ...normalized },
      { type: 'batchNormalization' },
      relu,
      { type: 'conv2d', filters: 6, kernelSize: 1, ...normalized },
      { type: 'batchNormalization', name: 'branch' },
      { type: 'add', inputs: ['stem', 'branch'] },
      relu,
      { type: 'globalAveragePooling2d' },
      { type: 'dense', units: 4 },
    ],
    optimizer: { type: 'momentum', learningRate: 0.02, momentum: 0.9, nesterov: true },
    theirs: {
      optimizer: {
        name: 'SGD',
        options: { learning_rate: 0.02, momentum: 0.9, nesterov: true },
      },
    },
  },
  {
    title: 'layers that are frozen, constrained, slow and quick, by Adamax',
    layers: [
      { type: 'conv2d', name: 'frozen', filters: 6, kernelSize: 3, trainable: false },
      { type: 'batchNormalization', trainable: false },
      {
        ...{ type: 'depthwiseConv2d', kernelSize: 3, activation: 'tanh' },
        ...{ kernelConstraint: { type: 'minMaxNorm', minValue: 0.7, maxValue: 0.8, rate: 0.2 } },
        ...{ biasConstraint: { type: 'maxNorm', maxValue: 0.02 }, learningRateMultiplier: 3 },
      },
      {
        ...{ type: 'conv2dTranspose', filters: 5, kernelSize: 2, strides: 2, activation: 'tanh' },
        ...{ kernelConstraint: { type: 'unitNorm' }, biasConstraint: { type: 'nonNegative' } },
      },
      {
        ...{ type: 'conv2d', filters: 8, kernelSize: 3, learningRateMultiplier: 0.5 },
        ...{ kernelConstraint: { type: 'maxNorm', maxValue: 0.9 } },
      },
      { type: 'flatten' },
      { type: 'dense', units: 4, kernelConstraint: { type: 'maxNorm', maxValue: 0.8 } },
    ],
    optimizer: { type: 'adamax', learningRate: 0.003, epsilon },
    theirs: { optimizer: { name: 'Adamax', options: { learning_rate: 0.003, epsilon } } },
  },
  {
    title: 'group normalization, GELU and a way up and down, by clipped Nadam on the focal loss',
    layers: [
      { type: 'conv2d', name: 'fine', filters: 6, kernelSize: 3, padding: 'same' },
      { type: 'groupNormalization', groups: 3 },
      { type: 'activation', function: 'gelu' },
      { type: 'maxPooling2d', poolSize: 2 },
      { type: 'conv2dTranspose', name: 'up', filters: 4, kernelSize: 2, strides: 2 },
      { type: 'concatenate', inputs: ['fine', 'up'] },
      { type: 'conv2d', filters: 8, kernelSize: 3, activation: 'silu' },
      { type: 'globalAveragePooling2d' },
      { type: 'dense', units: 4 },
    ],
    optimizer: {
      type: 'nadam',
      learningRate: 0.003,
      epsilon,
      momentumDecay: 1,
      globalClipNorm: 0.1,
    },
    loss: { type: 'focal', gamma: 2, alpha: 0.25 },
    theirs: {
      optimizer: {
        name: 'Nadam',
        options: { learning_rate: 0.003, epsilon, global_clipnorm: 0.1 },
      },
      loss: {
        name: 'CategoricalFocalCrossentropy',
        options: { from_logits: true, gamma: 2, alpha: 0.25 },
      },
    },
  },
];

describe(`after ${steps} steps Keras has the same weights`, () => {
  for (const { title, layers, optimizer, loss, theirs } of plans) {
    it(title, async () => {
      const changes = {
        model: { layers },
        optimizer,
        loss: loss ?? { type: 'softmaxCrossEntropy' },
      };
      const { optimizer: theirOptimizer, loss: theirLoss = crossEntropy } = theirs;
      await assertTrainsAs(runs, {
        changes,
        script: 'cases/trainWithKeras.py',
        more: { penalty, optimizer: theirOptimizer, loss: theirLoss },
        sparse: theirLoss.name.startsWith('Sparse'),
      });
    });
  }
});
