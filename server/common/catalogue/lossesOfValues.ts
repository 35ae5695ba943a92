import { defineLoss } from './component';
import { kerasLoss, torchLoss } from './lossReferences';
import { realNumber, yesNo } from './parameters';

const delta = realNumber({
  description: 'Size δ of the residual from which on the loss grows in proportion.',
  exclusiveMinimum: 0,
  default: 1,
});

const meanSquaredError = defineLoss({
  type: 'meanSquaredError',
  title: 'Mean squared error',
  summary:
    'Compares outputs with targets: with the one-hot label if the network gives one value for each class, with the object before the instrument if it gives an image.',
  formula: 'ℓ = mean over all outputs of (y − t)², without ½, mean over the batch',
  params: {},
  references: [],
  examples: [{ type: 'meanSquaredError' }],
  compares: 'values',
  takesLogits: false,
});

const meanAbsoluteError = defineLoss({
  type: 'meanAbsoluteError',
  title: 'Mean absolute error (L1)',
  summary: 'Like the mean squared error, but a large residual counts no more than its size.',
  formula: 'ℓ = mean over all outputs of |y − t|; no slope at 0',
  params: {},
  references: [],
  examples: [{ type: 'meanAbsoluteError' }],
  compares: 'values',
  takesLogits: false,
});

const huber = defineLoss({
  type: 'huber',
  title: 'Huber',
  summary: 'Squares small residuals and takes large ones by their size.',
  formula: 'ℓ = mean over all outputs of ½ r² where |r| ≤ δ, else δ (|r| − ½ δ), r = y − t',
  params: { delta },
  references: [torchLoss('HuberLoss')],
  examples: [{ type: 'huber', delta: 1 }],
  compares: 'values',
  takesLogits: false,
});

const pseudoHuber = defineLoss({
  type: 'pseudoHuber',
  title: 'Pseudo-Huber',
  summary: 'A Huber loss that is smooth everywhere.',
  formula: 'ℓ = mean over all outputs of δ² (√(1 + (r / δ)²) − 1), r = y − t',
  params: { delta },
  references: [{ title: 'Barron, A general and adaptive robust loss function, CVPR 2019' }],
  examples: [{ type: 'pseudoHuber', delta: 1 }],
  compares: 'values',
  takesLogits: false,
});

const logCosh = defineLoss({
  type: 'logCosh',
  title: 'Log-cosh',
  summary: 'A smooth loss between squares and sizes of the residuals, without a parameter.',
  formula: 'ℓ = mean over all outputs of ln cosh(y − t)',
  params: {},
  references: [kerasLoss('LogCosh')],
  examples: [{ type: 'logCosh' }],
  compares: 'values',
  takesLogits: false,
});

const poisson = defineLoss({
  type: 'poisson',
  title: 'Poisson',
  summary: 'For counts: how unlikely the target is if the output is the rate, or its logarithm.',
  formula: 'ℓ = mean over all outputs of e^y − t y; of y − t ln(y + 10⁻⁷) if y is the rate itself',
  params: {
    logInput: yesNo({
      description:
        'Whether the network gives the logarithm of the rate. If not (as in Keras), it must end in values above 0: softplus.',
      default: true,
    }),
  },
  references: [torchLoss('PoissonNLLLoss'), kerasLoss('Poisson')],
  examples: [{ type: 'poisson' }],
  compares: 'values',
  takesLogits: false,
});

/** Losses of single values: an output and its target. */
export const lossesOfValues = {
  meanSquaredError,
  meanAbsoluteError,
  huber,
  pseudoHuber,
  logCosh,
  poisson,
} as const;
