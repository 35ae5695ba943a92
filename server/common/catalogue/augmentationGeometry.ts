// Augmentations that move pixels. Where the target is an image too, it moves with its image.
import { border, chance, interpolation } from './augmentationParts';
import { defineAugmentation, defineComponent } from './component';
import { numberOrRange, realNumber, wholeNumber } from './parameters';

const flipLeftRight = defineComponent({
  type: 'flipLeftRight',
  title: 'Flip left-right',
  summary: 'Mirrors the object left to right with a probability of one half.',
  formula: 'y[i, j] = x[i, width − 1 − j]',
  params: { probability: chance(0.5) },
  references: [],
  examples: [{ type: 'flipLeftRight' }],
});

const flipUpDown = defineComponent({
  type: 'flipUpDown',
  title: 'Flip up-down',
  summary: 'Mirrors the object top to bottom with a probability of one half.',
  formula: 'y[i, j] = x[height − 1 − i, j]',
  params: { probability: chance(0.5) },
  references: [],
  examples: [{ type: 'flipUpDown' }],
});

const rotate90 = defineAugmentation({
  type: 'rotate90',
  turnsSquares: true,
  title: 'Quarter turns',
  summary:
    'Turns the object by 0°, 90°, 180° or 270°, all equally likely; an image that is not square by 0° or 180°.',
  formula: 'by 90° counter-clockwise: y[i, j] = x[j, width − 1 − i]',
  params: { probability: chance() },
  references: [],
  examples: [{ type: 'rotate90' }],
});

const affine = defineComponent({
  type: 'affine',
  title: 'Affine transform',
  summary:
    'Rotates, moves, scales and shears the object about its centre, each by a random amount.',
  formula:
    'y(p) = x(A⁻¹(p − c − t) + c) about the centre c, A = rotation (counter-clockwise) · shear · scale; angle ~ U(−rotateDegrees, rotateDegrees), shift ~ U(−translate, translate) · size, scale ~ U(1 − scale, 1 + scale), shear ~ U(−shearDegrees, shearDegrees); any of them U(low, high) where it is a range',
  params: {
    rotateDegrees: numberOrRange({
      description: 'Largest rotation either way, or the range of the angle.',
      unit: '°',
      number: { minimum: 0, maximum: 180 },
      ends: { minimum: -180, maximum: 180 },
      default: 0,
    }),
    translate: numberOrRange({
      description:
        'Largest shift either way, or the range of the shift down and to the right, as a part of the image size.',
      number: { minimum: 0, maximum: 1 },
      ends: { minimum: -1, maximum: 1 },
      default: 0,
    }),
    scale: numberOrRange({
      description:
        'Largest change of size either way, or the range of the size: 0.1 means the same as [0.9, 1.1].',
      number: { minimum: 0, exclusiveMaximum: 1 },
      ends: { exclusiveMinimum: 0, maximum: 100 },
      default: 0,
    }),
    shearDegrees: numberOrRange({
      description: 'Largest shear angle either way, or the range of the angle.',
      unit: '°',
      number: { minimum: 0, exclusiveMaximum: 90 },
      ends: { exclusiveMinimum: -90, exclusiveMaximum: 90 },
      default: 0,
    }),
    interpolation: interpolation(),
    border: border('zero'),
    probability: chance(),
  },
  references: [
    {
      title: 'Keys, Cubic convolution interpolation for digital image processing, IEEE ASSP 1981',
    },
  ],
  snippet: '"rotateDegrees": ${1:10}, "translate": ${2:0.1}',
  examples: [{ type: 'affine', rotateDegrees: 10, translate: 0.1 }],
});

const elastic = defineComponent({
  type: 'elastic',
  title: 'Elastic deformation',
  summary: 'Displaces pixels by a smooth random field, as if the object were drawn on rubber.',
  formula:
    'y(p) = x(p + d(p)), d = strengthPx · (g ∗ n), n ~ N(0, 1) for each pixel and axis, g a Gaussian of width sigmaPx with Σ g² = 1',
  params: {
    strengthPx: realNumber({
      description: 'Standard deviation of the displacement.',
      unit: 'px',
      minimum: 0,
      maximum: 1000,
      default: 1,
    }),
    sigmaPx: realNumber({
      description: 'How smooth the field is: the width of the Gaussian.',
      unit: 'px',
      exclusiveMinimum: 0,
      maximum: 200,
      default: 4,
    }),
    interpolation: interpolation(),
    border: border('nearest'),
    probability: chance(),
  },
  references: [
    {
      title:
        'Simard, Steinkraus, Platt, Best practices for convolutional neural networks applied to visual document analysis, ICDAR 2003',
    },
  ],
  snippet: '"strengthPx": ${1:1}, "sigmaPx": ${2:4}',
  examples: [{ type: 'elastic', strengthPx: 1, sigmaPx: 4 }],
});

const crop = defineComponent({
  type: 'crop',
  title: 'Random crop',
  summary: 'Pads the image and cuts it out again at a random place: a shift by whole pixels.',
  formula: 'y[i, j] = x[i + a, j + b], a and b whole, even over −paddingPx … paddingPx',
  params: {
    paddingPx: wholeNumber({
      description: 'Pixels that are added at each side.',
      unit: 'px',
      minimum: 0,
      maximum: 4096,
      default: 4,
    }),
    border: border('zero'),
    probability: chance(),
  },
  references: [{ title: 'He et al., Deep residual learning for image recognition, CVPR 2016' }],
  snippet: '"paddingPx": ${1:4}',
  examples: [{ type: 'crop', paddingPx: 4 }],
});

const randomResizedCrop = defineComponent({
  type: 'randomResizedCrop',
  title: 'Random resized crop',
  summary: 'Cuts out a random part of the image and brings it back to size.',
  formula:
    'height = √(A / r), width = √(A r) of the image, 1 at most; A ~ U(smallestArea, 1), ln r ~ U(−ln aspect, ln aspect); anywhere inside',
  params: {
    smallestArea: realNumber({
      description: 'Smallest part of the area that is cut out.',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
    }),
    aspect: realNumber({
      description: 'Largest ratio of width to height, and of height to width.',
      minimum: 1,
      maximum: 10,
      default: 1.3333333333333333,
    }),
    interpolation: interpolation(),
    probability: chance(),
  },
  references: [{ title: 'Szegedy et al., Going deeper with convolutions, CVPR 2015' }],
  snippet: '"smallestArea": ${1:0.5}',
  examples: [{ type: 'randomResizedCrop', smallestArea: 0.5 }],
});

const cutout = defineComponent({
  type: 'cutout',
  title: 'Cutout',
  summary:
    'Hides a rectangle around a random pixel, so that no single part of the object decides. Targets are not cut.',
  formula: 'y = value inside the rectangle of size · height by size · width, x outside',
  params: {
    size: realNumber({
      description: 'Sides of the rectangle, as parts of the sides of the image.',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.25,
    }),
    value: realNumber({
      description: 'What is put there.',
      default: 0,
    }),
    probability: chance(),
  },
  references: [
    {
      title:
        'DeVries, Taylor, Improved regularization of convolutional neural networks with cutout, 2017',
    },
  ],
  snippet: '"size": ${1:0.25}',
  examples: [{ type: 'cutout', size: 0.25 }],
});

export const geometricAugmentations = {
  flipLeftRight,
  flipUpDown,
  rotate90,
  affine,
  elastic,
  crop,
  randomResizedCrop,
  cutout,
} as const;
