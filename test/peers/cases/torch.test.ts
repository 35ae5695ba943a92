import { makeRuns } from '../../training/support';
import { assertTrainsAs, steps } from './trained';

const runs = makeRuns();
after(() => runs.remove());

/** A way to train, as we write it and as PyTorch has it. */
interface Plan {
  readonly title: string;
  /** Sections of the experiment. */
  readonly ours: object;
  readonly theirs: {
    readonly optimizer: string;
    readonly options: object;
    readonly weightDecay?: number;
    /** Largest norm of all gradients together. */
    readonly clip?: number;
    readonly average?: number;
    /** Whether the rate falls along half a cosine. */
    readonly cosine?: boolean;
  };
}

const eps = 1e-8;
const small = { padding: 'same', useBias: false };
const gelu = { type: 'activation', function: 'gelu' };
const plans: readonly Plan[] = [
  {
    title:
      'group, instance and layer normalization with an elastic net and weights of classes, by AdamW',
    ours: {
      normalization: { type: 'standardize', perChannel: true },
      model: {
        layers: [
          { type: 'conv2d', filters: 6, kernelSize: 3, padding: 'same' },
          { type: 'groupNormalization', groups: 3, epsilon: 1e-5 },
          gelu,
          { type: 'maxPooling2d', poolSize: 2 },
          { type: 'conv2d', filters: 8, kernelSize: 3, ...small },
          { type: 'instanceNormalization', epsilon: 1e-5 },
          { type: 'activation', function: 'silu' },
          { type: 'conv2d', filters: 8, kernelSize: 1 },
          { type: 'layerNormalization', over: 'channels', epsilon: 1e-5 },
          gelu,
          { type: 'globalAveragePooling2d' },
          { type: 'dense', units: 4 },
        ],
      },
      loss: { type: 'softmaxCrossEntropy', labelSmoothing: 0.1, classWeights: [1, 2, 0.5, 3] },
      regularization: { type: 'elasticNet', lambda: 0.001, beta: 0.7 },
      optimizer: { type: 'adamW', learningRate: 0.003, weightDecay: 0.05, epsilon: eps },
    },
    theirs: { optimizer: 'AdamW', options: { lr: 0.003, eps }, weightDecay: 0.05 },
  },
  {
    // Of images with a mean, which the moving averages have to find.
    title: "batch normalization with PyTorch's variance on a mixture of losses, by momentum",
    ours: {
      model: {
        layers: [
          { type: 'conv2d', name: 'fine', filters: 6, kernelSize: 3, ...small },
          { type: 'batchNormalization', unbiased: true, momentum: 0.9, epsilon: 1e-5 },
          { type: 'activation', name: 'seen', function: 'relu' },
          { type: 'maxPooling2d', poolSize: 2 },
          { type: 'depthwiseConv2d', kernelSize: 3, ...small },
          { type: 'batchNormalization', unbiased: true, momentum: 0.9, epsilon: 1e-5 },
          { type: 'activation', function: 'relu6' },
          { type: 'conv2dTranspose', name: 'up', filters: 6, kernelSize: 2, strides: 2 },
          { type: 'add', inputs: ['seen', 'up'] },
          { type: 'globalAveragePooling2d' },
          { type: 'dense', units: 4 },
        ],
      },
      loss: {
        type: 'mixture',
        terms: [
          { loss: { type: 'softmaxCrossEntropy' }, weight: 0.7 },
          { loss: { type: 'hinge' }, weight: 0.3 },
          { loss: { type: 'meanSquaredError' }, weight: 0.2 },
        ],
      },
      optimizer: { type: 'momentum', learningRate: 0.02 },
    },
    theirs: { optimizer: 'SGD', options: { lr: 0.02, momentum: 0.9 } },
  },
  {
    title:
      'an L1 penalty, clipping, a cosine schedule and running averages of the weights, by Adam',
    ours: {
      normalization: { type: 'standardize' },
      model: {
        layers: [
          { type: 'conv2d', filters: 8, kernelSize: 3, activation: 'relu' },
          { type: 'conv2d', filters: 8, kernelSize: 3, activation: 'silu' },
          { type: 'globalAveragePooling2d' },
          { type: 'dense', units: 12, activation: 'gelu' },
          { type: 'dense', units: 4 },
        ],
      },
      regularization: { type: 'l1', lambda: 0.0005 },
      optimizer: {
        ...{ type: 'adam', learningRate: 0.004, epsilon: eps, globalClipNorm: 0.5 },
        ...{ emaMomentum: 0.95, schedule: { type: 'cosine' } },
      },
    },
    theirs: {
      optimizer: 'Adam',
      options: { lr: 0.004, eps },
      ...{ clip: 0.5, average: 0.95, cosine: true },
    },
  },
];

describe(`after ${steps} steps PyTorch has the same weights`, () => {
  for (const { title, ours, theirs } of plans) {
    it(title, async () => {
      const { weightDecay = 0, clip = 0, average = 0, cosine = false, ...optimizer } = theirs;
      await assertTrainsAs(runs, {
        changes: ours,
        script: 'cases/trainWithTorch.py',
        more: { ...optimizer, weight_decay: weightDecay, clip, average, cosine },
        sparse: true,
      });
    });
  }
});
