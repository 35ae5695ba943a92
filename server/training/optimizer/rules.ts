import type { OptimizerKind, OptimizerValue } from '#common/catalogue/optimizers';
import type { UpdateKind } from '../engine/updateKinds';

/** How one optimizer moves one variable. */
export interface UpdateRule {
  readonly kind: UpdateKind;
  /**
   * Names of the arrays it keeps for every variable, each of the variable's shape, with the value that
   * they begin with.
   */
  readonly slots: Readonly<Record<string, number>>;
  /** The numbers that the update takes, as optimizer.c lists them; `step` counts updates from 1. */
  rates(learningRate: number, step: number): readonly number[];
}

type RuleOf<K extends OptimizerKind> = (
  value: Extract<OptimizerValue, { readonly type: K }>,
) => UpdateRule;

type AdamValue = Omit<Extract<OptimizerValue, { readonly type: 'adam' }>, 'type'>;

const adam = ({ beta1, beta2, epsilon, amsgrad }: AdamValue): UpdateRule => ({
  kind: amsgrad ? 'amsgrad' : 'adam',
  slots: { m: 0, v: 0, ...(amsgrad && { vMax: 0 }) },
  rates: (eta, step) => [
    eta / (1 - beta1 ** step),
    1 / Math.sqrt(1 - beta2 ** step),
    ...[beta1, 1 - beta1, beta2, 1 - beta2, epsilon],
  ],
});

/** Dozat's momentum of a step: it grows towards β₁. */
function nadamMomentum(beta1: number, decay: number, step: number): number {
  return beta1 * (1 - 0.5 * 0.96 ** (decay * step));
}

const nadam: RuleOf<'nadam'> = ({ beta1, beta2, epsilon, momentumDecay }) => {
  // The product of all momenta so far, kept for the step that usually follows.
  let known = { step: 0, product: 1 };
  const productTo = (step: number): number => {
    if (step < known.step) known = { step: 0, product: 1 };
    for (let next = known.step + 1; next <= step; next++) {
      const product = known.product * nadamMomentum(beta1, momentumDecay, next);
      known = { step: next, product };
    }
    return known.product;
  };
  return {
    kind: 'nadam',
    slots: { m: 0, v: 0 },
    rates(eta, step) {
      const product = productTo(step);
      const now = nadamMomentum(beta1, momentumDecay, step);
      const next = nadamMomentum(beta1, momentumDecay, step + 1);
      return [
        (eta * next) / (1 - product * next),
        (eta * (1 - now)) / (1 - product),
        1 / Math.sqrt(1 - beta2 ** step),
        ...[beta1, 1 - beta1, beta2, 1 - beta2, epsilon],
      ];
    },
  };
};

const rules = {
  sgd: () => ({ kind: 'sgd', slots: {}, rates: (eta) => [eta] }),
  momentum: ({ momentum, nesterov }) => ({
    kind: nesterov ? 'nesterov' : 'momentum',
    slots: { m: 0 },
    rates: (eta) => [eta, momentum],
  }),
  adam,
  adamW: adam,
  adamax: ({ beta1, beta2, epsilon }) => ({
    kind: 'adamax',
    slots: { m: 0, u: 0 },
    rates: (eta, step) => [eta / (1 - beta1 ** step), beta1, 1 - beta1, beta2, epsilon],
  }),
  nadam,
  adagrad: ({ initialAccumulatorValue, epsilon }) => ({
    kind: 'adagrad',
    slots: { n: initialAccumulatorValue },
    rates: (eta) => [eta, epsilon],
  }),
  proximalAdagrad: ({ initialAccumulatorValue, l1, l2 }) => ({
    kind: 'proximalAdagrad',
    slots: { n: initialAccumulatorValue },
    rates: (eta) => [eta, l1, l2],
  }),
  proximalGradient: ({ l1 }) => ({
    kind: 'proximalGradient',
    slots: {},
    rates: (eta) => [eta, eta * l1],
  }),
  ftrl: ({ initialAccumulatorValue, l1, l2, l2Shrinkage, beta }) => ({
    kind: 'ftrl',
    slots: { n: initialAccumulatorValue, z: 0 },
    rates: (eta) => [1 / eta, l1, 2 * l2 + beta / eta, 2 * l2Shrinkage],
  }),
  adadelta: ({ rho, epsilon }) => ({
    kind: 'adadelta',
    slots: { v: 0, x: 0 },
    rates: (eta) => [eta, rho, 1 - rho, epsilon],
  }),
  rmsprop: ({ rho, epsilon, centered }) => ({
    kind: centered ? 'centredRmsprop' : 'rmsprop',
    slots: { v: 0, ...(centered && { m: 0 }) },
    rates: (eta) => [eta, rho, 1 - rho, epsilon],
  }),
  lion: ({ beta1, beta2 }) => ({
    kind: 'lion',
    slots: { m: 0 },
    rates: (eta) => [eta, beta1, 1 - beta1, beta2, 1 - beta2],
  }),
} satisfies { readonly [K in OptimizerKind]: RuleOf<K> };

/** The update rule of an optimizer. */
export function updateRule(value: OptimizerValue): UpdateRule {
  return (rules[value.type] as RuleOf<OptimizerKind>)(value);
}
