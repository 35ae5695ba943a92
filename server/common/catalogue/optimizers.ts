import { defineComponent, type ValueOf } from './component';
import { realNumber, yesNo } from './parameters';

function learningRate(value: number) {
  return realNumber({
    description: 'Step size η.',
    exclusiveMinimum: 0,
    maximum: 100,
    default: value,
  });
}

const sgd = defineComponent({
  type: 'sgd',
  title: 'Stochastic gradient descent',
  summary: 'Steps against the gradient of the batch.',
  formula: 'w ← w − η g',
  params: { learningRate: learningRate(0.01) },
  references: [],
  snippet: '"learningRate": ${1:0.01}',
  examples: [{ type: 'sgd', learningRate: 0.01 }],
});

const momentum = defineComponent({
  type: 'momentum',
  title: 'Momentum',
  summary: 'Steps along a running sum of gradients, which smooths and speeds up descent.',
  formula: 'm ← μ m + g; w ← w − η m, or w ← w − η (g + μ m) with Nesterov',
  params: {
    learningRate: learningRate(0.01),
    momentum: realNumber({
      description: 'Part μ of the running sum that is kept.',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.9,
    }),
    nesterov: yesNo({ description: 'Look ahead along the running sum.', default: false }),
  },
  references: [
    { title: 'Sutskever et al., On the importance of initialization and momentum, ICML 2013' },
  ],
  snippet: '"learningRate": ${1:0.01}, "momentum": ${2:0.9}',
  examples: [{ type: 'momentum', learningRate: 0.01, momentum: 0.9 }],
});

const adam = defineComponent({
  type: 'adam',
  title: 'Adam',
  summary: 'Scales each step by running averages of the gradient and its square; the usual start.',
  formula:
    'm ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η m̂ / (√v̂ + ε), m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)',
  params: {
    learningRate: learningRate(1e-3),
    beta1: realNumber({
      description: 'Decay β₁ of the average gradient.',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.9,
    }),
    beta2: realNumber({
      description: 'Decay β₂ of the average squared gradient.',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.999,
    }),
    epsilon: realNumber({
      description: 'Added to the root; 1e-7 as in Keras (PyTorch has 1e-8).',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1e-7,
    }),
  },
  references: [{ title: 'Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015' }],
  snippet: '"learningRate": ${1:1e-3}',
  examples: [{ type: 'adam', learningRate: 1e-3 }],
});

export const optimizers = { sgd, momentum, adam } as const;

export type OptimizerKind = keyof typeof optimizers;
export type OptimizerValue = ValueOf<(typeof optimizers)[OptimizerKind]>;
