// What layers and physics do beside tensor arithmetic.
import * as tf from '@tensorflow/tfjs-core';
import type { NumericArray } from './backend/heap';
import type { HostWork, NumericType } from './backend/recording';
import { onOwnBackend } from './ops';

/** Whether host operations are steps of a program here; elsewhere what they read may not be there yet. */
export function hasHostSteps(): boolean {
  return onOwnBackend('LightbenchHostOp');
}

/** What a host operation gives. */
export interface HostOutput {
  readonly shape: readonly number[];
  readonly dtype: NumericType;
}

const given = new WeakMap<object, NumericArray>();

/** A tensor whose values a host operation can read on every backend. They must stay as they are. */
export function givenTensor(
  values: NumericArray,
  shape: readonly number[],
  dtype: NumericType,
): tf.Tensor {
  const tensor = tf.tensor(values, [...shape], dtype);
  given.set(tensor.dataId, values);
  return tensor;
}

/**
 * Arithmetic in JavaScript on the values of tensors, as one step of a program: `work` reads the arrays of
 * the inputs and fills those of the outputs. Not differentiable; slow where a kernel would do. Backends that
 * give values only later (WebGPU) have those of `givenTensor` only: what reads others has a row in
 * engineLimits.ts.
 */
export function hostOp(
  inputs: readonly tf.Tensor[],
  outputs: readonly HostOutput[],
  work: HostWork,
): tf.Tensor[] {
  if (hasHostSteps()) {
    const named = Object.fromEntries(inputs.map((tensor, i) => [String(i), tensor]));
    // TF.js hands attributes on as they are; it only types them as plain data.
    const attrs = { outputs, work } as unknown as tf.NamedAttrMap;
    return tf.engine().runKernel('LightbenchHostOp', named, attrs) as unknown as tf.Tensor[];
  }
  const made = outputs.map(({ shape, dtype }) =>
    tf.util.makeZerosTypedArray(tf.util.sizeFromShape([...shape]), dtype),
  );
  work(
    inputs.map((tensor) => given.get(tensor.dataId) ?? tensor.dataSync()),
    made,
  );
  return made.map((values, i) => tf.tensor(values, [...outputs[i]!.shape], outputs[i]!.dtype));
}

/**
 * Computes what stands before all else of a step, on given tensors, where host operations can read whatever is
 * made: on TF.js' own backend for the processor. On our engines it is a part of the step like any other.
 */
export function onProcessor<T>(compute: () => T): T {
  if (hasHostSteps()) return compute();
  const device = tf.getBackend();
  // A backend that has been used before is there at once.
  void tf.setBackend('cpu');
  try {
    const made = compute();
    moveTo(tf.findBackend(device), tensorsOf(made));
    return made;
  } finally {
    void tf.setBackend(device);
  }
}

/** A tensor, or those that an object names. */
function tensorsOf(made: unknown): readonly tf.Tensor[] {
  const values = made instanceof tf.Tensor ? [made] : Object.values(made ?? {});
  return values.filter((value): value is tf.Tensor => value instanceof tf.Tensor);
}

/** Moves the values of tensors now: TF.js would wait until a kernel asks for them, in any of its scopes. */
function moveTo(backend: tf.KernelBackend, tensors: readonly tf.Tensor[]): void {
  const engine = tf.engine();
  for (const { dataId } of tensors) {
    const isElsewhere = engine.state.tensorInfo.get(dataId)?.backend !== backend;
    if (isElsewhere) engine.moveData(backend, dataId);
  }
}

/** Σ a b over all elements, as a scalar; in double precision on our engines, for sums that cancel. */
export function dot(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  if (!onOwnBackend('LightbenchDot')) return tf.sum(tf.mul(a, b));
  return tf.engine().runKernel('LightbenchDot', { a, b }) as unknown as tf.Scalar;
}
