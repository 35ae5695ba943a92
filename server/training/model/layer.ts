import type * as tf from '@tensorflow/tfjs-core';
import type { LayerKind, LayerValueOf } from '#common/catalogue/layers';
import type { LayerTrace } from '#common/experiment/trace';
import type { FollowingRelu } from '../engine/ops';
import type { ForwardContext } from '../context';

/** What a layer is told about the pass. */
export interface LayerContext extends ForwardContext {
  /**
   * Takes note that a running average moves towards a value of this batch, once the step has proved to
   * be good. Absent in evaluation and when a batch is only looked at again.
   */
  readonly moveAverage?:
    ((average: tf.Variable, value: tf.Tensor, momentum: number) => void) | undefined;
}

/** A layer that is ready to compute. */
export interface Layer {
  /** The output for an input, and for those after the first where a layer takes several. */
  apply(x: tf.Tensor, ctx: LayerContext, others?: readonly tf.Tensor[]): tf.Tensor;
  /** The layer and the activation that follows it in one pass, where the engine can do so. */
  readonly applyWith?: Partial<Record<FollowingRelu, Layer['apply']>>;
  /** Tensors of the layer's own beside its weights. */
  dispose?(): void;
}

/** Makes a layer from its value in the experiment. `weight` gives one of its weights by name. */
export type LayerBuilder<K extends LayerKind = LayerKind> = (
  value: LayerValueOf<K>,
  trace: LayerTrace,
  weight: (name: string) => tf.Variable,
) => Layer;
