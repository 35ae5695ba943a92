import * as tf from '@tensorflow/tfjs-core';
import type { WeightSpec } from '#common/catalogue/component';
import type { ConstraintKind, ConstraintValue } from '#common/catalogue/constraints';
import type { Projection } from '../engine/updates';

/** A constraint of weights, of which `norms` gives the lengths by output. */
type Constraint<K extends ConstraintKind> = (
  value: Extract<ConstraintValue, { readonly type: K }>,
  norms: (w: tf.Tensor) => tf.Tensor,
) => Projection;

/** Keeps the quotient finite where all weights are 0; as in Keras. */
const epsilon = 1e-7;

const constraints = {
  maxNorm:
    ({ maxValue }, norms) =>
    (w) =>
      tf.mul(w, tf.div(maxValue, tf.maximum(norms(w), maxValue))),
  nonNegative: () => (w) => tf.relu(w),
  unitNorm: (_, norms) => (w) => tf.div(w, tf.add(norms(w), epsilon)),
  minMaxNorm:
    ({ minValue, maxValue, rate }, norms) =>
    (w) => {
      const length = norms(w);
      const allowed = tf.minimum(tf.maximum(length, minValue), maxValue);
      const wanted = tf.add(tf.mul(allowed, rate), tf.mul(length, 1 - rate));
      return tf.mul(w, tf.div(wanted, tf.add(length, epsilon)));
    },
} satisfies { readonly [K in ConstraintKind]: Constraint<K> };

/** Where each update brings a weight back to; undefined for one that may go anywhere. */
export function constraintOf(spec: WeightSpec): Projection | undefined {
  const value = spec.constraint as ConstraintValue | undefined;
  if (value === undefined) return undefined;
  const { shape, outputAxes = [shape.length - 1] } = spec;
  const axes = shape.map((_, axis) => axis).filter((axis) => !outputAxes.includes(axis));
  const norms = (w: tf.Tensor): tf.Tensor => tf.sqrt(tf.sum(tf.square(w), axes, true));
  return (constraints[value.type] as Constraint<ConstraintKind>)(value, norms);
}
