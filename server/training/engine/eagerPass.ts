// A pass on a backend that is not ours: TF.js computes it operation by operation, and some backends give
// values only later. So nothing is read on the way: what has to be finite is looked at when the pass is
// over, and what has changed by then is put back where it was not.
import * as tf from '@tensorflow/tfjs-core';
import { NotFiniteValueError } from './backend/notFiniteValue';

interface EagerPass {
  /** What has to be finite, each with whether it is: a bool. */
  readonly conditions: (readonly [name: string, isFinite: tf.Tensor])[];
  /** Values of variables that have changed since the first condition. They share the memory. */
  readonly before: Map<tf.Variable, tf.Tensor>;
}

/** The pass that is being computed. Like the tape of TF.js, it is known to whatever is called. */
let current: EagerPass | undefined;

/**
 * Computes what variables and results become, without waiting, and gives the results when they are known.
 * They are the caller's to dispose of.
 *
 * @throws NotFiniteValueError where `requireInPass` was told of a value that is not finite; the variables are
 * then what they were at that place.
 */
export async function runEagerPass<T extends tf.TensorContainer>(compute: () => T): Promise<T> {
  const pass: EagerPass = { conditions: [], before: new Map() };
  current = pass;
  let results: T;
  try {
    results = tf.tidy(compute);
  } finally {
    current = undefined;
  }
  try {
    await settle(pass);
    return results;
  } catch (error) {
    tf.dispose(results);
    throw error;
  } finally {
    tf.dispose([...pass.conditions.map(([, flag]) => flag), ...pass.before.values()]);
  }
}

/** What comes after this in the pass shall have happened only if all values of the tensors are finite. */
export function requireInPass(tensors: ReadonlyMap<string, tf.Tensor>): void {
  if (current === undefined) throw new Error('Only a program can require values to be finite.');
  for (const [name, tensor] of tensors) {
    current.conditions.push([name, tf.keep(tf.tidy(() => tf.all(tf.isFinite(tensor))))]);
  }
}

/** Gives a variable a new value, which becomes the variable's own. */
export function assignInPass(variable: tf.Variable, value: tf.Tensor): void {
  if (current !== undefined && current.conditions.length > 0 && !current.before.has(variable)) {
    current.before.set(variable, tf.keep(tf.clone(variable)));
  }
  variable.assign(value);
}

async function settle({ conditions, before }: EagerPass): Promise<void> {
  if (conditions.length === 0) return;
  const all = tf.tidy(() => tf.stack(conditions.map(([, isFinite]) => isFinite)));
  const faulty = (await all.data()).indexOf(0);
  all.dispose();
  if (faulty < 0) return;
  for (const [variable, value] of before) variable.assign(value);
  throw new NotFiniteValueError(conditions[faulty]![0]);
}
