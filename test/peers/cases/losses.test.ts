import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { SimpleLossKind } from '#common/catalogue/losses';
import { lossFunction, type Targets } from '../../../server/training/loss/loss';
import { useEngine } from '../../unit/engine/support';
import { experimentWith } from '../../unit/model/support';
import { runPython } from '../environment';
import { assertRows, native, picked, randomValues, type Values, valuesOf } from './support';

/** A loss as we name it and as Keras does. */
interface Pair {
  readonly ours?: object;
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

/** Outputs with a label for each row, or a target for each value. */
interface Batch {
  readonly title: string;
  readonly outputs: Values;
  readonly labels?: readonly number[];
  readonly target?: Values;
}

/** Where Keras would clip probabilities that float64 still tells from 0, it must not: we do not clip. */
const noClipping = 1e-100;

function labelled(title: string, outputs: Values, seed: number): Batch {
  const classes = outputs.shape.at(-1)!;
  const rows = outputs.values.length / classes;
  const all = Array.from({ length: classes }, (_, label) => label);
  return { title, outputs, labels: picked([rows], all, seed).values };
}

const extremes = picked([8, 4], [-80, 80, 0, 3], 5);
const ofClasses: readonly Batch[] = [
  labelled('random logits', randomValues([16, 5], 1, 4), 2),
  labelled('logits of ±80', extremes, 3),
  { title: 'one class only', outputs: randomValues([6, 5], 4, 3), labels: Array(6).fill(2) },
  labelled('one sample', randomValues([1, 5], 6, 5), 7),
  labelled('a network with one output', randomValues([4, 1], 8, 5), 9),
  labelled('a label for each pixel', randomValues([3, 4, 2, 3], 10, 6), 11),
];

function withTargets(title: string, outputs: Values, list: readonly number[], seed = 20): Batch {
  return { title, outputs, target: picked(outputs.shape, list, seed) };
}

/** Shares of each class, which add up to 1; in some rows one class has all. */
function distributions(batch: Batch): Batch {
  const classes = batch.outputs.shape.at(-1)!;
  const weights = picked(batch.outputs.shape, [0, 1, 2, 5], 30).values;
  const shares = weights.map((weight, i) => {
    const first = i - (i % classes);
    const sum = weights.slice(first, first + classes).reduce((a, b) => a + b, 0);
    return sum === 0 ? 1 / classes : weight / sum;
  });
  return { ...batch, target: valuesOf(batch.outputs.shape, shares) };
}

const yesNo: readonly Batch[] = [
  withTargets('random logits', randomValues([16, 5], 12, 4), [0, 1]),
  withTargets('logits of ±80', extremes, [0, 1]),
  withTargets('only ones', randomValues([6, 3], 13, 4), [1]),
  withTargets('one value', randomValues([1, 1], 14, 4), [0]),
  withTargets('a mask', randomValues([2, 5, 4, 2], 15, 4), [0, 1]),
];
const oneLogit: Batch = {
  title: 'one logit for two classes',
  outputs: valuesOf([8, 1], [-80, 80, 80, -80, 0, 0, 1.5, -3]),
  labels: [0, 1, 0, 1, 0, 1, 1, 1],
};
const values: readonly Batch[] = [
  withTargets('random values', randomValues([16, 5], 16, 3), [-2.5, -1, 0, 0.3, 4]),
  // Residuals of 0, of just the δ of Huber's loss, of hardly anything and of very much.
  withTargets('corners', picked([12, 6], [0, 0.5, 1, 1e-6, -1e4, 80], 17), [0, 0.5, -1e-6]),
  withTargets('one value', randomValues([1, 1], 18), [0.25]),
  withTargets('images', randomValues([2, 5, 4, 2], 19, 2), [0, 0.1, 0.9]),
];
/** Where nothing is just right: there JAX gives |r| the slope of its right side, we give it none. */
const neverRight = withTargets('residuals of any size', values[1]!.outputs, [0.25, -2e-6]);
const counts = [0, 1, 3, 250];
const logRates: readonly Batch[] = [
  withTargets('random values', randomValues([16, 5], 21, 4), counts),
  withTargets('rates from e⁻⁸⁰ to e⁸⁰', picked([12, 4], [-80, 0, 5, 80], 22), counts),
];
const rates: readonly Batch[] = [
  withTargets('rates from 10⁻⁴ to 10⁴', picked([12, 6], [1e-4, 0.5, 3, 1e4], 23), counts),
];
const masks: readonly Batch[] = [
  withTargets('random logits', randomValues([3, 6, 5, 2], 24, 4), [0, 0, 1]),
  withTargets('logits of ±80', picked([2, 6, 5, 3], [-80, 80, 2], 25), [0, 1, 0.5]),
  withTargets('one sample', randomValues([1, 4, 4, 2], 26, 3), [0, 1]),
];
const oneChannel = withTargets('one channel', randomValues([3, 6, 5, 1], 27, 4), [0, 1, 1]);

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
      batches: [...yesNo, oneLogit],
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
    { theirs: 'Poisson', link: 'exp', batches: logRates },
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

interface Case extends Pair {
  readonly type: string;
  readonly batch: Batch;
}

const cases = Object.entries(pairs).flatMap(([type, list]: [string, readonly Pair[]]) =>
  list.flatMap((pair) => pair.batches.map((batch): Case => ({ ...pair, type, batch }))),
);

interface Found {
  readonly losses: readonly number[];
  readonly gradient: readonly number[];
}

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

function computeOurs({ type, ours, batch: { outputs, labels, target } }: Case): Found {
  const loss = lossFunction(experimentWith({ loss: { type, ...ours } }).loss);
  const [losses, gradient] = tf.tidy(() => {
    const tensorOf = ({ shape, values: given }: Values) => tf.tensor([...given], [...shape]);
    const targets: Targets = {
      ...(target && { target: tensorOf(target) }),
      ...(labels && { labels: tf.tensor([...labels], outputs.shape.slice(0, -1), 'int32') }),
    };
    const epoch = tf.scalar(0, 'int32');
    const perSample = (y: tf.Tensor) => loss(y, targets, epoch).perSample;
    const y = tensorOf(outputs);
    const slopes = tf.grad((x: tf.Tensor) => tf.sum(perSample(x)))(y);
    return [[...perSample(y).dataSync()], [...slopes.dataSync()]] as unknown as tf.TensorContainer;
  }) as unknown as [number[], number[]];
  return { losses, gradient };
}

describe('losses and their gradients in Keras', () => {
  useEngine(native);
  let expected: readonly Found[];
  before(async () => {
    expected = await runPython<readonly Found[]>('cases/losses.py', cases.map(taskOf));
    assert.equal(expected.length, cases.length);
  });

  for (const [i, one] of cases.entries()) {
    it(`${one.type} ${JSON.stringify(one.ours ?? {})}, ${one.batch.title}`, () => {
      const found = computeOurs(one);
      const theirs = expected[i]!;
      const samples = theirs.losses.length;
      // A few roundings of float32, 6e-8 each, of a value and of the probabilities that it is made of.
      const relative = 1e-6;
      assertRows('loss', [found.losses, theirs.losses], samples, { relative, absolute: 1e-6 });
      const slopes = [found.gradient, theirs.gradient] as const;
      assertRows('gradient', slopes, samples, { relative, absolute: 1e-7 });
    });
  }
});
