import * as tf from '@tensorflow/tfjs-core';
import { oneHot } from '../engine/ops';

/** What a batch is compared with; which of them there are depends on the data. */
export interface Targets {
  /** int32: the class of each sample, or of each of its pixels. */
  readonly labels?: tf.Tensor;
  /** float32, of the shape of the outputs: the object, a mask, figures. */
  readonly target?: tf.Tensor;
}

/**
 * The target in the shape of the outputs: the given one, or else zeros and a one at each label. A single
 * output is the logit of the second of two classes, whose number is the target then.
 */
export function targetOf(outputs: tf.Tensor, { labels, target }: Targets): tf.Tensor {
  if (target && tf.util.arraysEqual(target.shape, outputs.shape)) return target;
  if (labels && labels.rank === outputs.rank - 1) {
    const classes = outputs.shape.at(-1)!;
    if (classes > 1) return oneHot(labels, classes);
    return tf.reshape(tf.cast(labels, 'float32'), outputs.shape);
  }
  const found = [
    target && `a target of [${target.shape.join(', ')}]`,
    labels && `labels of [${labels.shape.join(', ')}]`,
  ].filter((one) => one !== undefined);
  const wanted = `labels or a target for [${outputs.shape.join(', ')}]`;
  throw new Error(`The loss takes ${wanted}; got ${found.join(' and ') || 'neither'}.`);
}

/** The labels, for a loss that needs them. */
export function labelsOf({ labels }: Targets): tf.Tensor {
  if (labels) return labels;
  throw new Error('The loss takes labels; got none.');
}
