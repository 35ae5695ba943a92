// Augmentations that make images worse. The noise and blur of an instrument belong into the physics
// section, where they stay in evaluation.
import { chance } from './augmentationParts';
import { defineComponent } from './component';
import { numberOrRange, realNumber } from './parameters';

const sigma = (description: string, value: number) =>
  numberOrRange({
    description: `${description}, or the range it is drawn from for each sample.`,
    number: { minimum: 0, maximum: 10 },
    ends: { minimum: 0, maximum: 10 },
    default: value,
  });

const gaussianNoise = defineComponent({
  type: 'gaussianNoise',
  title: 'Gaussian noise',
  summary:
    'Adds normal noise to the training images only; the noise of a sensor belongs in the physics section.',
  formula: 'y = x + σ ε, ε ~ N(0, 1), σ = sigma or σ ~ U(low, high)',
  params: {
    sigma: sigma('Standard deviation, on the 0–1 scale of the images', 0.05),
    probability: chance(),
  },
  references: [],
  snippet: '"sigma": ${1:0.05}',
  examples: [{ type: 'gaussianNoise', sigma: 0.05 }],
});

const speckle = defineComponent({
  type: 'speckle',
  title: 'Speckle',
  summary: 'Multiplies by normal noise around 1, so that bright values become noisier.',
  formula: 'y = x (1 + σ ε), ε ~ N(0, 1), σ = sigma or σ ~ U(low, high)',
  params: {
    sigma: sigma('Standard deviation of the factor', 0.1),
    probability: chance(),
  },
  references: [],
  snippet: '"sigma": ${1:0.1}',
  examples: [{ type: 'speckle', sigma: 0.1 }],
});

const saltAndPepper = defineComponent({
  type: 'saltAndPepper',
  title: 'Salt and pepper',
  summary: 'Sets single values to 0 or 1, each as often.',
  formula: 'y = 1 with probability amount / 2, 0 with probability amount / 2, else x',
  params: {
    amount: realNumber({
      description: 'Part of the values that are replaced.',
      minimum: 0,
      maximum: 1,
      default: 0.02,
    }),
    probability: chance(),
  },
  references: [],
  snippet: '"amount": ${1:0.02}',
  examples: [{ type: 'saltAndPepper', amount: 0.02 }],
});

const blur = defineComponent({
  type: 'blur',
  title: 'Blur',
  summary: 'Blurs by a Gaussian of a random width; at the border the edge pixel goes on.',
  formula:
    'y = g ∗ x, g a sampled Gaussian with Σ g = 1 and a width ~ U(0, sigmaPx) or U(low, high)',
  params: {
    sigmaPx: numberOrRange({
      description: 'Largest width, or the range of the width.',
      unit: 'px',
      number: { exclusiveMinimum: 0, maximum: 100 },
      ends: { minimum: 0, maximum: 100 },
      default: 1,
    }),
    probability: chance(),
  },
  references: [],
  snippet: '"sigmaPx": ${1:1}',
  examples: [{ type: 'blur', sigmaPx: 1 }],
});

export const noiseAugmentations = { gaussianNoise, speckle, saltAndPepper, blur } as const;
