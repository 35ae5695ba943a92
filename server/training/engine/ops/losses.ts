import '../tfGradients';
import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../../gradients';
import { type Inputs, onOwnBackend, run, runMany } from './kernelCall';

/** The losses of loss.c: the place in the list is the number that the kernel knows it by. */
const pointLosses = [
  'squared',
  'absolute',
  'huber',
  'pseudoHuber',
  'logCosh',
  'poisson',
  'poissonRate',
  'hinge',
  'sigmoid',
] as const;

export type PointLoss = (typeof pointLosses)[number];

/**
 * The mean over each sample (the first axis) of a loss of single values. `parameter` is the δ of the
 * Huber losses and the weight of a one for `sigmoid`. Without a target the values are compared with 0.
 * Differentiable in the outputs.
 */
export function pointLoss(
  kind: PointLoss,
  outputs: tf.Tensor,
  target?: tf.Tensor,
  parameter = 1,
): tf.Tensor1D {
  if (!onOwnBackend(pointName)) return composedPointLoss(kind, outputs, target, parameter);
  const attrs = { number: pointLosses.indexOf(kind), parameter };
  const inputs: Inputs = target ? { outputs, target } : { outputs };
  return rowLosses(outputs, runMany(pointName, inputs, attrs));
}

export interface SoftmaxCrossEntropyOptions {
  /** The part of the truth that is shared among all classes; default 0. */
  readonly smoothing?: number;
  /** Each loss is multiplied with (1 − p)^focus; default 0. Not together with smoothing. */
  readonly focus?: number;
  /** A weight for each class. */
  readonly weights?: tf.Tensor1D;
  /**
   * `weightedMean`: the mean of the losses is Σ w ℓ / Σ w, and smoothing gives each class' part the
   * weight of that class, as in PyTorch. `sampleMean`: it is Σ w ℓ / N with the weight of the label, as
   * in Keras.
   */
  readonly convention?: 'weightedMean' | 'sampleMean';
}

/**
 * The mean over each sample (the first axis) of the losses of logits [batch, …, classes] by their labels
 * (int32), without saturation.
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  options: SoftmaxCrossEntropyOptions = {},
): tf.Tensor1D {
  if (!onOwnBackend(softmaxName)) return composedSoftmaxLoss(logits, labels, options);
  const { smoothing = 0, focus = 0, weights, convention } = options;
  const isWeightedMean = weights !== undefined && convention === 'weightedMean';
  const inputs: Inputs = weights ? { logits, labels, weights } : { logits, labels };
  type Results = [tf.Tensor1D, tf.Tensor, tf.Tensor1D];
  const attrs = { smoothing, focus, weighsParts: isWeightedMean };
  const [losses, gradient, ofLabels] = runMany<Results>(softmaxName, inputs, attrs);
  if (!isWeightedMean) return rowLosses(logits, [losses, gradient]);
  const factor = meanFactor(ofLabels);
  return rowLosses(logits, [tf.mul(losses, factor), tf.mul(gradient, factor)]);
}

/**
 * The mean over each sample (the first axis) of the losses of logits [batch, …, classes] against a
 * distribution over the classes: −Σ t ln p, or with `divergence` Σ t ln(t / p).
 */
export function distributionCrossEntropy(
  logits: tf.Tensor,
  target: tf.Tensor,
  { divergence = false } = {},
): tf.Tensor1D {
  if (onOwnBackend(distributionName)) {
    return rowLosses(logits, runMany(distributionName, { logits, target }, { divergence }));
  }
  const product = tf.mul(target, tf.logSoftmax(logits));
  const losses = tf.neg(tf.sum(product, -1));
  if (!divergence) return perSample(losses, logits.shape[0]!);
  // t ln t is 0 for t = 0.
  const entropy = tf.sum(tf.mul(target, tf.log(tf.maximum(target, 1e-37))), -1);
  return perSample(tf.add(losses, entropy), logits.shape[0]!);
}

/**
 * One loss for every row of logits [..., classes] that has shares of several classes: the mean of what
 * `softmaxCrossEntropy` gives for each class, weighted by its share. Their weights are mixed alike.
 */
export function sharedCrossEntropy(
  logits: tf.Tensor,
  shares: tf.Tensor,
  { smoothing = 0, weights, convention }: Omit<SoftmaxCrossEntropyOptions, 'focus'> = {},
): tf.Tensor1D {
  const spread = smoothing / logits.shape.at(-1)!;
  const kept = smoothing > 0 ? tf.mul(shares, 1 - smoothing) : shares;
  if (weights === undefined) {
    return distributionCrossEntropy(logits, smoothing > 0 ? tf.add(kept, spread) : kept);
  }
  const weighted = tf.mul(shares, weights);
  const ofRows = tf.sum(weighted, -1, true);
  if (convention !== 'weightedMean') {
    const truth = tf.add(tf.mul(weighted, 1 - smoothing), tf.mul(ofRows, spread));
    return distributionCrossEntropy(logits, truth);
  }
  const losses = distributionCrossEntropy(logits, tf.mul(tf.add(kept, spread), weights));
  return tf.mul(losses, meanFactor(ofRows));
}

