// Layers that leave something out at random in training, so that the network does not rely on it.
import { defineLayer, isMisfit, type Reference } from './component';
import { keras, named } from './layerParts';
import { oneOfNames, realNumber } from './parameters';
import { asImage } from './shape';

const srivastava: Reference = {
  title:
    'Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, JMLR 2014',
};

const rate = (description: string, value = 0.5) =>
  realNumber({ description, minimum: 0, exclusiveMaximum: 1, default: value });

const dropout = defineLayer({
  type: 'dropout',
  title: 'Dropout',
  summary: 'Sets a random part of the values to 0 in training.',
  formula:
    'y = x · m / (1 − rate), m = 0 with probability rate, else 1 (inverted); or y = x · m in training and y = (1 − rate) · x in evaluation (weightScaled)',
  params: {
    ...named,
    rate: rate('Probability that a value is dropped.'),
    mode: oneOfNames(
      {
        inverted: 'Scales up what is left in training; evaluation changes nothing.',
        weightScaled:
          'Scales nothing in training; evaluation multiplies by 1 − rate, as if the weights that follow were smaller.',
      },
      {
        description:
          'Where the mean is restored. Behind a linear layer both expect the same, behind others they do not.',
        default: 'inverted',
      },
    ),
  },
  references: [keras('Dropout'), srivastava],
  snippet: '"rate": ${1:0.5}',
  examples: [{ type: 'dropout', rate: 0.5 }],
  shape: (input) => input,
  parameters: () => [],
});

const spatialDropout2d = defineLayer({
  type: 'spatialDropout2d',
  title: 'Spatial dropout 2-D',
  summary:
    'Sets whole channels of an image to 0 in training, because neighbouring pixels tell the same.',
  formula: 'y[i,j,c] = x[i,j,c] · m[c] / (1 − rate), m = 0 with probability rate, else 1',
  params: { ...named, rate: rate('Probability that a channel is dropped.') },
  references: [
    keras('SpatialDropout2D'),
    { title: 'Tompson et al., Efficient object localization using convolutional networks, 2015' },
  ],
  snippet: '"rate": ${1:0.5}',
  examples: [{ type: 'spatialDropout2d', rate: 0.2 }],
  shape(input) {
    const image = asImage(input, 'spatialDropout2d');
    return isMisfit(image) ? image : input;
  },
  parameters: () => [],
});

const alphaDropout = defineLayer({
  type: 'alphaDropout',
  title: 'Alpha dropout',
  summary:
    'Dropout for networks of SELUs: sets values to the low end of the SELU and keeps mean 0 and variance 1.',
  formula:
    'y = a · (x · m + α′ (1 − m)) + b, α′ = −1.7581, a = ((1 − rate)(1 + rate α′²))^−½, b = −a α′ rate',
  params: { ...named, rate: rate('Probability that a value is dropped.') },
  references: [
    keras('AlphaDropout'),
    { title: 'Klambauer et al., Self-normalizing neural networks, 2017' },
  ],
  snippet: '"rate": ${1:0.1}',
  examples: [{ type: 'alphaDropout', rate: 0.1 }],
  shape: (input) => input,
  parameters: () => [],
});

const gaussianDropout = defineLayer({
  type: 'gaussianDropout',
  title: 'Gaussian dropout',
  summary:
    'Multiplies by normal numbers around 1 in training, with the variance that dropout of the same rate has.',
  formula: 'y = x · (1 + √(rate / (1 − rate)) ε), ε ~ N(0, 1)',
  params: { ...named, rate: rate('Rate of the dropout whose variance it has.') },
  references: [keras('GaussianDropout'), srivastava],
  snippet: '"rate": ${1:0.5}',
  examples: [{ type: 'gaussianDropout', rate: 0.3 }],
  shape: (input) => input,
  parameters: () => [],
});

const stochasticDepth = defineLayer({
  type: 'stochasticDepth',
  title: 'Stochastic depth',
  summary:
    'Sets all values of a sample to 0 at random in training: at the end of a residual branch, this leaves the branch out.',
  formula: 'y = x · m / (1 − rate), one m for a sample: 0 with probability rate, else 1',
  params: { ...named, rate: rate('Probability that a sample skips the branch.', 0.1) },
  references: [{ title: 'Huang et al., Deep networks with stochastic depth, 2016' }],
  snippet: '"rate": ${1:0.1}',
  examples: [{ type: 'stochasticDepth', rate: 0.1 }],
  shape: (input) => input,
  parameters: () => [],
});

export const dropoutLayers = {
  dropout,
  spatialDropout2d,
  alphaDropout,
  gaussianDropout,
  stochasticDepth,
} as const;
