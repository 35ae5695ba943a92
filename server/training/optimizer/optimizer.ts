import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerValue } from '#common/catalogue/optimizers';
import { CodedError } from '#common/protocol/rpc';
import { updateRule } from './rules';

/** Variables that share a learning rate: the network, or one physical layer. */
export interface ParameterGroup {
  readonly name: string;
  /** The group's own learning rate; without one it follows the optimizer's. */
  readonly learningRate?: number;
  readonly variables: ReadonlyMap<string, tf.Variable>;
}

/** Updates the variables of its groups from their gradients. */
export interface Optimizer {
  /** Updates so far; part of a checkpoint. */
  readonly steps: number;
  /** Learning rate of every group without its own; may be set between steps. */
  learningRate: number;
  /** The numbers that the next step needs, by group: what `apply` is given as tensors. */
  nextRates(): ReadonlyMap<string, readonly number[]>;
  /**
   * Takes one step, in place. Gradients go by variable name; a variable without one stays as it is.
   * `rates` are those of the step, by group.
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, rates: ReadonlyMap<string, tf.Tensor1D>): void;
  /** Counts a step that was taken. */
  countStep(): void;
  /** What the optimizer remembers, by name (`conv2d/kernel/m`). The tensors stay the optimizer's. */
  state(): ReadonlyMap<string, tf.Tensor>;
  /**
   * Goes on from an earlier state, whose tensors stay the caller's.
   *
   * @throws CodedError when a part of the state is missing or has another shape.
   */
  restore(state: ReadonlyMap<string, tf.Tensor>, steps: number): void;
  dispose(): void;
}

/** Makes the optimizer of an experiment with its memory at 0. */
export function createOptimizer(
  value: OptimizerValue,
  groups: readonly ParameterGroup[],
): Optimizer {
  const rule = updateRule(value);
  const slots = createSlots(rule.slots, groups);
  const slotsOf = (name: string) => rule.slots.map((slot) => slots.get(`${name}/${slot}`)!);
  let steps = 0;
  const optimizer: Optimizer = {
    get steps() {
      return steps;
    },
    learningRate: value.learningRate,
    nextRates: () =>
      new Map(
        groups.map(({ name, learningRate = optimizer.learningRate }) => [
          name,
          rule.rates(learningRate, steps + 1),
        ]),
      ),
    apply(gradients, rates) {
      for (const group of groups) {
        for (const [name, variable] of group.variables) {
          const gradient = gradients.get(name);
          if (!gradient) continue;
          rule.update({ variable, gradient, rates: rates.get(group.name)! }, slotsOf(name));
        }
      }
    },
    countStep: () => void steps++,
    state: () => slots,
    restore(state, restoredSteps) {
      for (const [name, slot] of slots) checkSlot(name, slot, state.get(name));
      for (const [name, slot] of slots) slot.assign(state.get(name)!);
      steps = restoredSteps;
    },
    dispose: () => slots.forEach((slot) => slot.dispose()),
  };
  return optimizer;
}

function createSlots(
  names: readonly string[],
  groups: readonly ParameterGroup[],
): ReadonlyMap<string, tf.Variable> {
  const slots = new Map<string, tf.Variable>();
  for (const { variables } of groups) {
    for (const [variableName, variable] of variables) {
      for (const name of names) {
        const slot = tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
        slots.set(`${variableName}/${name}`, slot);
      }
    }
  }
  return slots;
}

function checkSlot(name: string, slot: tf.Tensor, value: tf.Tensor | undefined): void {
  if (value && tf.util.arraysEqual(value.shape, slot.shape)) return;
  const found = value ? `has the shape [${value.shape.join(', ')}]` : 'is missing';
  throw new CodedError(
    'run/checkpoint-mismatch',
    `The checkpoint does not fit this experiment: the optimizer's "${name}" of shape [${slot.shape.join(', ')}] ${found}. Resume with the experiment that the checkpoint was made by.`,
  );
}
