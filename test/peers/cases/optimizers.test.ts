import type { OptimizerKind } from '#common/catalogue/optimizers';
import { compareCases } from './compareCases';
import {
  assertSame,
  gradients,
  type Learned,
  learningRate,
  type OptimizerCase,
  steps,
  titleOf,
  train,
  weights,
} from './optimizers';

/** An optimizer as we name it and as Keras (or a reference in optimizers.py) does. */
interface Pair {
  readonly ours?: object;
  readonly theirs: string;
  readonly options: object;
}

/**
 * Keras' Adam and its kin add ε to the root before they correct the bias, the papers (and we) after it;
 * its AdaGrad adds it under the root. One this small does not tell them apart.
 */
const epsilon = 1e-15;
const rate = { learning_rate: learningRate };
const adam = { theirs: 'Adam', options: { ...rate, epsilon } };
const pairs = {
  sgd: [
    { theirs: 'SGD', options: rate },
    { ours: { clipValue: 0.3 }, theirs: 'SGD', options: { ...rate, clipvalue: 0.3 } },
    { ours: { clipNorm: 0.5 }, theirs: 'SGD', options: { ...rate, clipnorm: 0.5 } },
    { ours: { globalClipNorm: 2 }, theirs: 'SGD', options: { ...rate, global_clipnorm: 2 } },
  ],
  momentum: [
    { theirs: 'SGD', options: { ...rate, momentum: 0.9 } },
    {
      ours: { nesterov: true, momentum: 0.7 },
      theirs: 'SGD',
      options: { ...rate, momentum: 0.7, nesterov: true },
    },
    {
      ours: { gradientAccumulationSteps: 7, globalClipNorm: 1, weightDecay: 0.1 },
      theirs: 'SGD',
      options: {
        ...{ ...rate, momentum: 0.9, weight_decay: 0.1 },
        ...{ gradient_accumulation_steps: 7, global_clipnorm: 1 },
      },
    },
  ],
  adam: [
    { ...adam, ours: { epsilon } },
    {
      ours: { epsilon, amsgrad: true },
      theirs: 'Adam',
      options: { ...adam.options, amsgrad: true },
    },
    {
      ours: { epsilon, emaMomentum: 0.95, clipNorm: 1 },
      theirs: 'Adam',
      options: { ...adam.options, use_ema: true, ema_momentum: 0.95, clipnorm: 1 },
    },
    {
      // Keras moves its averages after every batch, we after every update: not compared together.
      ours: { epsilon, gradientAccumulationSteps: 4, clipValue: 0.2 },
      theirs: 'Adam',
      options: { ...adam.options, gradient_accumulation_steps: 4, clipvalue: 0.2 },
    },
  ],
  adamW: [
    { ours: { epsilon }, theirs: 'AdamW', options: adam.options },
    {
      ours: { epsilon, weightDecay: 0.3, amsgrad: true },
      theirs: 'AdamW',
      options: { ...adam.options, weight_decay: 0.3, amsgrad: true },
    },
  ],
  adamax: [{ theirs: 'Adamax', options: rate }],
  nadam: [
    { ours: { momentumDecay: 1 }, theirs: 'Nadam', options: rate },
    {
      theirs: 'pytorch_nadam',
      options: { lr: learningRate, momentum_decay: 0.004, eps: 1e-7 },
    },
  ],
  adagrad: [
    { ours: { epsilon }, theirs: 'Adagrad', options: { ...rate, epsilon } },
    {
      ours: { epsilon, initialAccumulatorValue: 3 },
      theirs: 'Adagrad',
      options: { ...rate, epsilon, initial_accumulator_value: 3 },
    },
  ],
  proximalAdagrad: [
    {
      ours: { l1: 0.05, l2: 0.1 },
      theirs: 'proximal_adagrad',
      options: { lr: learningRate, l1: 0.05, l2: 0.1, initial: 0.1 },
    },
  ],
  proximalGradient: [
    {
      ours: { l1: 0.1 },
      theirs: 'proximal_gradient',
      options: { lr: learningRate, l1: 0.1 },
    },
  ],
  ftrl: [
    { theirs: 'Ftrl', options: rate },
    {
      ours: { l1: 0.3, l2: 0.2, l2Shrinkage: 0.1, beta: 0.5 },
      theirs: 'Ftrl',
      options: {
        ...{ ...rate, l1_regularization_strength: 0.3, l2_regularization_strength: 0.2 },
        ...{ l2_shrinkage_regularization_strength: 0.1, beta: 0.5 },
      },
    },
  ],
  adadelta: [{ ours: { learningRate: 0.9 }, theirs: 'Adadelta', options: { learning_rate: 0.9 } }],
  rmsprop: [
    { theirs: 'RMSprop', options: rate },
    {
      ours: { centered: true, rho: 0.8 },
      theirs: 'RMSprop',
      options: { ...rate, centered: true, rho: 0.8 },
    },
  ],
  lion: [
    { theirs: 'Lion', options: rate },
    {
      ours: { weightDecay: 0.1, beta1: 0.8 },
      theirs: 'Lion',
      options: { ...rate, weight_decay: 0.1, beta_1: 0.8 },
    },
  ],
} satisfies Readonly<Record<OptimizerKind, readonly Pair[]>>;

type Case = Pair & OptimizerCase;

const cases = Object.entries(pairs).flatMap(([type, list]: [string, readonly Pair[]]) =>
  list.map((pair): Case => ({ ...pair, type })),
);

compareCases<Case, Learned>(`optimizers after ${steps} steps of Keras`, {
  script: 'cases/optimizers.py',
  cases,
  taskOf: ({ theirs, options }) => ({ name: theirs, options, steps, weights, gradients }),
  titleOf,
  check: (one, theirs) => assertSame(train(one), theirs),
});
