import { activationLayers } from './activationLayers';
import { activationParameter } from './activations';
import { defineLayer, isMisfit, type ValueOf } from './component';
import { convolutionLayers } from './convolutionLayers';
import { dropoutLayers } from './dropoutLayers';
import { initializerParameter } from './initializers';
import { epilogue, geometry, kernelAndBias, keras, named, slideKernel } from './layerParts';
import { kernelLearning } from './learning';
import { mergeLayers } from './mergeLayers';
import { asPair, realNumber, wholeNumber, yesNo } from './parameters';
import { normalizationLayers } from './normalizationLayers';
import { poolingLayers } from './poolingLayers';
import { describe, elements } from './shape';
import { shapeLayers } from './shapeLayers';

const conv2d = defineLayer({
  type: 'conv2d',
  title: '2-D convolution',
  summary: 'Slides learned kernels over the image and gives one channel for each.',
  formula: 'y[i,j,k] = b[k] + Σ x[i·s+a·d, j·s+b·d, c] · w[a,b,c,k] (a cross-correlation)',
  params: {
    ...named,
    filters: wholeNumber({ description: 'Number of output channels.', minimum: 1, maximum: 65536 }),
    ...geometry,
    ...epilogue,
    kernelInitializer: initializerParameter('How the kernel starts.', 'glorotUniform'),
    weightStandardization: yesNo({
      description:
        'Use each kernel with its mean taken off and divided by √(variance + 10⁻⁵) over its taps and input channels (Qiao et al., 2019).',
      default: false,
    }),
  },
  references: [
    keras('Conv2D'),
    {
      title:
        'Qiao et al., Micro-batch training with batch-channel normalization and weight standardization',
      url: 'https://arxiv.org/abs/1903.10520',
    },
  ],
  snippet: '"filters": ${1:32}, "kernelSize": ${2:3}, "activation": "${3:relu}"',
  examples: [{ type: 'conv2d', filters: 32, kernelSize: 3, activation: 'relu' }],
  shape(input, params) {
    const size = slideKernel('conv2d', input, params);
    return isMisfit(size) ? size : [...size, params.filters];
  },
  parameters(input, params) {
    const [rows, columns] = asPair(params.kernelSize);
    return kernelAndBias([rows, columns, input[2] ?? 0, params.filters], params.filters, params);
  },
  multiplyAdds(input, output, params) {
    const [rows, columns] = asPair(params.kernelSize);
    return elements(output) * rows * columns * (input[2] ?? 0);
  },
});

const flatten = defineLayer({
  type: 'flatten',
  title: 'Flatten',
  summary: 'Writes all values of a sample into one row, rows first and channels last.',
  params: named,
  references: [keras('Flatten')],
  examples: [{ type: 'flatten' }],
  shape: (input) => [elements(input)],
  parameters: () => [],
});

const dense = defineLayer({
  type: 'dense',
  title: 'Dense',
  summary: 'Connects every input feature with every unit.',
  formula: 'y = f(x W + b)',
  params: {
    ...named,
    units: wholeNumber({ description: 'Number of output features.', minimum: 1, maximum: 1048576 }),
    useBias: yesNo({ description: 'Add a learned offset to each unit.', default: true }),
    dropConnect: realNumber({
      description:
        'Probability that a weight of the kernel is left out of a step (DropConnect); the rest is scaled up, and evaluation uses all.',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
    }),
    activation: activationParameter({
      description: 'Function applied to the output.',
      default: 'linear',
    }),
    kernelInitializer: initializerParameter('How the kernel starts.', 'glorotUniform'),
    biasInitializer: initializerParameter('How the bias starts.', 'zeros'),
    ...kernelLearning,
  },
  references: [
    keras('Dense'),
    { title: 'Wan et al., Regularization of neural networks using DropConnect, ICML 2013' },
  ],
  snippet: '"units": ${1:10}',
  examples: [{ type: 'dense', units: 10 }],
  shape(input, params) {
    if (input.length === 1) return [params.units];
    return {
      message: `A dense layer takes one row of features; got an image of ${describe(input)}. Put a flatten or globalAveragePooling2d layer before it.`,
    };
  },
  parameters: (input, params) =>
    kernelAndBias([elements(input), params.units], params.units, params),
  multiplyAdds: (input, output) => elements(input) * elements(output),
});

export const layers = {
  conv2d,
  ...convolutionLayers,
  ...poolingLayers,
  flatten,
  ...shapeLayers,
  ...mergeLayers,
  dense,
  ...activationLayers,
  ...dropoutLayers,
  ...normalizationLayers,
} as const;

export type LayerKind = keyof typeof layers;
export type LayerValue = ValueOf<(typeof layers)[LayerKind]>;
export type LayerValueOf<K extends LayerKind> = ValueOf<(typeof layers)[K]>;