/** Rows of zeros with a 1 at each label (int32): float32 [..., classes]. */
export function oneHot(labels: tf.Tensor, classes: number): tf.Tensor {
  if (onOwnBackend(oneHotName)) return run(oneHotName, { labels }, { classes });
  return tf.oneHot(labels as tf.Tensor1D, classes, 1, 0, 'float32');
}

const pointName = 'LightbenchPointLoss';
const softmaxName = 'LightbenchSoftmaxCrossEntropy';
const distributionName = 'LightbenchDistributionCrossEntropy';
const oneHotName = 'LightbenchOneHot';

type Rows = readonly [losses: tf.Tensor1D, gradient: tf.Tensor, ...rest: tf.Tensor[]];

/**
 * The means over each sample of losses that were made together with their gradients: going back, each is
 * multiplied by dy.
 */
function rowLosses(outputs: tf.Tensor, [losses, slopes]: Rows): tf.Tensor1D {
  const samples = outputs.shape[0]!;
  const count = losses.size / samples;
  return withGradient([outputs], () => ({
    value: count === 1 ? tf.clone(losses) : perSample(losses, samples),
    saved: [slopes],
    gradient: (dy, [saved]) => {
      const rows = tf.reshape(saved!, [samples, -1]);
      const share = count === 1 ? dy : tf.div(dy, count);
      return [tf.reshape(tf.mul(rows, tf.reshape(share, [samples, 1])), outputs.shape)];
    },
  }));
}

/** The mean over each sample of losses of its rows. */
export function perSample(rows: tf.Tensor, samples: number): tf.Tensor1D {
  return tf.mean(tf.reshape(rows, [samples, -1]), 1);
}

/** N / Σ w: it makes a mean over all rows one over the sum of their weights. 0 weights give 0. */
function meanFactor(weights: tf.Tensor): tf.Tensor {
  return tf.div(weights.size, tf.maximum(tf.sum(weights), 1e-30));
}

// ---- plain TF.js, for every other backend ----

type Compose = (y: tf.Tensor, t: tf.Tensor, a: number) => tf.Tensor;

/** √(1 + (r / a)²) */
function root(r: tf.Tensor, a: number): tf.Tensor {
  return tf.sqrt(tf.add(tf.square(tf.div(r, a)), 1));
}

const composed: Readonly<Record<PointLoss, Compose>> = {
  squared: (y, t) => tf.square(tf.sub(y, t)),
  absolute: (y, t) => tf.abs(tf.sub(y, t)),
  huber: (y, t, a) => {
    const size = tf.abs(tf.sub(y, t));
    const near = tf.minimum(size, a);
    return tf.add(tf.mul(tf.square(near), 0.5), tf.mul(tf.sub(size, near), a));
  },
  pseudoHuber: (y, t, a) => tf.mul(tf.sub(root(tf.sub(y, t), a), 1), a * a),
  logCosh: (y, t) => {
    const r = tf.sub(y, t);
    return tf.sub(tf.add(r, tf.softplus(tf.mul(r, -2))), Math.LN2);
  },
  poisson: (y, t) => tf.sub(tf.exp(y), tf.mul(t, y)),
  poissonRate: (y, t) => tf.sub(y, tf.mul(t, tf.log(tf.add(y, 1e-7)))),
  hinge: (y, t) => tf.relu(tf.sub(1, tf.mul(t, y))),
  sigmoid: (x, t, q) => {
    const weight = tf.add(tf.mul(t, q - 1), 1);
    return tf.add(tf.mul(tf.sub(1, t), x), tf.mul(weight, tf.softplus(tf.neg(x))));
  },
};

function composedPointLoss(
  kind: PointLoss,
  outputs: tf.Tensor,
  target: tf.Tensor | undefined,
  parameter: number,
): tf.Tensor1D {
  const losses = composed[kind](outputs, target ?? tf.zerosLike(outputs), parameter);
  return perSample(losses, outputs.shape[0]!);
}

function composedSoftmaxLoss(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { smoothing = 0, focus = 0, weights, convention }: SoftmaxCrossEntropyOptions,
): tf.Tensor1D {
  const classes = logits.shape.at(-1)!;
  const rows = tf.reshape(logits, [-1, classes]) as tf.Tensor2D;
  const truth = oneHot(tf.reshape(labels, [-1]), classes);
  const ofLabels = weights ? tf.sum(tf.mul(truth, weights), 1) : tf.ones([rows.shape[0]]);
  const ofParts =
    weights && convention === 'weightedMean' ? weights : tf.reshape(ofLabels, [-1, 1]);
  const smoothed = tf.add(tf.mul(truth, 1 - smoothing), smoothing / classes);
  const surprise = tf.neg(tf.logSoftmax(rows));
  const losses = tf.sum(tf.mul(tf.mul(smoothed, ofParts), surprise), 1);
  const plain = tf.sum(tf.mul(truth, surprise), 1);
  const focused =
    focus > 0 ? tf.mul(losses, tf.pow(tf.sub(1, tf.exp(tf.neg(plain))), focus)) : losses;
  const isWeightedMean = weights !== undefined && convention === 'weightedMean';
  const weighted = isWeightedMean ? tf.mul(focused, meanFactor(ofLabels)) : focused;
  return perSample(weighted, logits.shape[0]!);
}
