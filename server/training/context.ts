import type { Split } from '#common/run/series';
import type { DrawContext } from './engine/ops/random';

/** What a forward pass knows about the batch it computes: all that a random draw may depend on. */
export interface ForwardContext extends DrawContext {
  /** Whether the pass is a step of training; off in every kind of evaluation. */
  readonly training: boolean;
  readonly seed: number;
  readonly split: Split;
}
