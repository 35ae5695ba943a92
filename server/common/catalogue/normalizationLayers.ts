import { defineLayer, isMisfit, type Misfit, type Shape, type WeightSpec } from './component';
import { keras, named } from './layerParts';
import { learning } from './learning';
import { oneOfNames, realNumber, wholeNumber, yesNo } from './parameters';
import { asImage, elements } from './shape';

const epsilon = realNumber({
  description: 'Added to the variance; 0.001 in Keras, 0.00001 in PyTorch.',
  exclusiveMinimum: 0,
  maximum: 1,
  default: 1e-3,
});
/** What is learned, and how. */
const learned = {
  center: yesNo({ description: 'Learn the offset β.', default: true }),
  scale: yesNo({ description: 'Learn the scale γ.', default: true }),
  ...learning,
};
const standardized = 'y = γ (x − μ) / √(σ² + ε) + β, with the biased σ²';

function scaleAndOffset(
  shape: Shape,
  { scale, center }: { readonly scale: boolean; readonly center: boolean },
): readonly WeightSpec[] {
  const gamma: WeightSpec = {
    name: 'gamma',
    shape,
    trainable: true,
    initializer: { type: 'ones' },
    role: 'scale',
  };
  const beta: WeightSpec = {
    name: 'beta',
    shape,
    trainable: true,
    initializer: { type: 'zeros' },
    role: 'offset',
  };
  return [...(scale ? [gamma] : []), ...(center ? [beta] : [])];
}

const batchNormalization = defineLayer({
  type: 'batchNormalization',
  title: 'Batch normalization',
  summary:
    'Standardizes each channel over the batch in training and by running averages in evaluation, then scales and shifts it.',
  formula:
    'y = γ (x − μ) / √(σ² + ε) + β, with the biased σ²; running = momentum · running + (1 − momentum) · batch',
  params: {
    ...named,
    momentum: realNumber({
      description: 'Weight of the past in the running averages.',
      minimum: 0,
      maximum: 1,
      default: 0.99,
    }),
    epsilon,
    ...learned,
    unbiased: yesNo({
      description:
        'Move the running variance by the unbiased variance of the batch, as PyTorch does: n / (n − 1) times the biased one, for n values of a channel. Keras takes the biased one. The batch itself is standardized by the biased one either way.',
      default: false,
    }),
    trainable: yesNo({
      description:
        'If not, scale and offset stay as they are, and training uses the running averages as evaluation does.',
      default: true,
    }),
  },
  references: [
    keras('BatchNormalization'),
    { title: 'Ioffe and Szegedy, Batch normalization, ICML 2015' },
  ],
  examples: [{ type: 'batchNormalization' }],
  shape: (input) => input,
  parameters(input, params) {
    const shape = [input.at(-1) ?? 0];
    const statistic = { shape, trainable: false, role: 'statistic' } as const;
    return [
      ...scaleAndOffset(shape, params),
      { ...statistic, name: 'movingMean', initializer: { type: 'zeros' } },
      { ...statistic, name: 'movingVariance', initializer: { type: 'ones' } },
    ];
  },
});

const layerNormalization = defineLayer({
  type: 'layerNormalization',
  title: 'Layer normalization',
  summary: 'Standardizes each sample by itself, in training and evaluation alike.',
  formula: standardized,
  params: {
    ...named,
    over: oneOfNames(
      {
        sample:
          'Over height, width and channels, with a scale and an offset for each value (PyTorch LayerNorm of the whole shape; Keras with axis [1, 2, 3]).',
        channels:
          'Over the channels of each pixel, with a scale and an offset for each channel (the default of Keras).',
      },
      { description: 'What mean and variance are taken over.', default: 'sample' },
    ),
    epsilon,
    ...learned,
  },
  references: [
    keras('LayerNormalization'),
    { title: 'Ba, Kiros and Hinton, Layer normalization', url: 'https://arxiv.org/abs/1607.06450' },
  ],
  examples: [{ type: 'layerNormalization' }],
  shape(input, { over }) {
    const count = over === 'sample' ? elements(input) : (input.at(-1) ?? 0);
    return count > 1 ? input : nothingLeft('layerNormalization', 'over');
  },
  parameters: (input, params) =>
    scaleAndOffset(params.over === 'sample' ? input : [input.at(-1) ?? 0], params),
});

