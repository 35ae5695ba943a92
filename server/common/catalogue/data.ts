import { Type } from '@sinclair/typebox';
import { defineDataSource, type ValueOf } from './component';
import { oneOfNames, realNumber, text, wholeNumber, yesNo } from './parameters';
import { targetKinds } from './tasks';

const digitNames = Array.from({ length: 10 }, (_, digit) => String(digit));

const digits = defineDataSource({
  type: 'digits',
  title: 'Digits, 8 × 8',
  summary: "scikit-learn's 1,797 handwritten digits of 8 × 8 pixels; comes with Lightbench.",
  params: {},
  references: [
    {
      title: 'Optical recognition of handwritten digits, UCI machine-learning repository',
      url: 'https://archive.ics.uci.edu/dataset/80',
    },
  ],
  examples: [{ type: 'digits' }],
  facts: () => ({ shape: [8, 8, 1], classNames: digitNames, count: 1797 }),
});

const mnist = defineDataSource({
  type: 'mnist',
  title: 'MNIST, 10,000 images',
  summary: '10,000 handwritten digits of 28 × 28 pixels out of MNIST; comes with Lightbench.',
  params: {},
  references: [
    {
      title: 'LeCun et al., Gradient-based learning applied to document recognition, 1998',
      url: 'http://yann.lecun.com/exdb/mnist/',
    },
  ],
  examples: [{ type: 'mnist' }],
  facts: () => ({ shape: [28, 28, 1], classNames: digitNames, count: 10000 }),
});

const synthetic = defineDataSource({
  type: 'synthetic',
  title: 'Synthetic images',
  summary:
    'Seeded images whose class is the orientation of a grating under noise: a rule that can be learned, for trying a network and for benchmarks.',
  formula:
    'x = ½ + 0.4 cos(2π (u cos θ + v sin θ) / 8 + φ) + noise · ε, cut to 0–1; u to the right and v down in px, θ = π · class / classes, φ random',
  params: {
    shape: Type.Tuple(
      [
        Type.Integer({ minimum: 1, maximum: 4096 }),
        Type.Integer({ minimum: 1, maximum: 4096 }),
        Type.Integer({ minimum: 1, maximum: 64 }),
      ],
      { description: 'Height, width and channels of an image.', unit: 'px', default: [16, 16, 1] },
    ),
    classes: wholeNumber({
      description: 'Number of classes.',
      minimum: 2,
      maximum: 1000,
      default: 4,
    }),
    count: wholeNumber({
      description: 'Number of images, spread evenly over the classes.',
      minimum: 1,
      maximum: 10_000_000,
      default: 1000,
    }),
    noise: realNumber({
      description: 'Standard deviation of the noise on each pixel.',
      minimum: 0,
      maximum: 10,
      default: 0.1,
    }),
  },
  references: [],
  snippet: '"shape": [${1:16}, ${2:16}, ${3:1}], "classes": ${4:4}, "count": ${5:1000}',
  examples: [{ type: 'synthetic', shape: [16, 16, 1], classes: 4, count: 1000 }],
  facts: (params) => ({
    shape: params.shape,
    classNames: Array.from({ length: params.classes }, (_, index) => `class ${index}`),
    count: params.count,
    // Sample i is of class i modulo the number of classes.
    classCounts: Array.from({ length: params.classes }, (_, index) =>
      Math.max(0, Math.ceil((params.count - index) / params.classes)),
    ),
  }),
});

