import { Type, type TProperties } from '@sinclair/typebox';
import { defineComponent, type Component, type ValueOf } from './component';
import { realNumber, wholeNumber, yesNo } from './parameters';
import { scheduleParameter } from './schedules';

function limit(description: string) {
  return Type.Optional(realNumber({ description, exclusiveMinimum: 0, maximum: 1e6 }));
}

/** What every optimizer can do beside its own update; the names are Keras'. */
const common = {
  schedule: Type.Optional(
    scheduleParameter('How the learning rate changes while training goes on.'),
  ),
  clipValue: limit('Largest size of any entry of a gradient; larger ones are cut to it.'),
  clipNorm: limit('Largest norm of the gradient of one variable; a longer one is scaled down.'),
  globalClipNorm: limit(
    'Largest norm of all gradients together; longer ones are scaled down by one factor.',
  ),
  gradientAccumulationSteps: wholeNumber({
    description: 'Batches whose mean gradient makes one update: a larger batch in less memory.',
    minimum: 1,
    maximum: 10_000,
    default: 1,
  }),
  emaMomentum: Type.Optional(
    realNumber({
      description:
        'Keep a running average of the weights, of which each update leaves this part; it is what is evaluated.',
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
    }),
  ),
};

function weightDecay(value: number) {
  return realNumber({
    description:
      'Decoupled weight decay λ: every update first takes η λ w off each kernel, apart from its gradient.',
    minimum: 0,
    maximum: 1,
    default: value,
  });
}

function learningRate(value: number) {
  return realNumber({
    description: 'Step size η.',
    exclusiveMinimum: 0,
    maximum: 100,
    default: value,
  });
}

function decay(description: string, value: number) {
  return realNumber({ description, minimum: 0, exclusiveMaximum: 1, default: value });
}

function epsilon(value: number, description = 'Small number ε that keeps the quotient finite.') {
  return realNumber({ description, exclusiveMinimum: 0, maximum: 1, default: value });
}

function lambda(description: string, value: number) {
  return realNumber({ description, minimum: 0, maximum: 1e6, default: value });
}

const firstAccumulator = realNumber({
  description: 'What the sum of squares begins with; 0.1 as in Keras (PyTorch has 0).',
  minimum: 0,
  maximum: 1e6,
  default: 0.1,
});

interface Options<P extends TProperties> {
  readonly rate: number;
  readonly decay?: number;
  readonly params: P;
}

/** An optimizer's entry: its learning rate first, what all share last. */
function defineOptimizer<T extends string, P extends TProperties>({
  rate,
  decay: decayed = 0,
  ...component
}: Omit<Component<T, P>, 'params' | 'snippet'> & Options<P>) {
  const snippet = `"learningRate": \${1:${rate}}`;
  const first = { learningRate: learningRate(rate) };
  const params = { ...first, ...component.params, weightDecay: weightDecay(decayed), ...common };
  return defineComponent({ ...component, params, snippet });
}

const adamPaper = { title: 'Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015' };
const adagradPaper = { title: 'Duchi et al., Adaptive subgradient methods, JMLR 12, 2011' };

const moments = {
  beta1: decay('Decay β₁ of the average gradient.', 0.9),
  beta2: decay('Decay β₂ of the average squared gradient.', 0.999),
};

const sgd = defineOptimizer({
  type: 'sgd',
  title: 'Stochastic gradient descent',
  summary: 'Steps against the gradient of the batch.',
  formula: 'w ← w − η g',
  rate: 0.01,
  params: {},
  references: [],
  examples: [{ type: 'sgd', learningRate: 0.01 }],
});

const momentum = defineOptimizer({
  type: 'momentum',
  title: 'Momentum',
  summary: 'Steps along a running sum of gradients, which smooths and speeds up descent.',
  formula: 'm ← μ m + g; w ← w − η m, or w ← w − η (g + μ m) with Nesterov',
  rate: 0.01,
  params: {
    momentum: decay('Part μ of the running sum that is kept.', 0.9),
    nesterov: yesNo({ description: 'Look ahead along the running sum.', default: false }),
  },
  references: [
    { title: 'Sutskever et al., On the importance of initialization and momentum, ICML 2013' },
  ],
  examples: [{ type: 'momentum', learningRate: 0.01, momentum: 0.9 }],
});

