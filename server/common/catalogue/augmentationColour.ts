// Augmentations of brightness and colour: the same for all pixels of a sample.
import { chance } from './augmentationParts';
import { defineAugmentation } from './component';
import { numberOrRange } from './parameters';

/** A factor that is 1 where nothing changes. */
const factor = (value: number) =>
  numberOrRange({
    description: 'Largest change of the factor, or the range of the factor.',
    number: { minimum: 0, maximum: 1 },
    ends: { minimum: 0, maximum: 100 },
    default: value,
  });

const luminance = 'Y = 0.299 R + 0.587 G + 0.114 B';

const brightness = defineAugmentation({
  type: 'brightness',
  title: 'Brightness',
  summary: 'Makes the whole image brighter or darker.',
  formula: 'y = x + b, b ~ U(−amount, amount) or U(low, high)',
  params: {
    amount: numberOrRange({
      description:
        'Largest change either way, or the range of what is added, on the 0–1 scale of the images.',
      number: { minimum: 0, maximum: 1 },
      ends: { minimum: -1, maximum: 1 },
      default: 0.2,
    }),
    probability: chance(),
  },
  references: [],
  snippet: '"amount": ${1:0.2}',
  examples: [{ type: 'brightness', amount: 0.2 }],
});

const contrast = defineAugmentation({
  type: 'contrast',
  title: 'Contrast',
  summary: 'Moves all values away from the mean of their channel, or towards it.',
  formula:
    'y = m + f (x − m), m the mean of the channel, f ~ U(1 − amount, 1 + amount) or U(low, high)',
  params: { amount: factor(0.2), probability: chance() },
  references: [],
  snippet: '"amount": ${1:0.2}',
  examples: [{ type: 'contrast', amount: 0.2 }],
});

const gamma = defineAugmentation({
  type: 'gamma',
  title: 'Gamma',
  summary: 'Bends the scale of brightness: black and white stay. Values below 0 become 0.',
  formula: 'y = max(x, 0)^g, log₂ g ~ U(−amount, amount) or U(low, high)',
  params: {
    amount: numberOrRange({
      description:
        'Largest change of the exponent, or its range, as powers of two: 1 means from one half to two, [0, 1] from one to two.',
      number: { minimum: 0, maximum: 4 },
      ends: { minimum: -4, maximum: 4 },
      default: 0.5,
    }),
    probability: chance(),
  },
  references: [],
  snippet: '"amount": ${1:0.5}',
  examples: [{ type: 'gamma', amount: 0.5 }],
});

const invert = defineAugmentation({
  type: 'invert',
  title: 'Invert',
  summary: 'Turns the image into its negative with a probability of one half.',
  formula: 'y = 1 − x',
  params: { probability: chance(0.5) },
  references: [],
  examples: [{ type: 'invert' }],
});

const hue = defineAugmentation({
  type: 'hue',
  channels: 3,
  title: 'Hue',
  summary: 'Turns all colours by one angle and leaves their luminance; for three channels.',
  formula: `(U, V) turned by an angle ~ U(−degrees, degrees) or U(low, high); U = 0.492 (B − Y), V = 0.877 (R − Y), ${luminance}`,
  params: {
    degrees: numberOrRange({
      description: 'Largest angle either way, or the range of the angle.',
      unit: '°',
      number: { minimum: 0, maximum: 180 },
      ends: { minimum: -180, maximum: 180 },
      default: 18,
    }),
    probability: chance(),
  },
  references: [],
  snippet: '"degrees": ${1:18}',
  examples: [{ type: 'hue', degrees: 18 }],
});

const saturation = defineAugmentation({
  type: 'saturation',
  channels: 3,
  title: 'Saturation',
  summary: 'Makes colours stronger or paler and leaves their luminance; for three channels.',
  formula: `y = Y + f (x − Y), f ~ U(1 − amount, 1 + amount) or U(low, high), ${luminance}`,
  params: { amount: factor(0.2), probability: chance() },
  references: [],
  snippet: '"amount": ${1:0.2}',
  examples: [{ type: 'saturation', amount: 0.2 }],
});

const grayscale = defineAugmentation({
  type: 'grayscale',
  channels: 3,
  title: 'Grayscale',
  summary: 'Takes the colour out of one sample in ten; for three channels.',
  formula: `y = Y in every channel, ${luminance}`,
  params: { probability: chance(0.1) },
  references: [],
  examples: [{ type: 'grayscale' }],
});

const channelShuffle = defineAugmentation({
  type: 'channelShuffle',
  title: 'Channel shuffle',
  summary: 'Puts the channels into a random order.',
  formula: 'y[i, j, c] = x[i, j, π(c)], π a permutation',
  params: { probability: chance() },
  references: [],
  examples: [{ type: 'channelShuffle' }],
});

export const colourAugmentations = {
  brightness,
  contrast,
  gamma,
  invert,
  hue,
  saturation,
  grayscale,
  channelShuffle,
} as const;