const instanceNormalization = defineLayer({
  type: 'instanceNormalization',
  title: 'Instance normalization',
  summary: 'Standardizes each channel of each image by itself, in training and evaluation alike.',
  formula: `${standardized}, over height and width`,
  params: { ...named, epsilon, ...learned },
  references: [
    { title: 'Ulyanov et al., Instance normalization', url: 'https://arxiv.org/abs/1607.08022' },
  ],
  examples: [{ type: 'instanceNormalization' }],
  shape(input) {
    const image = asImage(input, 'instanceNormalization');
    if (isMisfit(image)) return image;
    return image[0] * image[1] > 1 ? input : nothingLeft('instanceNormalization');
  },
  parameters: (input, params) => scaleAndOffset([input.at(-1) ?? 0], params),
});

const groupNormalization = defineLayer({
  type: 'groupNormalization',
  title: 'Group normalization',
  summary:
    'Standardizes groups of channels of each sample by themselves, in training and evaluation alike; does not depend on the batch size.',
  formula: `${standardized}, over height, width and the channels of a group`,
  params: {
    ...named,
    groups: wholeNumber({
      description: 'How many groups the channels are divided into; must divide their number.',
      minimum: 1,
      maximum: 65536,
      default: 32,
    }),
    epsilon,
    ...learned,
  },
  references: [
    keras('GroupNormalization'),
    { title: 'Wu and He, Group normalization, ECCV 2018', url: 'https://arxiv.org/abs/1803.08494' },
  ],
  snippet: '"groups": ${1:8}',
  examples: [{ type: 'groupNormalization', groups: 8 }],
  shape(input, { groups }) {
    const channels = input.at(-1) ?? 0;
    if (channels % groups !== 0) {
      const divisors = Array.from({ length: Math.min(channels, 64) }, (_, i) => i + 1);
      const fitting = divisors.filter((count) => channels % count === 0).join(', ');
      return {
        parameter: 'groups',
        message: `\`groups\` must divide the number of channels; got ${groups} groups for ${channels} channels. Use one of ${fitting}.`,
      };
    }
    return elements(input) > groups ? input : nothingLeft('groupNormalization', 'groups');
  },
  parameters: (input, params) => scaleAndOffset([input.at(-1) ?? 0], params),
});

const localResponseNormalization = defineLayer({
  type: 'localResponseNormalization',
  title: 'Local response normalization',
  summary:
    'Divides each value by the strength of its neighbours in other channels, as AlexNet did.',
  formula: 'y[c] = x[c] / (bias + alpha · Σ x[k]²)^beta, over |k − c| ≤ radius',
  params: {
    ...named,
    radius: wholeNumber({
      description: 'How many channels to each side count.',
      minimum: 0,
      maximum: 1024,
      default: 5,
    }),
    bias: realNumber({
      description: 'Added to the sum.',
      exclusiveMinimum: 0,
      maximum: 1e6,
      default: 1,
    }),
    alpha: realNumber({
      description:
        'Factor of the sum, which PyTorch divides by its number of channels and TensorFlow (and this layer) does not.',
      minimum: 0,
      maximum: 1e6,
      default: 1,
    }),
    beta: realNumber({ description: 'The exponent.', minimum: 0, maximum: 100, default: 0.5 }),
  },
  references: [
    {
      title: 'TensorFlow tf.nn.local_response_normalization',
      url: 'https://www.tensorflow.org/api_docs/python/tf/nn/local_response_normalization',
    },
    { title: 'Krizhevsky et al., ImageNet classification with deep CNNs, NeurIPS 2012' },
  ],
  examples: [{ type: 'localResponseNormalization', radius: 2, bias: 2, alpha: 1e-4, beta: 0.75 }],
  shape(input) {
    const image = asImage(input, 'localResponseNormalization');
    return isMisfit(image) ? image : input;
  },
  parameters: () => [],
});

/** Of one value, its mean takes away all. */
function nothingLeft(type: string, parameter?: string): Misfit {
  const message = `A ${type} layer needs more than one value to take a mean over; here it is one, and the result would be 0 for any input. Remove the layer, or put it before the pooling.`;
  return parameter === undefined ? { message } : { parameter, message };
}

/** Layers that bring what they get to a fixed mean and variance. */
export const normalizationLayers = {
  batchNormalization,
  layerNormalization,
  instanceNormalization,
  groupNormalization,
  localResponseNormalization,
} as const;
