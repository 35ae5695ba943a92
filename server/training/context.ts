import type * as tf from '@tensorflow/tfjs-core';
import type { Split } from '#common/run/series';

/** What a forward pass knows about the batch it computes: all that a random draw may depend on. */
export interface ForwardContext {
  /** Whether the pass is a step of training; off in every kind of evaluation. */
  readonly training: boolean;
  readonly seed: number;
  readonly split: Split;
  /** Number of the epoch, int32. */
  readonly epoch: tf.Scalar;
  /** Data-set index of each row of the batch, int32. */
  readonly samples: tf.Tensor1D;
}
