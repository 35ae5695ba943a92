import { defineComponent, type ValueOf } from './component';
import { oneOfNames, realNumber } from './parameters';

const probability = realNumber({
  description: 'Probability that a sample is changed at all.',
  minimum: 0,
  maximum: 1,
  default: 1,
});

const flipLeftRight = defineComponent({
  type: 'flipLeftRight',
  title: 'Flip left-right',
  summary: 'Mirrors the object left to right with a probability of one half.',
  formula: 'y[i, j] = x[i, width − 1 − j]',
  params: {
    probability: realNumber({
      description: 'Probability that a sample is mirrored.',
      minimum: 0,
      maximum: 1,
      default: 0.5,
    }),
  },
  references: [],
  examples: [{ type: 'flipLeftRight' }],
});

const affine = defineComponent({
  type: 'affine',
  title: 'Affine transform',
  summary:
    'Rotates, moves, scales and shears the object about its centre, each by a random amount.',
  formula:
    'y(p) = x(A⁻¹(p − c − t) + c) about the centre c, A = rotation (counter-clockwise) · shear · scale; angle ~ U(−rotateDegrees, rotateDegrees), shift ~ U(−translate, translate) · size, scale ~ U(1 − scale, 1 + scale), shear ~ U(−shearDegrees, shearDegrees)',
  params: {
    rotateDegrees: realNumber({
      description: 'Largest rotation either way.',
      unit: '°',
      minimum: 0,
      maximum: 180,
      default: 0,
    }),
    translate: realNumber({
      description: 'Largest shift either way, as a part of the image size.',
      minimum: 0,
      maximum: 1,
      default: 0,
    }),
    scale: realNumber({
      description: 'Largest change of size either way: 0.1 means 0.9 to 1.1 times.',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
    }),
    shearDegrees: realNumber({
      description: 'Largest shear angle either way.',
      unit: '°',
      minimum: 0,
      exclusiveMaximum: 90,
      default: 0,
    }),
    interpolation: oneOfNames(
      { bilinear: 'Weighs the four neighbours.', nearest: 'Takes the nearest pixel.' },
      { description: 'How values between pixels are made.', default: 'bilinear' },
    ),
    border: oneOfNames(
      { zero: 'Outside is 0.', nearest: 'The edge pixel goes on.' },
      { description: 'What is outside the image.', default: 'zero' },
    ),
    probability,
  },
  references: [],
  snippet: '"rotateDegrees": ${1:10}, "translate": ${2:0.1}',
  examples: [{ type: 'affine', rotateDegrees: 10, translate: 0.1 }],
});

const gaussianNoise = defineComponent({
  type: 'gaussianNoise',
  title: 'Gaussian noise',
  summary:
    'Adds normal noise to the training images only; the noise of a sensor belongs in the physics section.',
  formula: 'y = x + σ ε, ε ~ N(0, 1)',
  params: {
    sigma: realNumber({
      description: 'Standard deviation, on the 0–1 scale of the images.',
      minimum: 0,
      maximum: 10,
      default: 0.05,
    }),
    probability,
  },
  references: [],
  snippet: '"sigma": ${1:0.05}',
  examples: [{ type: 'gaussianNoise', sigma: 0.05 }],
});

export const augmentations = { flipLeftRight, affine, gaussianNoise } as const;

export type AugmentationKind = keyof typeof augmentations;
export type AugmentationValue = ValueOf<(typeof augmentations)[AugmentationKind]>;
export type AugmentationValueOf<K extends AugmentationKind> = ValueOf<(typeof augmentations)[K]>;
