// What the optimizers are compared on: gradients of many steps, and the weights that ours makes of them.
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { createOptimizer, type Optimizer } from '../../../server/training/optimizer/optimizer';
import { numbers, sizeOf } from '../../unit/engine/support';
import { experimentWith, ratesOf } from '../../unit/model/support';
import { assertRows, randomValues, type Values, valuesOf } from './support';

export const steps = 100;
export const learningRate = 0.02;

/** Weight decay acts on the kernel only. */
const shapes = { kernel: [6, 5], bias: [8] };
type Name = keyof typeof shapes;
const names = Object.keys(shapes) as readonly Name[];
export const weights: Readonly<Record<Name, Values>> = {
  kernel: randomValues(shapes.kernel, 41),
  bias: randomValues(shapes.bias, 42),
};
export const gradients: Readonly<Record<Name, Values>> = {
  kernel: gradientsOf(shapes.kernel, 43),
  bias: gradientsOf(shapes.bias, 44),
};

/**
 * Random gradients for all steps, between 10⁻⁴ and 10 from entry to entry. Some entries never have one,
 * some only from step 50 on, some only in every third step.
 */
function gradientsOf(shape: readonly number[], seed: number): Values {
  const size = sizeOf(shape);
  const values = numbers(steps * size, seed).map((value, i) => {
    const [step, entry] = [Math.floor(i / size), i % size];
    const isAbsent = [true, step < 50, step % 3 > 0][entry] ?? false;
    return isAbsent ? 0 : value * 10 ** ((entry % 6) - 4);
  });
  return valuesOf([steps, ...shape], values);
}

/** An optimizer of ours, where it differs from its defaults. */
export interface OptimizerCase {
  readonly type: string;
  readonly ours?: object;
}

/** The title of a case's test. */
export function titleOf({ type, ours }: OptimizerCase): string {
  return `${type} ${JSON.stringify(ours ?? {})}`;
}

/** The weights after all steps, and their running averages if the optimizer keeps them. */
export type Learned = Readonly<Record<string, readonly number[]>>;

export function train({ type, ours }: OptimizerCase): Learned {
  const variables = new Map(
    names.map((name) => {
      const { shape, values } = weights[name];
      return [name as string, tf.tidy(() => tf.variable(tf.tensor([...values], [...shape])))];
    }),
  );
  const value = experimentWith({ optimizer: { type, learningRate, ...ours } }).optimizer;
  const optimizer = createOptimizer(value, [
    { name: 'network', variables, decaying: new Set(['kernel']) },
  ]);
  for (let step = 0; step < steps; step++) takeStep(optimizer, step);
  const averages = [...optimizer.averages].map(
    ([name, average]) => [`${name}/average`, average] as const,
  );
  const learned = [...variables, ...averages].map(([name, tensor]) => [
    name,
    [...tensor.dataSync()],
  ]);
  optimizer.dispose();
  tf.dispose([...variables.values()]);
  return Object.fromEntries(learned) as Learned;
}

function takeStep(optimizer: Optimizer, step: number): void {
  tf.tidy(() => {
    const ofStep = names.map((name): [string, tf.Tensor] => {
      const shape = shapes[name];
      const size = sizeOf(shape);
      const values = gradients[name].values.slice(step * size, (step + 1) * size);
      return [name, tf.tensor(values, shape)];
    });
    if (optimizer.isUpdateNext) optimizer.apply(new Map(ofStep), ratesOf(optimizer));
    else optimizer.accumulate(new Map(ofStep));
  });
  optimizer.countStep();
}

/** Asserts that an optimizer went where theirs went, and that the weights moved at all. */
export function assertSame(found: Learned, expected: Learned): void {
  assert.deepEqual(Object.keys(found), Object.keys(expected));
  for (const [name, theirs] of Object.entries(expected)) {
    // Each step rounds a weight, by 6e-8 of it at most, and its own length, by a little more.
    const tolerance = { relative: 1e-5, absolute: 1e-5 };
    assertRows(name, [found[name]!, theirs], theirs.length, tolerance);
    const start = weights[name.replace('/average', '') as Name].values;
    const moved = theirs.filter((weight, k) => Math.abs(weight - start[k]!) > 1e-3);
    assert.ok(moved.length > 1, `${name} has hardly moved`);
  }
}
