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

/** An optimizer as we name it and as PyTorch does. */
interface Pair {
  readonly ours?: object;
  readonly theirs: string;
  readonly options?: object;
  readonly weightDecay?: number;
  readonly clipping?: Readonly<Partial<Record<'clip_value' | 'clip_norm', number>>>;
}

/**
 * Where PyTorch adds ε in another place (RMSProp after the root, Adamax to each gradient), one this small
 * does not show. Everywhere else a large one tells whether it is in the right place.
 */
const [epsilon, shown] = [1e-20, 1e-3];
const lr = learningRate;
const adam = { ours: { epsilon: shown }, options: { lr, eps: shown } };
const amsgrad = {
  ours: { ...adam.ours, amsgrad: true },
  options: { ...adam.options, amsgrad: true },
};

/**
 * PyTorch's weight decay is a part of the gradient but in AdamW and where NAdam is asked for it, so it is
 * ours there, and in plain descent, where the two are the same.
 */
const pairs = {
  sgd: [
    { theirs: 'SGD' },
    { ours: { weightDecay: 0.2 }, theirs: 'SGD', weightDecay: 0.2 },
    { ours: { clipValue: 0.3 }, theirs: 'SGD', clipping: { clip_value: 0.3 } },
    { ours: { globalClipNorm: 2 }, theirs: 'SGD', clipping: { clip_norm: 2 } },
  ],
  momentum: [
    { theirs: 'SGD', options: { lr, momentum: 0.9 } },
    {
      ours: { nesterov: true, momentum: 0.7 },
      theirs: 'SGD',
      options: { lr, momentum: 0.7, nesterov: true },
    },
  ],
  adam: [
    { ...adam, theirs: 'Adam' },
    { ...amsgrad, theirs: 'Adam' },
    {
      ...adam,
      ours: { ...adam.ours, globalClipNorm: 0.5 },
      theirs: 'Adam',
      clipping: { clip_norm: 0.5 },
    },
  ],
  adamW: [
    { ours: { ...adam.ours, weightDecay: 0 }, theirs: 'AdamW', options: adam.options },
    {
      ours: { ...amsgrad.ours, weightDecay: 0.3 },
      ...{ theirs: 'AdamW', options: amsgrad.options, weightDecay: 0.3 },
    },
  ],
  adamax: [{ ours: { epsilon }, theirs: 'Adamax', options: { lr, eps: epsilon } }],
  nadam: [
    { ...adam, theirs: 'NAdam' },
    {
      ours: { ...adam.ours, momentumDecay: 0.1, weightDecay: 0.3 },
      theirs: 'NAdam',
      options: { ...adam.options, momentum_decay: 0.1, decoupled_weight_decay: true },
      weightDecay: 0.3,
    },
  ],
  adagrad: [
    {
      ours: { epsilon: shown, initialAccumulatorValue: 0 },
      theirs: 'Adagrad',
      options: { lr, eps: shown },
    },
    {
      ours: { epsilon: shown, initialAccumulatorValue: 3 },
      theirs: 'Adagrad',
      options: { lr, eps: shown, initial_accumulator_value: 3 },
    },
  ],
  adadelta: [
    {
      ours: { learningRate: 0.9, rho: 0.8, epsilon: 1e-6 },
      theirs: 'Adadelta',
      options: { lr: 0.9, rho: 0.8, eps: 1e-6 },
    },
  ],
  rmsprop: [
    { ours: { epsilon }, theirs: 'RMSprop', options: { lr, alpha: 0.9, eps: epsilon } },
    {
      ours: { epsilon, centered: true, rho: 0.8 },
      theirs: 'RMSprop',
      options: { lr, alpha: 0.8, centered: true, eps: epsilon },
    },
  ],
  // PyTorch has none of these; optimizers.test.ts compares them.
  ...{ proximalAdagrad: [], proximalGradient: [], ftrl: [], lion: [] },
} satisfies Readonly<Record<OptimizerKind, readonly Pair[]>>;

type Case = Pair & OptimizerCase;

const cases = Object.entries(pairs).flatMap(([type, list]: [string, readonly Pair[]]) =>
  list.map((pair): Case => ({ ...pair, type })),
);

compareCases<Case, Learned>(`optimizers after ${steps} steps of PyTorch`, {
  script: 'cases/torchOptimizers.py',
  cases,
  taskOf: ({ theirs, options = { lr }, weightDecay = 0, clipping = {} }) => ({
    ...{ name: theirs, options, weight_decay: weightDecay, clipping },
    ...{ steps, weights, gradients },
  }),
  titleOf,
  check: (one, theirs) => assertSame(train(one), theirs),
});
