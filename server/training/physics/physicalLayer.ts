import type * as tf from '@tensorflow/tfjs-core';
import type { PhysicsKind, PhysicsValueOf } from '#common/catalogue/physics';
import type { PhysicsTrace } from '#common/experiment/trace';
import type { ForwardContext } from '../context';

/** A part of the instrument that is ready to form images. */
export interface PhysicalLayer {
  apply(x: tf.Tensor4D, ctx: ForwardContext): tf.Tensor4D;
}

/** Makes a physical layer from its value. `parameter` gives one of its parameters by name. */
export type PhysicalLayerBuilder<K extends PhysicsKind = PhysicsKind> = (
  value: PhysicsValueOf<K>,
  trace: PhysicsTrace,
  parameter: (name: string) => tf.Variable,
) => PhysicalLayer;
