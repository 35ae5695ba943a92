import * as tf from '@tensorflow/tfjs-core';
import type { LossKind, LossValue } from '#common/catalogue/losses';
import { withGradient } from '../gradients';

/** What a batch is compared with. */
export interface Targets {
  /** Class of each row, or of each pixel of masks, int32. */
  readonly labels: tf.Tensor;
  /** What is no class: numbers, or images; of the shape of the outputs. */
  readonly target?: tf.Tensor;
  /** The images before the instrument. */
  readonly object: tf.Tensor4D;
}

/** One value a sample; the caller takes the mean over the batch. */
export type LossFunction = (outputs: tf.Tensor, targets: Targets) => tf.Tensor1D;

const builders = {
  softmaxCrossEntropy: () => softmaxCrossEntropy,
  meanSquaredError: () => meanSquaredError,
} satisfies Record<LossKind, (value: LossValue) => LossFunction>;

/** The loss of an experiment. */
export function lossFunction(value: LossValue): LossFunction {
  return builders[value.type]();
}

/** −ln p(label) from logits, mean over pixels. Its gradient, p − y, stays exact where p saturates. */
function softmaxCrossEntropy(outputs: tf.Tensor, { labels }: Targets): tf.Tensor1D {
  const classes = outputs.shape.at(-1)!;
  const truth = oneHot(labels, classes);
  const logits = tf.reshape(outputs, [-1, classes]);
  const losses = withGradient<tf.Tensor1D>([logits], () => ({
    value: tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), truth), 1)),
    saved: [logits, truth],
    gradient: (dy, [z, y]) => [tf.mul(tf.sub(tf.softmax(z!), y!), tf.reshape(dy, [-1, 1]))],
  }));
  return outputs.rank === 2 ? losses : tf.mean(tf.reshape(losses, [outputs.shape[0]!, -1]), 1);
}

/**
 * Mean of (y − t)² over a sample; t is the target of the data if there is one, else the one-hot label of
 * a row of figures, and the object of an image.
 */
function meanSquaredError(outputs: tf.Tensor, { labels, target, object }: Targets): tf.Tensor1D {
  const wanted = outputs.rank === 2 ? () => oneHot(labels, outputs.shape[1]!) : () => object;
  const truth = target ?? wanted();
  const errors = tf.squaredDifference(outputs, truth);
  return tf.mean(tf.reshape(errors, [outputs.shape[0]!, -1]), 1);
}

function oneHot(labels: tf.Tensor, classes: number): tf.Tensor2D {
  return tf.oneHot(tf.reshape(labels, [-1]), classes, 1, 0, 'float32') as tf.Tensor2D;
}
