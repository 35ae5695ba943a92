import type * as tf from '@tensorflow/tfjs-core';
import type { OptimizerKind, OptimizerValue } from '#common/catalogue/optimizers';
import { updateByAdam, updateByMomentum, updateBySgd, type UpdateInputs } from '../engine/updates';

/** How one optimizer moves one variable. */
export interface UpdateRule {
  /** Names of the arrays it keeps for every variable, each of the variable's shape, starting at 0. */
  readonly slots: readonly string[];
  /** The numbers of a step that its update needs, in double precision; `step` counts from 1. */
  rates(learningRate: number, step: number): readonly number[];
  /** Moves the variable and its slots (in the order of their names) in place. */
  update(inputs: UpdateInputs, slots: readonly tf.Variable[]): void;
}

type RuleOf<K extends OptimizerKind> = (
  value: Extract<OptimizerValue, { readonly type: K }>,
) => UpdateRule;

const sgd: RuleOf<'sgd'> = () => ({
  slots: [],
  rates: (learningRate) => [learningRate],
  update: updateBySgd,
});

const momentum: RuleOf<'momentum'> = (value) => ({
  slots: ['m'],
  rates: (learningRate) => [learningRate],
  update: (inputs, [m]) => updateByMomentum(inputs, m!, value),
});

const adam: RuleOf<'adam'> = ({ beta1, beta2, epsilon }) => ({
  slots: ['m', 'v'],
  rates: (learningRate, step) => [
    learningRate / (1 - beta1 ** step),
    1 / Math.sqrt(1 - beta2 ** step),
  ],
  update: (inputs, [m, v]) => updateByAdam(inputs, { m: m!, v: v! }, { beta1, beta2, epsilon }),
});

const rules = { sgd, momentum, adam } satisfies { readonly [K in OptimizerKind]: RuleOf<K> };

/** The update rule of an optimizer. */
export function updateRule(value: OptimizerValue): UpdateRule {
  return (rules[value.type] as RuleOf<OptimizerKind>)(value);
}
