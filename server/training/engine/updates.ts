// Changes of variables in place. On the engine's own backend they run one kernel over the variable's
// memory; on any other they are composed of TF.js operations. None is differentiable.
import * as tf from '@tensorflow/tfjs-core';
import { composedUpdates } from './composedUpdates';
import { assignInPass, requireInPass } from './eagerPass';
import { onOwnBackend } from './ops';
import type { UpdateKind } from './updateKinds';

/** variable ← value */
export function assign(variable: tf.Variable, value: tf.Tensor): void {
  if (onOwnBackend('LightbenchAssign')) run('LightbenchAssign', { variable, value });
  else assignInPass(variable, tf.clone(value));
}

/** average ← momentum · average + (1 − momentum) · value */
export function moveTowards(average: tf.Variable, value: tf.Tensor, momentum: number): void {
  const rates = tf.tensor1d([momentum, 1 - momentum]);
  update('average', { variable: average, gradient: value, slots: [], rates });
  rates.dispose();
}

/** Values from those that a variable has: of weights, those that are allowed. */
export type Projection = (values: tf.Tensor) => tf.Tensor;

/** variable ← projection(variable) */
export function project(variable: tf.Variable, projection: Projection): void {
  tf.tidy(() => assign(variable, projection(variable)));
}

/** What an update works with. */
export interface UpdateInputs {
  readonly variable: tf.Variable;
  /** The gradient of the loss, or what `average` moves the variable towards. */
  readonly gradient: tf.Tensor;
  /** What is remembered of the variable: as many arrays as the kind of update needs. */
  readonly slots: readonly tf.Variable[];
  /** The numbers of the step, in the order that optimizer.c gives. */
  readonly rates: tf.Tensor1D;
}

/** Moves a variable and its slots by one step of an optimizer. */
export function update(kind: UpdateKind, { variable, gradient, slots, rates }: UpdateInputs): void {
  const kernel = `LightbenchUpdate/${kind}`;
  if (onOwnBackend(kernel)) {
    const named = Object.fromEntries(slots.map((slot, i) => [`slot${i}`, slot]));
    run(kernel, { variable, gradient, rates, ...named });
    return;
  }
  const moved = tf.tidy(() => {
    const [a = variable, b = variable, c = variable] = slots;
    const rate = (idx: number): tf.Tensor => tf.reshape(tf.slice(rates, idx, 1), []);
    return [...composedUpdates[kind]({ w: variable, g: gradient, a, b, c, rate })];
  });
  for (const [i, target] of [variable, ...slots].entries()) assignInPass(target, moved[i]!);
}

/**
 * Sees to it that what comes after happens only if every value of the named tensors is finite; else the
 * program rejects with a NotFiniteValueError that names the first tensor with one that is not.
 */
export function requireFinite(tensors: ReadonlyMap<string, tf.Tensor>): void {
  if (!onOwnBackend('LightbenchRequireFinite')) requireInPass(tensors);
  else tf.dispose(run('LightbenchRequireFinite', Object.fromEntries(tensors)));
}

function run(
  kernel: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attrs: tf.NamedAttrMap = {},
): tf.Tensor[] {
  return tf.engine().runKernel(kernel, inputs, attrs) as unknown as tf.Tensor[];
}
