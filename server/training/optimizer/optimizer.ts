import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerValue } from '#common/catalogue/optimizers';
import { CodedError } from '#common/protocol/rpc';
import { assign, project, update, type Projection } from '../engine/updates';
import { clipGradients } from './clip';
import { updateRule } from './rules';

/** Variables that share a learning rate: of the network, or one physical layer. */
export interface ParameterGroup {
  readonly name: string;
  /** The group's own learning rate; without one it has the optimizer's. */
  readonly learningRate?: number;
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Names of the variables that weight decay acts on; default: none. */
  readonly decaying?: ReadonlySet<string>;
  /** Where updates bring variables back to, by name, before they count in running averages. */
  readonly projections?: ReadonlyMap<string, Projection>;
}

type Gradients = ReadonlyMap<string, tf.Tensor>;
type Rates = ReadonlyMap<string, tf.Tensor1D>;

/** Updates the variables of its groups from their gradients. */
export interface Optimizer {
  /** Batches so far; part of a checkpoint. */
  readonly steps: number;
  /** Whether the next batch makes an update, or only adds to the mean gradient of one. */
  readonly isUpdateNext: boolean;
  /** What the learning rates of all groups are multiplied with now: the schedule sets it. */
  factor: number;
  /** Present learning rate of every group without its own. */
  readonly learningRate: number;
  /** The numbers that the next update needs, by name: what `apply` is given as tensors. */
  nextRates(): ReadonlyMap<string, readonly number[]>;
  /** Takes in a batch that makes no update. */
  accumulate(gradients: Gradients): void;
  /**
   * Makes an update, in place. Gradients go by variable name; a variable without one stays as it is.
   * `rates` are those of the update.
   */
  apply(gradients: Gradients, rates: Rates): void;
  /** Counts a batch that was taken in. */
  countStep(): void;
  /** Running averages of the variables by name; empty where none are kept. */
  readonly averages: ReadonlyMap<string, tf.Variable>;
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

/** Makes the optimizer of an experiment with its memory at the beginning. */
export function createOptimizer(
  value: OptimizerValue,
  groups: readonly ParameterGroup[],
): Optimizer {
  const rule = updateRule(value);
  const { gradientAccumulationSteps: batches, emaMomentum, weightDecay } = value;
  const slots = createSlots(groups, {
    ...rule.slots,
    ...(batches > 1 && { [sumSlot]: 0 }),
    ...(emaMomentum !== undefined && { [averageSlot]: 0 }),
  });
  const slotOf = (name: string, slot: string): tf.Variable => slots.get(`${name}/${slot}`)!;
  const ruleSlots = Object.keys(rule.slots);
  let steps = 0;

  /** The gradient of the mean over all batches of the update, the last one included. */
  function gathered(gradients: Gradients): Gradients {
    if (batches === 1) return gradients;
    const means = [...gradients].map(([name, gradient]): [string, tf.Tensor] => [
      name,
      tf.add(slotOf(name, sumSlot), tf.div(gradient, batches)),
    ]);
    return new Map(means);
  }
  function updateGroup(group: ParameterGroup, gradients: Gradients, rates: Rates): void {
    for (const [name, variable] of group.variables) {
      const gradient = gradients.get(name);
      if (!gradient) continue;
      if (weightDecay > 0 && group.decaying?.has(name) === true) {
        // w − (η λ) w is a step of gradient descent with the weight itself as its gradient.
        const decay = rates.get(decayRates(group.name))!;
        update('sgd', { variable, gradient: variable, slots: [], rates: decay });
      }
      const kept = ruleSlots.map((slot) => slotOf(name, slot));
      update(rule.kind, { variable, gradient, slots: kept, rates: rates.get(group.name)! });
      if (batches > 1) assign(slotOf(name, sumSlot), tf.zerosLike(gradient));
      const projection = group.projections?.get(name);
      if (projection) project(variable, projection);
      if (emaMomentum === undefined) continue;
      const average = slotOf(name, averageSlot);
      const averaged = { variable: average, gradient: variable, slots: [] };
      update('average', { ...averaged, rates: rates.get(averageRates)! });
    }
  }
  const optimizer: Optimizer = {
    get steps() {
      return steps;
    },
    get isUpdateNext() {
      return (steps + 1) % batches === 0;
    },
    factor: 1,
    get learningRate() {
      return optimizer.factor * value.learningRate;
    },
    nextRates() {
      const updates = Math.floor(steps / batches) + 1;
      const rates = new Map<string, readonly number[]>();
      for (const { name, learningRate = value.learningRate } of groups) {
        const eta = optimizer.factor * learningRate;
        rates.set(name, rule.rates(eta, updates));
        if (weightDecay > 0) rates.set(decayRates(name), [eta * weightDecay]);
      }
      // The first update is the average so far: there is nothing before it.
      const kept = updates > 1 ? (emaMomentum ?? 0) : 0;
      if (emaMomentum !== undefined) rates.set(averageRates, [kept, 1 - kept]);
      return rates;
    },
    accumulate(gradients) {
      for (const [name, sum] of gathered(gradients)) assign(slotOf(name, sumSlot), sum);
    },
    apply(gradients, rates) {
      const clipped = clipGradients(gathered(gradients), value);
      for (const group of groups) updateGroup(group, clipped, rates);
    },
    countStep: () => void steps++,
    averages: averagesIn(slots),
    state: () => slots,
    restore(state, restoredSteps) {
      for (const [name, slot] of slots) checkSlot(name, slot, state.get(name));
      for (const [name, slot] of slots) assign(slot, state.get(name)!);
      steps = restoredSteps;
    },
    dispose: () => slots.forEach((slot) => slot.dispose()),
  };
  return optimizer;
}

const sumSlot = 'gradientSum';
const averageSlot = 'average';
const averageRates = 'average';

function decayRates(group: string): string {
  return `${group}/decay`;
}

function averagesIn(slots: ReadonlyMap<string, tf.Variable>): ReadonlyMap<string, tf.Variable> {
  const ending = `/${averageSlot}`;
  const found = [...slots].filter(([name]) => name.endsWith(ending));
  return new Map(found.map(([name, slot]) => [name.slice(0, -ending.length), slot]));
}

function createSlots(
  groups: readonly ParameterGroup[],
  firstValues: Readonly<Record<string, number>>,
): ReadonlyMap<string, tf.Variable> {
  const slots = new Map<string, tf.Variable>();
  for (const { variables } of groups) {
    for (const [variableName, { shape }] of variables) {
      for (const [name, value] of Object.entries(firstValues)) {
        const slot = tf.tidy(() => tf.variable(tf.fill(shape, value), false));
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
