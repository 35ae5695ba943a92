// Losses as the scripts that compare take them: outputs with labels or targets, and what we make of them.
import * as tf from '@tensorflow/tfjs-core';
import { lossFunction, type Targets } from '../../../server/training/loss/loss';
import { experimentWith } from '../../unit/model/support';
import { assertRows, picked, randomValues, type Values, valuesOf } from './support';

/** Outputs with a label for each row, or a target for each value. */
export interface Batch {
  readonly title: string;
  readonly outputs: Values;
  readonly labels?: readonly number[];
  readonly target?: Values;
}

function labelled(title: string, outputs: Values, seed: number): Batch {
  const classes = outputs.shape.at(-1)!;
  const rows = outputs.values.length / classes;
  const all = Array.from({ length: classes }, (_, label) => label);
  return { title, outputs, labels: picked([rows], all, seed).values };
}

const extremes = picked([8, 4], [-80, 80, 0, 3], 5);
export const ofClasses: readonly Batch[] = [
  labelled('random logits', randomValues([16, 5], 1, 4), 2),
  labelled('logits of ±80', extremes, 3),
  { title: 'one class only', outputs: randomValues([6, 5], 4, 3), labels: Array(6).fill(2) },
  labelled('one sample', randomValues([1, 5], 6, 5), 7),
  labelled('a network with one output', randomValues([4, 1], 8, 5), 9),
  labelled('a label for each pixel', randomValues([3, 4, 2, 3], 10, 6), 11),
];

export function withTargets(
  title: string,
  outputs: Values,
  list: readonly number[],
  seed = 20,
): Batch {
  return { title, outputs, target: picked(outputs.shape, list, seed) };
}

/** Shares of each class, which add up to 1; in some rows one class has all. */
export function distributions(batch: Batch): Batch {
  const classes = batch.outputs.shape.at(-1)!;
  const weights = picked(batch.outputs.shape, [0, 1, 2, 5], 30).values;
  const shares = weights.map((weight, i) => {
    const first = i - (i % classes);
    const sum = weights.slice(first, first + classes).reduce((a, b) => a + b, 0);
    return sum === 0 ? 1 / classes : weight / sum;
  });
  return { ...batch, target: valuesOf(batch.outputs.shape, shares) };
}

export const yesNo: readonly Batch[] = [
  withTargets('random logits', randomValues([16, 5], 12, 4), [0, 1]),
  withTargets('logits of ±80', extremes, [0, 1]),
  withTargets('only ones', randomValues([6, 3], 13, 4), [1]),
  withTargets('one value', randomValues([1, 1], 14, 4), [0]),
  withTargets('a mask', randomValues([2, 5, 4, 2], 15, 4), [0, 1]),
];
export const oneLogit: Batch = {
  title: 'one logit for two classes',
  outputs: valuesOf([8, 1], [-80, 80, 80, -80, 0, 0, 1.5, -3]),
  labels: [0, 1, 0, 1, 0, 1, 1, 1],
};
export const values: readonly Batch[] = [
  withTargets('random values', randomValues([16, 5], 16, 3), [-2.5, -1, 0, 0.3, 4]),
  // Residuals of 0, of just the δ of Huber's loss, of hardly anything and of very much.
  withTargets('corners', picked([12, 6], [0, 0.5, 1, 1e-6, -1e4, 80], 17), [0, 0.5, -1e-6]),
  withTargets('one value', randomValues([1, 1], 18), [0.25]),
  withTargets('images', randomValues([2, 5, 4, 2], 19, 2), [0, 0.1, 0.9]),
];
/** Where nothing is just right: there JAX gives |r| the slope of its right side, we give it none. */
export const neverRight = withTargets('residuals of any size', values[1]!.outputs, [0.25, -2e-6]);
const counts = [0, 1, 3, 250];
/**
 * What Poisson's loss takes off each other for a logarithm of a rate: 250 · 4 leaves a sample's mean of −2.4, and
 * is itself rounded by 3e-5.
 */
export const poissonTerms = (y: number, count: number): readonly number[] => [
  Math.exp(y),
  count * y,
];
export const logRates: readonly Batch[] = [
  withTargets('random values', randomValues([16, 5], 21, 4), counts),
  withTargets('rates from e⁻⁸⁰ to e⁸⁰', picked([12, 4], [-80, 0, 5, 80], 22), counts),
];
export const rates: readonly Batch[] = [
  withTargets('rates from 10⁻⁴ to 10⁴', picked([12, 6], [1e-4, 0.5, 3, 1e4], 23), counts),
];
export const masks: readonly Batch[] = [
  withTargets('random logits', randomValues([3, 6, 5, 2], 24, 4), [0, 0, 1]),
  withTargets('logits of ±80', picked([2, 6, 5, 3], [-80, 80, 2], 25), [0, 1, 0.5]),
  withTargets('one sample', randomValues([1, 4, 4, 2], 26, 3), [0, 1]),
];
export const oneChannel = withTargets('one channel', randomValues([3, 6, 5, 1], 27, 4), [0, 1, 1]);

/** A loss of ours and what it is given. */
export interface LossCase {
  readonly type: string;
  readonly ours?: object;
  readonly batch: Batch;
  /** What the loss of a value is the sum of, where that may cancel. */
  readonly terms?: (output: number, target: number) => readonly number[];
}

/** The title of a case's test. */
export function titleOf({ type, ours, batch }: LossCase): string {
  return `${type} ${JSON.stringify(ours ?? {})}, ${batch.title}`;
}

/** A value for each sample, and the gradient of their sum by the outputs. */
export interface Found {
  readonly losses: readonly number[];
  readonly gradient: readonly number[];
}

export function computeOurs({ type, ours, batch: { outputs, labels, target } }: LossCase): Found {
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

/** The mean size of the terms that each sample's loss adds up. */
function sizesOf({ batch: { outputs, target }, terms }: LossCase): readonly number[] | undefined {
  if (terms === undefined) return undefined;
  const length = outputs.values.length / outputs.shape[0]!;
  const sizes = Array.from({ length: outputs.shape[0]! }, () => 0);
  for (const [i, y] of outputs.values.entries()) {
    const sample = Math.floor(i / length);
    for (const term of terms(y, target!.values[i]!)) sizes[sample]! += Math.abs(term) / length;
  }
  return sizes;
}

/**
 * Asserts that values and gradients agree, to a few roundings of float32, 6e-8 each, of what they are made
 * of.
 */
export function assertSame(one: LossCase, found: Found, theirs: Found): void {
  const samples = theirs.losses.length;
  const relative = 1e-6;
  const losses = [found.losses, theirs.losses, sizesOf(one)] as const;
  assertRows('loss', losses, samples, { relative, absolute: 1e-6 });
  const slopes = [found.gradient, theirs.gradient] as const;
  assertRows('gradient', slopes, samples, { relative, absolute: 1e-7 });
}
