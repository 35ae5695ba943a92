import { activationParameter } from './activations';
import { defineLayer } from './component';
import { keras, named } from './layerParts';
import { learning } from './learning';
import { realNumber } from './parameters';

const activation = defineLayer({
  type: 'activation',
  title: 'Activation',
  summary: 'Applies a function to every value, as a layer of its own.',
  params: { ...named, function: activationParameter({ description: 'The function.' }) },
  references: [keras('Activation')],
  snippet: '"function": "${1:relu}"',
  examples: [{ type: 'activation', function: 'relu' }],
  shape: (input) => input,
  parameters: () => [],
});

const leakyRelu = defineLayer({
  type: 'leakyRelu',
  title: 'Leaky ReLU',
  summary: 'A ReLU that lets a small part of negative values through.',
  formula: 'y = x for x > 0, else negativeSlope · x',
  params: {
    ...named,
    negativeSlope: realNumber({
      description: 'Slope below 0; Keras starts from 0.3, PyTorch from 0.01.',
      minimum: 0,
      maximum: 1,
      default: 0.3,
    }),
  },
  references: [keras('LeakyReLU')],
  snippet: '"negativeSlope": ${1:0.3}',
  examples: [{ type: 'leakyRelu', negativeSlope: 0.1 }],
  shape: (input) => input,
  parameters: () => [],
});

const prelu = defineLayer({
  type: 'prelu',
  title: 'Parametric ReLU',
  summary: 'A leaky ReLU that learns its slope below 0 for each channel.',
  formula: 'y = x for x > 0, else α[c] x',
  params: {
    ...named,
    initialSlope: realNumber({
      description:
        'Slope α that each channel starts with; 0.25 in the paper and PyTorch, 0 in Keras.',
      minimum: -10,
      maximum: 10,
      default: 0.25,
    }),
    ...learning,
  },
  references: [
    keras('PReLU'),
    {
      title: 'He et al., Delving deep into rectifiers, ICCV 2015',
      url: 'https://arxiv.org/abs/1502.01852',
    },
  ],
  examples: [{ type: 'prelu' }],
  shape: (input) => input,
  parameters: (input, { initialSlope }) => [
    {
      name: 'alpha',
      shape: [input.at(-1) ?? 0],
      trainable: true,
      initializer: { type: 'constant', value: initialSlope },
      role: 'scale',
    },
  ],
});

/** Layers that apply a function to every value. */
export const activationLayers = { activation, leakyRelu, prelu } as const;
