import * as tf from '@tensorflow/tfjs-core';
import type { LossKind, LossValue } from '#common/catalogue/losses';
import { withGradient } from '../gradients';

/** What a batch is compared with. */
export interface Targets {
  /** Class of each row, int32. */
  readonly labels: tf.Tensor1D;
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

/** −ln p(label) from logits [batch, classes]. Its gradient, p − y, stays exact where p saturates. */
function softmaxCrossEntropy(outputs: tf.Tensor, { labels }: Targets): tf.Tensor1D {
  const truth = oneHot(labels, outputs.shape[1]!);
  return withGradient<tf.Tensor1D>([outputs], () => ({
    value: tf.neg(tf.sum(tf.mul(tf.logSoftmax(outputs), truth), 1)),
    saved: [outputs, truth],
    gradient: (dy, [logits, y]) => [
      tf.mul(tf.sub(tf.softmax(logits!), y!), tf.reshape(dy, [-1, 1])),
    ],
  }));
}

/** Mean of (y − t)² over a sample; t is the one-hot label of a row of figures, the object of an image. */
function meanSquaredError(outputs: tf.Tensor, { labels, object }: Targets): tf.Tensor1D {
  const truth = outputs.rank === 2 ? oneHot(labels, outputs.shape[1]!) : object;
  const errors = tf.squaredDifference(outputs, truth);
  return tf.mean(tf.reshape(errors, [labels.size, -1]), 1);
}

function oneHot(labels: tf.Tensor1D, classes: number): tf.Tensor2D {
  return tf.oneHot(labels, classes, 1, 0, 'float32') as tf.Tensor2D;
}
