import type { SimpleLossKind } from '#common/catalogue/losses';
import { compareCases } from './compareCases';
import {
  assertSame,
  type Batch,
  computeOurs,
  distributions,
  type Found,
  logRates,
  type LossCase,
  masks,
  neverRight,
  ofClasses,
  oneChannel,
  oneLogit,
  poissonTerms,
  rates,
  titleOf,
  values,
  yesNo,
} from './losses';
import { valuesOf } from './support';

/** A loss as we name it and as Keras does. */
interface Pair extends Pick<LossCase, 'ours' | 'terms'> {
  readonly theirs: string;
  readonly options?: object;
  /** What the outputs go through before Keras' loss. */
  readonly link?: 'none' | 'exp' | 'sigmoid' | 'softmax';
  readonly batches: readonly Batch[];
  /** Keras' global ε. */
  readonly epsilon?: number;
  /** Keras takes one-hot rows instead of labels. */
  readonly oneHot?: boolean;
  /** Weights of the classes, which Keras takes for each sample. */
  readonly classWeights?: readonly number[];
}

/** Where Keras would clip probabilities that float64 still tells from 0, it must not: we do not clip. */
const noClipping = 1e-100;

/**
 * Keras' focal loss takes the logarithm of 1 − p, of which float64 leaves nothing for logits beyond 36, but nine
 * digits at 15; test/unit/loss compares logits of ±80 with the definition.
 */
const within15 = [...yesNo, oneLogit].map((batch): Batch => {
  const { shape, values: logits } = batch.outputs;
  const near = logits.map((logit) => Math.min(Math.max(logit, -15), 15));
  return { ...batch, title: `${batch.title}, within ±15`, outputs: valuesOf(shape, near) };
});

/**
 * What Keras has of our losses. Its Dice and Tversky losses have no smoothing in the numerator: they are
 * compared where it is too small to show. Its Tversky calls a target that was missed a false positive, so
 * α and β change places.
 */
const overlap = { smooth: 1e-7 };
const overImage = { axis: [1, 2] };
const tversky = { ours: { ...overlap, alpha: 0.3, beta: 0.7 }, theirs: 'Tversky', epsilon: 1e-7 };
const dice = { ours: overlap, theirs: 'Dice', options: overImage, epsilon: 1e-7 };
const swapped = { ...overImage, alpha: 0.7, beta: 0.3 };
const logits = { from_logits: true };
const pairs = {
  softmaxCrossEntropy: [
    { theirs: 'SparseCategoricalCrossentropy', options: logits, batches: ofClasses },
    {
      ours: { labelSmoothing: 0.1 },
      theirs: 'CategoricalCrossentropy',
      options: { ...logits, label_smoothing: 0.1 },
      oneHot: true,
      batches: ofClasses,
    },
    {
      ours: { classWeights: [0.5, 2, 0, 1, 7], weighting: 'sampleMean' },
      theirs: 'SparseCategoricalCrossentropy',
      options: logits,
      classWeights: [0.5, 2, 0, 1, 7],
      batches: ofClasses.slice(0, 1),
    },
  ],
  sigmoidCrossEntropy: [
    { theirs: 'BinaryCrossentropy', options: logits, batches: [...yesNo, oneLogit] },
  ],
  sigmoidFocal: [
    {
      ours: { gamma: 2, alpha: 0.25 },
      theirs: 'BinaryFocalCrossentropy',
      options: { ...logits, apply_class_balancing: true, gamma: 2, alpha: 0.25 },
      batches: within15,
    },
    {
      ours: { gamma: 0.5, alpha: 0.9 },
      theirs: 'BinaryFocalCrossentropy',
      options: { ...logits, apply_class_balancing: true, gamma: 0.5, alpha: 0.9 },
      batches: yesNo.slice(0, 1),
    },
  ],
  klDivergence: [
    {
      theirs: 'KLDivergence',
      link: 'softmax',
      batches: ofClasses.map(distributions),
    },
  ],
  focal: [
    {
      ours: { gamma: 2, alpha: 0.25 },
      theirs: 'CategoricalFocalCrossentropy',
      options: { ...logits, gamma: 2, alpha: 0.25 },
      oneHot: true,
      batches: ofClasses,
    },
    {
      ours: { gamma: 0.5, alpha: 1 },
      theirs: 'CategoricalFocalCrossentropy',
      options: { ...logits, gamma: 0.5, alpha: 1 },
      oneHot: true,
      batches: ofClasses.slice(0, 1),
    },
  ],
  hinge: [{ theirs: 'Hinge', batches: yesNo }],
  meanSquaredError: [{ theirs: 'MeanSquaredError', batches: values }],
  meanAbsoluteError: [
    {
      theirs: 'MeanAbsoluteError',
      batches: [values[0]!, neverRight, ...values.slice(2)],
    },
  ],
  huber: [
    { ours: { delta: 0.5 }, theirs: 'Huber', options: { delta: 0.5 }, batches: values },
    { ours: { delta: 3 }, theirs: 'Huber', options: { delta: 3 }, batches: values },
  ],
  logCosh: [{ theirs: 'LogCosh', batches: values }],
  poisson: [
    { theirs: 'Poisson', link: 'exp', batches: logRates, terms: poissonTerms },
    { ours: { logInput: false }, theirs: 'Poisson', epsilon: 1e-7, batches: rates },
  ],
  dice: [
    { ...dice, link: 'softmax', batches: masks },
    { ...dice, link: 'sigmoid', batches: [oneChannel] },
  ],
  tversky: [
    { ...tversky, options: swapped, link: 'softmax', batches: masks },
    { ...tversky, options: swapped, link: 'sigmoid', batches: [oneChannel] },
  ],
  // Keras has none of these; test/unit/loss compares them with their definitions.
  weightedSigmoidCrossEntropy: [],
  pseudoHuber: [],
  ssim: [],
  totalVariation: [],
} satisfies Readonly<Record<SimpleLossKind, readonly Pair[]>>;

type Case = Pair & LossCase;

const cases = Object.entries(pairs).flatMap(([type, list]: [string, readonly Pair[]]) =>
  list.flatMap((pair) => pair.batches.map((batch): Case => ({ ...pair, type, batch }))),
);

/** A case as the script takes it. */
function taskOf({ batch, theirs, options = {}, link = 'none', ...pair }: Case): object {
  const { outputs, labels, target } = batch;
  const { epsilon = noClipping, oneHot = false, classWeights } = pair;
  const classes = outputs.shape.at(-1)!;
  const rows = labels?.flatMap((label) =>
    Array.from({ length: classes }, (_, i) => +(i === label)),
  );
  const truth =
    labels === undefined || target !== undefined
      ? target
      : oneHot
        ? valuesOf(outputs.shape, rows!)
        : valuesOf(outputs.shape.slice(0, -1), labels);
  const weights = classWeights && labels!.map((label) => classWeights[label]!);
  return {
    ...{ name: theirs, options, link, epsilon, outputs, truth },
    ...(weights && { weights: { shape: outputs.shape.slice(0, -1), values: weights } }),
  };
}

compareCases<Case, Found>('losses and their gradients in Keras', {
  script: 'cases/losses.py',
  cases,
  taskOf,
  titleOf,
  check: (one, theirs) => assertSame(one, computeOurs(one), theirs),
});
