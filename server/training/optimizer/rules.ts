import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerKind, OptimizerValue } from '#common/catalogue/optimizers';
import { adamUpdate } from '../engine/ops';

/** How one optimizer moves one variable. */
export interface UpdateRule {
  /** Names of the arrays it keeps for every variable, each of the variable's shape, starting at 0. */
  readonly slots: readonly string[];
  /** The variable and its slots after a step; `step` counts from 1. */
  update(current: Update): Updated;
}

interface Update {
  readonly variable: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** In the order of the rule's slots. */
  readonly slots: readonly tf.Tensor[];
  readonly learningRate: number;
  readonly step: number;
}

interface Updated {
  readonly variable: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}

type RuleOf<K extends OptimizerKind> = (
  value: Extract<OptimizerValue, { readonly type: K }>,
) => UpdateRule;

const sgd: RuleOf<'sgd'> = () => ({
  slots: [],
  update: ({ variable, gradient, learningRate }) => ({
    variable: tf.sub(variable, tf.mul(gradient, learningRate)),
    slots: [],
  }),
});

const momentum: RuleOf<'momentum'> = ({ momentum: kept, nesterov }) => ({
  slots: ['m'],
  update({ variable, gradient, slots: [before], learningRate }) {
    const m = tf.add(tf.mul(before!, kept), gradient);
    const direction = nesterov ? tf.add(gradient, tf.mul(m, kept)) : m;
    return { variable: tf.sub(variable, tf.mul(direction, learningRate)), slots: [m] };
  },
});

const adam: RuleOf<'adam'> = ({ beta1, beta2, epsilon }) => ({
  slots: ['m', 'v'],
  update({ variable, gradient, slots, learningRate, step }) {
    // Both bias corrections are numbers, so they are worked out in double precision.
    const rate = learningRate / (1 - beta1 ** step);
    const correction = 1 / Math.sqrt(1 - beta2 ** step);
    const moments = [slots[0]!, slots[1]!] as const;
    const constants = { beta1, beta2, epsilon, rate, correction };
    const [next, m, v] = adamUpdate(variable, gradient, moments, constants);
    return { variable: next, slots: [m, v] };
  },
});

const rules = { sgd, momentum, adam } satisfies { readonly [K in OptimizerKind]: RuleOf<K> };

/** The update rule of an optimizer. */
export function updateRule(value: OptimizerValue): UpdateRule {
  return (rules[value.type] as RuleOf<OptimizerKind>)(value);
}
