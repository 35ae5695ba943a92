import * as tf from '@tensorflow/tfjs-core';
import {
  simpleLossesOf,
  termFigures,
  type LossTerm,
  type LossValue,
  type SimpleLossKind,
  type SimpleLossValue,
} from '#common/catalogue/losses';
import {
  distributionCrossEntropy,
  perSample,
  pointLoss,
  type PointLoss,
  sharedCrossEntropy,
  softmaxCrossEntropy,
  tversky,
} from '../engine/ops';
import type { LossPartFacts } from '../metrics/lossCounter';
import { sigmoidFocal } from './focal';
import { dissimilarity, totalVariation } from './images';
import { labelsOf, type Targets, targetOf } from './targets';

export type { Targets } from './targets';

export interface LossResult {
  /** One value a sample, its weight included; the caller takes the mean over the batch. */
  readonly perSample: tf.Tensor1D;
  /** What it is the sum of: the terms of a mixture, times their weights and in their order, or itself. */
  readonly parts: readonly LossPart[];
}

/** A part of the loss of each sample. */
export interface LossPart {
  /** Their mean over the batch is what the part adds to the loss. */
  readonly losses: tf.Tensor1D;
  /**
   * How much each sample counts in that mean, where class weights decide: `losses` are scaled by the mean
   * of these, which is another one in every batch.
   */
  readonly weights?: tf.Tensor1D;
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
  sigmoidFocal: (options) => (outputs, targets) => sigmoidFocal(outputs, targets, options),
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
  const parts = value.type === 'mixture' ? value.terms.map(lossTerm) : [lossPart(value)];
  return (outputs, targets, epoch) => sumOf(parts.map((part) => part(outputs, targets, epoch)));
}

/**
 * A loss of samples that have weights: each is multiplied by its own, in every part. The mean stays one
 * over all samples, as Keras takes it; weights of classes divide it as they do without weights of samples.
 */
export function weighed({ parts }: LossResult, weights: tf.Tensor1D): LossResult {
  return sumOf(parts.map((part) => ({ ...part, losses: tf.mul(part.losses, weights) })));
}

function sumOf(parts: readonly LossPart[]): LossResult {
  const losses = parts.map((part) => part.losses);
  return { perSample: losses.length === 1 ? losses[0]! : (tf.addN(losses) as tf.Tensor1D), parts };
}

type PartFunction = (...args: Parameters<LossFunction>) => LossPart;

function lossPart(value: SimpleLossValue): PartFunction {
  const loss = simpleLoss(value);
  const classWeights = meanWeightsOf(value);
  return (outputs, targets) => {
    const losses = loss(outputs, targets);
    if (classWeights === undefined) return { losses };
    const ofClasses = tf.mul(targetOf(outputs, targets), tf.tensor1d([...classWeights]));
    return { losses, weights: perSample(tf.sum(ofClasses, -1), outputs.shape[0]!) };
  };
}

/** Weights of the classes that the mean is divided by as well. */
function meanWeightsOf(value: SimpleLossValue): readonly number[] | undefined {
  const isMean = value.type === 'softmaxCrossEntropy' && value.weighting === 'weightedMean';
  return isMean ? value.classWeights : undefined;
}

/** What the parts of a loss are called, and which of them have weights. */
export function lossParts(value: LossValue): readonly LossPartFacts[] {
  const figures = termFigures(value);
  return simpleLossesOf(value).map(({ value: part }, i) => ({
    figure: figures[i],
    isWeighted: meanWeightsOf(part) !== undefined,
  }));
}

function simpleLoss(value: SimpleLossValue): SimpleLoss {
  return (builders as Record<SimpleLossKind, (given: SimpleLossValue) => SimpleLoss>)[value.type](
    value,
  );
}

function lossTerm(term: LossTerm): PartFunction {
  const partOf = lossPart(term.loss);
  return (outputs, targets, epoch) => {
    const part = partOf(outputs, targets, epoch);
    return { ...part, losses: tf.mul(part.losses, weightAt(term, epoch)) };
  };
}

/** The weight of a term in an epoch, counted from 0. */
function weightAt({ weight, schedule }: LossTerm, epoch: tf.Scalar): tf.Tensor {
  if (!schedule) return tf.scalar(weight);
  const { startWeight, startEpoch, epochs } = schedule;
  const passed = tf.div(tf.sub(tf.cast(epoch, 'float32'), startEpoch), epochs);
  const part = tf.minimum(tf.maximum(passed, 0), 1);
  return tf.add(tf.mul(part, weight - startWeight), startWeight);
}