const adamParams = {
  ...moments,
  epsilon: epsilon(1e-7, 'Added to the root; 1e-7 as in Keras (PyTorch has 1e-8).'),
  amsgrad: yesNo({
    description:
      'Divide by the largest average squared gradient so far, so that steps only shrink.',
    default: false,
  }),
};
const adamFormula =
  'm ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η m̂ / (√v̂ + ε), m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)';

const adam = defineOptimizer({
  type: 'adam',
  title: 'Adam',
  summary: 'Scales each step by running averages of the gradient and its square; the usual start.',
  formula: adamFormula,
  rate: 1e-3,
  params: adamParams,
  references: [
    adamPaper,
    { title: 'Reddi et al., On the convergence of Adam and beyond, ICLR 2018 (AMSGrad)' },
  ],
  examples: [{ type: 'adam', learningRate: 1e-3 }],
});

const adamW = defineOptimizer({
  type: 'adamW',
  title: 'AdamW',
  summary: 'Adam with weight decay apart from the gradient, which its scaling then leaves alone.',
  formula: `w ← w − η λ w; ${adamFormula}`,
  rate: 1e-3,
  decay: 0.004,
  params: adamParams,
  references: [
    { title: 'Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019' },
  ],
  examples: [{ type: 'adamW', learningRate: 1e-3, weightDecay: 0.01 }],
});

const adamax = defineOptimizer({
  type: 'adamax',
  title: 'Adamax',
  summary: 'Adam with the largest recent gradient in the place of the root mean square.',
  formula: 'm ← β₁ m + (1 − β₁) g; u ← max(β₂ u, |g|); w ← w − η/(1 − β₁ᵗ) · m / (u + ε)',
  rate: 1e-3,
  params: { ...moments, epsilon: epsilon(1e-7) },
  references: [adamPaper],
  examples: [{ type: 'adamax', learningRate: 2e-3 }],
});

const nadam = defineOptimizer({
  type: 'nadam',
  title: 'Nadam',
  summary: "Adam with Nesterov's look ahead.",
  formula:
    'μₜ = β₁ (1 − ½ 0.96^(ψ t)); w ← w − η (μₜ₊₁ m / (1 − Πμ μₜ₊₁) + (1 − μₜ) g / (1 − Πμ)) / (√v̂ + ε)',
  rate: 2e-3,
  params: {
    ...moments,
    epsilon: epsilon(1e-7),
    momentumDecay: realNumber({
      description: 'Speed ψ at which the momentum grows; 0.004 as in PyTorch (Keras has 1).',
      minimum: 0,
      maximum: 10,
      default: 0.004,
    }),
  },
  references: [{ title: 'Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop 2016' }],
  examples: [{ type: 'nadam', learningRate: 2e-3 }],
});

const adagrad = defineOptimizer({
  type: 'adagrad',
  title: 'AdaGrad',
  summary:
    'Divides each step by the root of all squared gradients so far: rare features learn fast.',
  formula: 'n ← n + g²; w ← w − η g / (√n + ε)',
  rate: 0.01,
  params: { initialAccumulatorValue: firstAccumulator, epsilon: epsilon(1e-7) },
  references: [adagradPaper],
  examples: [{ type: 'adagrad', learningRate: 0.1 }],
});

const proximalAdagrad = defineOptimizer({
  type: 'proximalAdagrad',
  title: 'Proximal AdaGrad',
  summary:
    'AdaGrad with L1 and L2 penalties applied exactly after each step, which makes true zeros.',
  formula: 'n ← n + g²; η′ = η/√n; v = w − η′ g; w ← sign(v) max(|v| − η′ λ₁, 0) / (1 + η′ λ₂)',
  rate: 0.01,
  params: {
    l1: lambda('Weight λ₁ of the sum of |w|.', 0),
    l2: lambda('Weight λ₂ of half the sum of w².', 0),
    initialAccumulatorValue: realNumber({
      description: 'What the sum of squares begins with; it must be above 0.',
      exclusiveMinimum: 0,
      maximum: 1e6,
      default: 0.1,
    }),
  },
  references: [adagradPaper, { title: 'TensorFlow ResourceApplyProximalAdagrad' }],
  examples: [{ type: 'proximalAdagrad', learningRate: 0.1, l1: 0.001 }],
});

