import '../tfGradients';
import * as tf from '@tensorflow/tfjs-core';
import { onOwnBackend, run } from './kernelCall';

export interface PenaltyOptions {
  /** Factor of Σ |w|. */
  readonly l1: number;
  /** Factor of Σ w², without ½. */
  readonly l2: number;
}

/** l1 Σ |w| + l2 Σ w² in one pass; the slope of |w| is 0 at 0. */
export function weightPenalty(w: tf.Tensor, { l1, l2 }: PenaltyOptions): tf.Scalar {
  if (onOwnBackend(penaltyName)) return run(penaltyName, { w }, { l1, l2 });
  const sizes = tf.mul(tf.sum(tf.abs(w)), l1);
  return tf.add(sizes, tf.mul(tf.sum(tf.square(w)), l2));
}

const penaltyName = 'LightbenchPenalty';

tf.registerGradient({
  kernelName: penaltyName,
  inputsToSave: ['w'],
  gradFunc: (dy, [w], attrs) => ({
    w: () => run('LightbenchPenaltyGradient', { w: w!, dy: dy as tf.Tensor }, attrs),
  }),
});
