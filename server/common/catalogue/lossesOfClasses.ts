import { Type } from '@sinclair/typebox';
import { defineLoss, type Reference } from './component';
import { kerasLoss, torchLoss } from './lossReferences';
import { oneOfNames, realNumber } from './parameters';

const linEtAl: Reference = {
  title: 'Lin et al., Focal loss for dense object detection, ICCV 2017',
  url: 'https://arxiv.org/abs/1708.02002',
};

const softmaxCrossEntropy = defineLoss({
  type: 'softmaxCrossEntropy',
  title: 'Softmax cross-entropy',
  summary:
    'For choosing one class out of several; takes logits, so the network ends without softmax.',
  formula:
    'ℓ = −Σ_k t_k (z_k − ln Σ_j e^{z_j}), t = (1 − s) one-hot + s / K with the label smoothing s; mean over the batch. Where samples are mixed, the loss is the mean of the losses of all classes, weighted by their shares',
  params: {
    labelSmoothing: realNumber({
      description: 'Part s of the truth that is shared among all classes.',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
    }),
    classWeights: Type.Optional(
      Type.Array(realNumber({ description: 'Weight of a class.', minimum: 0, maximum: 1e6 }), {
        description: 'A weight for each class, in the order of the classes.',
        minItems: 1,
        maxItems: 65536,
      }),
    ),
    weighting: oneOfNames(
      {
        weightedMean:
          'Σ w ℓ / Σ w over a batch, as PyTorch does, and of a whole split over all its samples, so that its loss does not depend on the batch size; label smoothing weighs each class by its own weight.',
        sampleMean: 'Σ w ℓ / N over a batch with the weight of the label, as Keras does.',
      },
      { description: 'How class weights enter the mean.', default: 'weightedMean' },
    ),
  },
  references: [
    { title: 'Goodfellow et al., Deep Learning, 6.2.2.3', url: 'https://www.deeplearningbook.org' },
    torchLoss('CrossEntropyLoss'),
  ],
  examples: [
    { type: 'softmaxCrossEntropy' },
    { type: 'softmaxCrossEntropy', labelSmoothing: 0.1, classWeights: [1, 2.5] },
  ],
  compares: 'classes',
  takesLogits: true,
});

const sigmoidCrossEntropy = defineLoss({
  type: 'sigmoidCrossEntropy',
  title: 'Sigmoid cross-entropy',
  summary:
    'For answering yes or no at each output by itself; takes logits. For two classes one output will do: the logit of the second.',
  formula: 'ℓ = max(x, 0) − x t + ln(1 + e^{−|x|}), mean over all outputs',
  params: {},
  references: [torchLoss('BCEWithLogitsLoss')],
  examples: [{ type: 'sigmoidCrossEntropy' }],
  compares: 'values',
  takesLogits: true,
  takesOneLogit: true,
});

const weightedSigmoidCrossEntropy = defineLoss({
  type: 'weightedSigmoidCrossEntropy',
  title: 'Weighted sigmoid cross-entropy',
  summary: 'Sigmoid cross-entropy where a missed yes counts more than a false one; takes logits.',
  formula: 'ℓ = (1 − t) x + (1 + (q − 1) t) (ln(1 + e^{−|x|}) + max(−x, 0)), mean over all outputs',
  params: {
    positiveWeight: realNumber({
      description: 'Weight q of an output whose target is 1.',
      exclusiveMinimum: 0,
      maximum: 1e6,
      default: 1,
    }),
  },
  references: [
    {
      title: 'TensorFlow tf.nn.weighted_cross_entropy_with_logits',
      url: 'https://www.tensorflow.org/api_docs/python/tf/nn/weighted_cross_entropy_with_logits',
    },
  ],
  snippet: '"positiveWeight": ${1:3}',
  examples: [{ type: 'weightedSigmoidCrossEntropy', positiveWeight: 3 }],
  compares: 'values',
  takesLogits: true,
  takesOneLogit: true,
});

const sigmoidFocal = defineLoss({
  type: 'sigmoidFocal',
  title: 'Sigmoid focal loss',
  summary:
    'Sigmoid cross-entropy that forgets outputs which are right already, for a few yeses among many noes; takes logits.',
  formula:
    'ℓ = −α t (1 − p)^γ ln p − (1 − α) (1 − t) p^γ ln(1 − p), p = 1 / (1 + e^{−x}), mean over all outputs',
  params: {
    gamma: realNumber({
      description: 'How fast an output loses weight as it gets right; 0 for the cross-entropy.',
      minimum: 0,
      maximum: 20,
      default: 2,
    }),
    alpha: realNumber({
      description: 'Weight α of an output whose target is 1; one of 0 has 1 − α.',
      minimum: 0,
      maximum: 1,
      default: 0.25,
    }),
  },
  references: [
    linEtAl,
    {
      title: 'torchvision sigmoid_focal_loss',
      url: 'https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html',
    },
    kerasLoss('BinaryFocalCrossentropy'),
  ],
  examples: [{ type: 'sigmoidFocal', gamma: 2, alpha: 0.25 }],
  compares: 'values',
  takesLogits: true,
  takesOneLogit: true,
});

const klDivergence = defineLoss({
  type: 'klDivergence',
  title: 'Kullback–Leibler divergence',
  summary:
    'How far the softmax of the logits is from a distribution over the classes; of one-hot labels it is the cross-entropy.',
  formula: 'ℓ = Σ_k t_k ln(t_k / p_k), p = softmax(z), 0 ln 0 = 0',
  params: {},
  references: [torchLoss('KLDivLoss')],
  examples: [{ type: 'klDivergence' }],
  compares: 'classes',
  takesLogits: true,
});

const focal = defineLoss({
  type: 'focal',
  title: 'Focal loss',
  summary: 'Softmax cross-entropy that forgets samples which are right already; takes logits.',
  formula: 'ℓ = −α (1 − p)^γ ln p, p the softmax of the true class',
  params: {
    gamma: realNumber({
      description: 'How fast a sample loses weight as it gets right; 0 for the cross-entropy.',
      minimum: 0,
      maximum: 20,
      default: 2,
    }),
    alpha: realNumber({
      description: 'Factor α of all samples.',
      exclusiveMinimum: 0,
      maximum: 1e6,
      default: 0.25,
    }),
  },
  references: [linEtAl, kerasLoss('CategoricalFocalCrossentropy')],
  examples: [{ type: 'focal', gamma: 2 }],
  compares: 'classes',
  takesLogits: true,
  takesWholeClasses: true,
});

const hinge = defineLoss({
  type: 'hinge',
  title: 'Hinge',
  summary: 'Asks each output for a margin: above 1 at the true class, below −1 at any other.',
  formula: 'ℓ = mean over all outputs of max(0, 1 − s y), s = 1 at a target of 1, −1 at 0',
  params: {},
  references: [kerasLoss('Hinge')],
  examples: [{ type: 'hinge' }],
  compares: 'classes',
  takesLogits: true,
  takesWholeClasses: true,
  takesOneLogit: true,
});

/** Losses of outputs that stand for classes. */
export const lossesOfClasses = {
  softmaxCrossEntropy,
  sigmoidCrossEntropy,
  weightedSigmoidCrossEntropy,
  sigmoidFocal,
  klDivergence,
  focal,
  hinge,
} as const;
