import { defineComponent, type ValueOf } from './component';

const softmaxCrossEntropy = defineComponent({
  type: 'softmaxCrossEntropy',
  title: 'Softmax cross-entropy',
  summary:
    'For choosing one class out of several; takes logits, so the network ends without softmax.',
  formula: 'ℓ = −Σ_k y_k (z_k − ln Σ_j e^{z_j}), mean over the batch',
  params: {},
  references: [
    { title: 'Goodfellow et al., Deep Learning, 6.2.2.3', url: 'https://www.deeplearningbook.org' },
  ],
  examples: [{ type: 'softmaxCrossEntropy' }],
});

const meanSquaredError = defineComponent({
  type: 'meanSquaredError',
  title: 'Mean squared error',
  summary:
    'Compares outputs with targets: with the one-hot label if the network gives one value for each class, with the object before the instrument if it gives an image.',
  formula: 'ℓ = mean over all outputs of (y − t)², without ½, mean over the batch',
  params: {},
  references: [],
  examples: [{ type: 'meanSquaredError' }],
});

export const losses = { softmaxCrossEntropy, meanSquaredError } as const;

export type LossKind = keyof typeof losses;
export type LossValue = ValueOf<(typeof losses)[LossKind]>;
