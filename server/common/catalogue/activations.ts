import { defineComponent } from './component';
import { oneOfNames } from './parameters';

function activation<T extends string>(type: T, title: string, formula: string, summary: string) {
  return defineComponent({
    type,
    title,
    summary,
    formula,
    params: {},
    references: [],
    examples: [],
  });
}

/** Element-wise functions that a layer applies to its output, named in its `activation`. */
export const activations = {
  linear: activation(
    'linear',
    'Linear',
    'f(x) = x',
    'No activation: for the last layer, which gives logits.',
  ),
  relu: activation('relu', 'ReLU', "f(x) = max(x, 0), f'(0) = 0", 'The usual choice in a CNN.'),
  sigmoid: activation(
    'sigmoid',
    'Sigmoid',
    'f(x) = 1 / (1 + e^(−x))',
    'Squeezes to 0–1; saturates.',
  ),
  tanh: activation('tanh', 'Hyperbolic tangent', 'f(x) = tanh(x)', 'Squeezes to −1–1; saturates.'),
  softplus: activation('softplus', 'Softplus', 'f(x) = ln(1 + e^x)', 'A smooth ReLU.'),
  elu: activation(
    'elu',
    'ELU',
    'f(x) = x for x > 0, else e^x − 1',
    'A ReLU with a smooth negative side.',
  ),
} as const;

export type ActivationKind = keyof typeof activations;

/** The schema of a layer's activation parameter. */
export function activationParameter(options: {
  readonly description: string;
  readonly default?: ActivationKind;
}) {
  const choices = Object.fromEntries(
    Object.values(activations).map((entry) => [entry.type, `${entry.formula}. ${entry.summary}`]),
  ) as Record<ActivationKind, string>;
  return oneOfNames(choices, { ...options, family: 'activations' });
}
