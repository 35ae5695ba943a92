import * as tf from '@tensorflow/tfjs-core';
import type {
  LossTerm,
  LossValue,
  SimpleLossKind,
  SimpleLossValue,
} from '#common/catalogue/losses';
import {
  distributionCrossEntropy,
  pointLoss,
  type PointLoss,
  sharedCrossEntropy,
  softmaxCrossEntropy,
  tversky,
} from '../engine/ops';
import { dissimilarity, totalVariation } from './images';
import { labelsOf, type Targets, targetOf } from './targets';

export type { Targets } from './targets';

export interface LossResult {
  /** One value a sample; the caller takes the mean over the batch. */
  readonly perSample: tf.Tensor1D;
  /**
   * The terms of a mixture, without their weights, by name: `meanSquaredError`, `ssim`, `ssim_1`. Empty
   * for a loss of one part.
   */
  readonly terms: ReadonlyMap<string, tf.Tensor1D>;
}

/** A loss of outputs and targets. `epoch` (int32) is what the weights of a mixture may depend on. */
export type LossFunction = (outputs: tf.Tensor, targets: Targets, epoch: tf.Scalar) => LossResult;

type SimpleLoss = (outputs: tf.Tensor, targets: Targets) => tf.Tensor1D;
type Builders = {
  readonly [K in SimpleLossKind]: (
    value: Extract<SimpleLossValue, { readonly type: K }>,
  ) => SimpleLoss;
};

const builders = {
  softmaxCrossEntropy:
    ({ labelSmoothing, classWeights, weighting }) =>
    (outputs, targets) => {
      const weights = classWeights && { weights: tf.tensor1d(classWeights), convention: weighting };
      const options = { smoothing: labelSmoothing, ...weights };
      return targets.labels
        ? softmaxCrossEntropy(outputs, targets.labels, options)
        : sharedCrossEntropy(outputs, targetOf(outputs, targets), options);
    },
  sigmoidCrossEntropy: () => ofValues('sigmoid'),
  weightedSigmoidCrossEntropy: ({ positiveWeight }) => ofValues('sigmoid', positiveWeight),
  klDivergence: () => (outputs, targets) =>
    distributionCrossEntropy(outputs, targetOf(outputs, targets), { divergence: true }),
  focal:
    ({ alpha, gamma }) =>
    (outputs, targets) =>
      tf.mul(softmaxCrossEntropy(outputs, labelsOf(targets), { focus: gamma }), alpha),
  hinge: () => (outputs, targets) => {
    const signs = tf.sub(tf.mul(targetOf(outputs, targets), 2), 1);
    return pointLoss('hinge', outputs, signs);
  },
  meanSquaredError: () => ofValues('squared'),
  meanAbsoluteError: () => ofValues('absolute'),
  huber: ({ delta }) => ofValues('huber', delta),
  pseudoHuber: ({ delta }) => ofValues('pseudoHuber', delta),
  logCosh: () => ofValues('logCosh'),
  poisson: ({ logInput }) => ofValues(logInput ? 'poisson' : 'poissonRate'),
  dice:
    ({ smooth }) =>
    (outputs, targets) =>
      tversky(outputs, targetOf(outputs, targets), { alpha: 0.5, beta: 0.5, smooth: smooth / 2 }),
  tversky:
    ({ alpha, beta, smooth }) =>
    (outputs, targets) =>
      tversky(outputs, targetOf(outputs, targets), { alpha, beta, smooth }),
  ssim:
    ({ range }) =>
    (outputs, targets) =>
      dissimilarity(outputs, targetOf(outputs, targets), range),
  totalVariation: () => totalVariation,
} satisfies Builders;

function ofValues(kind: PointLoss, parameter?: number): SimpleLoss {
  return (outputs, targets) => pointLoss(kind, outputs, targetOf(outputs, targets), parameter);
}

/** The loss of an experiment. */
export function lossFunction(value: LossValue): LossFunction {
  if (value.type === 'mixture') return mixture(value.terms);
  const loss = simpleLoss(value);
  return (outputs, targets) => ({ perSample: loss(outputs, targets), terms: new Map() });
}

function simpleLoss(value: SimpleLossValue): SimpleLoss {
  return (builders as Record<SimpleLossKind, (given: SimpleLossValue) => SimpleLoss>)[value.type](
    value,
  );
}

function mixture(values: readonly LossTerm[]): LossFunction {
  const names = termNames(values);
  const parts = values.map((value) => ({ value, loss: simpleLoss(value.loss) }));
  return (outputs, targets, epoch) => {
    const losses = parts.map(({ loss }) => loss(outputs, targets));
    const weighted = losses.map((loss, i) => tf.mul(loss, weightAt(parts[i]!.value, epoch)));
    return {
      perSample: tf.addN(weighted) as tf.Tensor1D,
      terms: new Map(losses.map((loss, i) => [names[i]!, loss])),
    };
  };
}

/** Names of the terms of a mixture: their kinds, numbered from the second of a kind on. */
export function termNames(values: readonly LossTerm[]): readonly string[] {
  const kinds = values.map(({ loss }) => loss.type);
  return kinds.map((kind, i) => {
    const before = kinds.slice(0, i).filter((other) => other === kind).length;
    return before === 0 ? kind : `${kind}_${before}`;
  });
}

/** The weight of a term in an epoch, counted from 0. */
function weightAt({ weight, schedule }: LossTerm, epoch: tf.Scalar): tf.Tensor {
  if (!schedule) return tf.scalar(weight);
  const { startWeight, startEpoch, epochs } = schedule;
  const passed = tf.div(tf.sub(tf.cast(epoch, 'float32'), startEpoch), epochs);
  const part = tf.minimum(tf.maximum(passed, 0), 1);
  return tf.add(tf.mul(part, weight - startWeight), startWeight);
}
