// Augmentations that mix samples of a batch with each other, and their targets with them.
import { chance } from './augmentationParts';
import { defineAugmentation } from './component';
import { realNumber } from './parameters';

const alpha = (value: number) =>
  realNumber({
    description:
      'How even the shares are: small numbers leave one sample nearly alone, 1 makes all shares as likely, large ones make halves.',
    exclusiveMinimum: 0,
    maximum: 1000,
    default: value,
  });

const partners =
  'all samples of the batch stand in a circle that is drawn for every step, and j follows i';

const mixup = defineAugmentation({
  type: 'mixup',
  mixes: 'values',
  title: 'Mixup',
  summary:
    'Mixes each sample with another one of its batch, and their targets alike: classes become shares of classes. Training metrics count the class with the largest share, as Keras and TorchVision do, and labels with half or more.',
  formula: `x = λ x_i + (1 − λ) x_j, t = λ t_i + (1 − λ) t_j, λ ~ Beta(alpha, alpha) for each sample; ${partners}`,
  params: { alpha: alpha(0.2), probability: chance() },
  references: [
    {
      title: 'Zhang et al., mixup: Beyond empirical risk minimization, ICLR 2018',
      url: 'https://arxiv.org/abs/1710.09412',
    },
  ],
  snippet: '"alpha": ${1:0.2}',
  examples: [{ type: 'mixup', alpha: 0.2 }],
});

const cutmix = defineAugmentation({
  type: 'cutmix',
  mixes: 'places',
  title: 'CutMix',
  summary:
    'Puts a box of another sample of the batch into each one. Masks and images are cut alike; classes, labels and numbers are mixed by the area. Training metrics count the class with the largest share, as Keras and TorchVision do, and labels with half or more.',
  formula: `x = x_j inside the box, x_i outside; the box has the sides √(1 − λ) · size and a random pixel as its centre, and is cut off at the edges, λ ~ Beta(alpha, alpha) for each sample; t = a t_i + (1 − a) t_j, a the part of the area outside; ${partners}`,
  params: { alpha: alpha(1), probability: chance() },
  references: [
    {
      title:
        'Yun et al., CutMix: Regularization strategy to train strong classifiers with localizable features, ICCV 2019',
      url: 'https://arxiv.org/abs/1905.04899',
    },
  ],
  snippet: '"alpha": ${1:1}',
  examples: [{ type: 'cutmix', alpha: 1 }],
});

export const mixingAugmentations = { mixup, cutmix } as const;