const proximalGradient = defineOptimizer({
  type: 'proximalGradient',
  title: 'Proximal gradient descent (ISTA)',
  summary: 'A gradient step, then a shrinkage towards zero: descent on the loss plus λ Σ|w|.',
  formula: 'w ← S(w − η g, η λ), S(x, t) = sign(x) max(|x| − t, 0)',
  rate: 0.01,
  params: { l1: lambda('Weight λ of the sum of |w|.', 1e-4) },
  references: [
    { title: 'Beck and Teboulle, A fast iterative shrinkage-thresholding algorithm, 2009' },
  ],
  examples: [{ type: 'proximalGradient', learningRate: 0.05, l1: 0.001 }],
});

const ftrl = defineOptimizer({
  type: 'ftrl',
  title: 'FTRL-proximal',
  summary: 'Follows the regularized leader: sparse weights with an adaptive rate for each.',
  formula:
    'n′ = n + g²; z ← z + g + 2 λₛ w − (√n′ − √n)/η · w; w ← (clip(z, ±λ₁) − z) / (√n′/η + 2 λ₂ + β/η)',
  rate: 1e-3,
  params: {
    l1: lambda('Weight λ₁ of the sum of |w|.', 0),
    l2: lambda('Weight λ₂ of the sum of w².', 0),
    l2Shrinkage: lambda('Weight λₛ of a penalty on the step alone.', 0),
    beta: lambda('Extra stability β of the rate.', 0),
    initialAccumulatorValue: firstAccumulator,
  },
  references: [{ title: 'McMahan et al., Ad click prediction, KDD 2013; Keras Ftrl' }],
  examples: [{ type: 'ftrl', learningRate: 0.05, l1: 0.001 }],
});

const adadelta = defineOptimizer({
  type: 'adadelta',
  title: 'AdaDelta',
  summary: 'Scales steps by the ratio of recent changes to recent gradients; needs no tuned rate.',
  formula: 'v ← ρ v + (1 − ρ) g²; Δ = √(x + ε)/√(v + ε) · g; x ← ρ x + (1 − ρ) Δ²; w ← w − η Δ',
  rate: 1,
  params: {
    rho: decay('Decay ρ of both running averages.', 0.95),
    epsilon: epsilon(1e-7, 'Added in both roots; 1e-7 as in Keras (PyTorch has 1e-6).'),
  },
  references: [{ title: 'Zeiler, ADADELTA: an adaptive learning rate method, 2012' }],
  examples: [{ type: 'adadelta' }],
});

const rmsprop = defineOptimizer({
  type: 'rmsprop',
  title: 'RMSProp',
  summary: 'Divides each step by a running root mean square of the gradient.',
  formula: 'v ← ρ v + (1 − ρ) g²; w ← w − η g / √(v + ε), with v − m² for v if centred',
  rate: 1e-3,
  params: {
    rho: decay('Decay ρ of the average; 0.9 as in Keras (PyTorch has 0.99).', 0.9),
    centered: yesNo({
      description: 'Take the square of the average gradient m off, which leaves its variance.',
      default: false,
    }),
    epsilon: epsilon(1e-7),
  },
  references: [{ title: 'Tieleman and Hinton, Lecture 6.5, 2012' }],
  examples: [{ type: 'rmsprop', learningRate: 1e-3 }],
});

const lion = defineOptimizer({
  type: 'lion',
  title: 'Lion',
  summary:
    'Steps by the sign of a mixture of gradient and momentum: all entries by the same amount.',
  formula: 'w ← w − η sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g',
  rate: 1e-4,
  params: {
    beta1: decay('Part β₁ of the momentum in the step.', 0.9),
    beta2: decay('Decay β₂ of the momentum.', 0.99),
  },
  references: [{ title: 'Chen et al., Symbolic discovery of optimization algorithms, 2023' }],
  examples: [{ type: 'lion', learningRate: 1e-4, weightDecay: 0.01 }],
});

export const optimizers = {
  sgd,
  momentum,
  adam,
  adamW,
  adamax,
  nadam,
  adagrad,
  proximalAdagrad,
  proximalGradient,
  ftrl,
  adadelta,
  rmsprop,
  lion,
} as const;

export type OptimizerKind = keyof typeof optimizers;
export type OptimizerValue = ValueOf<(typeof optimizers)[OptimizerKind]>;