const imageFolder = defineDataSource({
  type: 'imageFolder',
  title: 'Image folder',
  summary:
    'PNG (8 and 16 bit) and JPEG images in one folder for each class, or in a table with their labels, masks or target images.',
  params: {
    path: text({
      description: 'The folder that holds the class folders, relative to the experiment file.',
      minLength: 1,
    }),
    layout: oneOfNames(
      {
        classes: 'One folder for each class.',
        splits: 'The folders train, validation and test, each with one folder for each class.',
      },
      { description: 'What the folders in it are; unused with a table.', default: 'classes' },
    ),
    table: Type.Optional(
      text({
        description:
          'A file of comma-separated values in the folder, with a line for each image and these columns: `file` (relative to the folder); `label` (without it the folder of the file is the class); `target` (numbers, or the file of a mask or image); `group` (such as the patient); `time`; `split`; `weight` (0 or more: the loss of the image is multiplied by it and that of a batch is Σ w ℓ / N, as with `sample_weight` in Keras; metrics count all images alike). Other columns are ignored.',
        minLength: 1,
      }),
    ),
    target: oneOfNames(targetKinds, {
      description: 'What is to be found for an image; anything but a class needs a table.',
      default: 'class',
    }),
    size: Type.Tuple(
      [Type.Integer({ minimum: 1, maximum: 4096 }), Type.Integer({ minimum: 1, maximum: 4096 })],
      { description: 'Height and width that every image gets.', unit: 'px' },
    ),
    resize: oneOfNames(
      {
        exact: 'Every image must already have this size; any other is an error.',
        stretch: 'Stretch to the size, by the average over the area of each new pixel.',
        crop: 'Scale so that the image covers the size, then cut its centre.',
        pad: 'Scale so that the image fits in the size, then pad with black.',
      },
      { description: 'What is done with an image of another size.', default: 'exact' },
    ),
    channels: Type.Unsafe<1 | 3>({
      type: 'integer',
      enum: [1, 3],
      description: '1 for grey (BT.601 luminance of colour images), 3 for red, green and blue.',
      default: 1,
    }),
  },
  references: [],
  snippet: '"path": "${1:images}", "size": [${2:32}, ${3:32}]',
  examples: [
    { type: 'imageFolder', path: 'images', size: [32, 32] },
    { type: 'imageFolder', path: 'cells', table: 'labels.csv', target: 'mask', size: [64, 64] },
  ],
  facts: ({ size, channels, target }) => ({
    shape: [...size, channels],
    ...(target === 'class' ? {} : { target }),
    ...(target === 'mask' && { targetShape: [...size, 1] }),
    ...(target === 'image' && { targetShape: [...size, channels] }),
  }),
});

export const dataSources = { digits, mnist, synthetic, imageFolder } as const;

export type DataSourceKind = keyof typeof dataSources;
export type DataSourceValue = ValueOf<(typeof dataSources)[DataSourceKind]>;
export type DataSourceValueOf<K extends DataSourceKind> = ValueOf<(typeof dataSources)[K]>;

/** More samples than anybody has. */
const mostSamples = 1_000_000_000;

function part(description: string, value: number) {
  return realNumber({ description, minimum: 0, maximum: mostSamples, default: value });
}

/** The `split` of the data section. */
export const splitSchema = Type.Object(
  {
    train: part('Part of the samples that the weights are fitted to.', 0.7),
    validation: part('Part that decides when to stop and which weights are best.', 0.15),
    test: part('Part that stays sealed until you open it, once, at the end.', 0.15),
    by: oneOfNames(
      {
        fraction: 'By fractions that add up to 1.',
        count: 'By numbers of samples; what is left over is not used.',
        data: 'As the data say: by their folders train, validation and test, or by the column `split` of their table.',
      },
      { description: 'What `train`, `validation` and `test` are.', default: 'fraction' },
    ),
    stratify: yesNo({
      description:
        'Keep the mix of classes the same in every split: of several labels each by itself (iterative stratification, Sechidis et al. 2011), of masks the classes that occur in them, of numbers ten bins with as many samples each. Target images have no such mix.',
      default: true,
    }),
    keepGroups: yesNo({
      description:
        'Keep samples of one group (column `group` of a table, such as the patient) together, where the data have groups: else a network is tested on what it has seen.',
      default: true,
    }),
    order: oneOfNames(
      {
        random: 'In an order that the seed gives.',
        time: 'The earliest are for training and the latest for the test, by the column `time` of a table; the mix of classes is not kept.',
      },
      { description: 'In what order the samples are divided.', default: 'random' },
    ),
    folds: Type.Optional(
      wholeNumber({
        description:
          'Cross-validation: what is left beside `test` is divided into so many parts, of which one is for validation and the others are for training.',
        minimum: 2,
        maximum: 1000,
      }),
    ),
    fold: wholeNumber({
      description:
        'Which of the `folds` is for validation, counted from 1; the test split is the same for all.',
      minimum: 1,
      maximum: 1000,
      default: 1,
    }),
  },
  { description: 'How the samples are divided.', default: {} },
);
