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

/** Functions that a layer applies to its output, named in its `activation`. */
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
  selu: activation(
    'selu',
    'SELU',
    'f(x) = 1.0507 x for x > 0, else 1.7581 (e^x − 1)',
    'An ELU that keeps mean and variance from layer to layer; use lecunNormal with it.',
  ),
  relu6: activation('relu6', 'ReLU6', 'f(x) = min(max(x, 0), 6)', 'A ReLU with an upper end.'),
  leakyRelu: activation(
    'leakyRelu',
    'Leaky ReLU',
    'f(x) = x for x > 0, else 0.2 x',
    'Never quite off; the slope is that of the function in Keras, the layer leakyRelu has any.',
  ),
  gelu: activation(
    'gelu',
    'GELU',
    'f(x) = x Φ(x) = ½ x (1 + erf(x / √2))',
    'The exact form, as Keras and PyTorch have it by default.',
  ),
  geluTanh: activation(
    'geluTanh',
    'GELU by tanh',
    'f(x) = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))',
    'The approximation, for weights that were trained with it.',
  ),
  silu: activation('silu', 'SiLU (swish)', 'f(x) = x / (1 + e^(−x))', 'A smooth ReLU with a dip.'),
  mish: activation('mish', 'Mish', 'f(x) = x tanh(ln(1 + e^x))', 'Much like SiLU.'),
  hardSigmoid: activation(
    'hardSigmoid',
    'Hard sigmoid',
    'f(x) = min(max(x + 3, 0), 6) / 6',
    'A sigmoid of straight lines, as in Keras 3 and PyTorch; Keras 2 had 0.2 x + 0.5.',
  ),
  hardSwish: activation(
    'hardSwish',
    'Hard swish',
    'f(x) = x min(max(x + 3, 0), 6) / 6',
    'A SiLU of straight lines.',
  ),
  softmax: activation(
    'softmax',
    'Softmax',
    'f(x)_k = e^(x_k) / Σ_j e^(x_j) over the channels',
    'Parts that add up to 1; not before a loss that takes logits.',
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
