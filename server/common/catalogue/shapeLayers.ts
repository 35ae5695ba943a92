// Layers that change the shape of a sample: borders, size, and the order of its values.
import { Type } from '@sinclair/typebox';
import { defineLayer, isMisfit } from './component';
import { keras, named } from './layerParts';
import { asPair, oneOfNames, wholeNumber, wholeNumberPair } from './parameters';
import { asImage, describe, elements } from './shape';

/** Pixels at the border: one number, `[rows, columns]`, or `[top, bottom, left, right]`. */
function border(description: string) {
  const pixels = Type.Integer({ minimum: 0, maximum: 4096 });
  return Type.Union(
    [pixels, Type.Tuple([pixels, pixels]), Type.Tuple([pixels, pixels, pixels, pixels])],
    { description, unit: 'px', default: 1 },
  );
}

type Border = number | readonly [number, number] | readonly [number, number, number, number];
type Sides = readonly [top: number, bottom: number, left: number, right: number];

/** The pixels at each side. */
export function asSides(value: Border): Sides {
  if (typeof value !== 'number' && value.length === 4) return value;
  const [rows, columns] = asPair(value as number | readonly [number, number]);
  return [rows, rows, columns, columns];
}

const zeroPadding2d = defineLayer({
  type: 'zeroPadding2d',
  title: '2-D zero padding',
  summary: 'Adds rows and columns of zeros around the image.',
  params: {
    ...named,
    padding: border(
      'Pixels that are added: at every side, [rows, columns], or [top, bottom, left, right].',
    ),
  },
  references: [keras('ZeroPadding2D')],
  snippet: '"padding": ${1:1}',
  examples: [
    { type: 'zeroPadding2d', padding: 1 },
    { type: 'zeroPadding2d', padding: [0, 1, 0, 1] },
  ],
  shape(input, params) {
    const image = asImage(input, 'zeroPadding2d');
    if (isMisfit(image)) return image;
    const [top, bottom, left, right] = asSides(params.padding);
    return [image[0] + top + bottom, image[1] + left + right, image[2]];
  },
  parameters: () => [],
});

const cropping2d = defineLayer({
  type: 'cropping2d',
  title: '2-D cropping',
  summary: 'Cuts rows and columns off the image.',
  params: {
    ...named,
    cropping: border(
      'Pixels that are cut off: at every side, [rows, columns], or [top, bottom, left, right].',
    ),
  },
  references: [keras('Cropping2D')],
  snippet: '"cropping": ${1:1}',
  examples: [{ type: 'cropping2d', cropping: 2 }],
  shape(input, params) {
    const image = asImage(input, 'cropping2d');
    if (isMisfit(image)) return image;
    const [top, bottom, left, right] = asSides(params.cropping);
    const [rows, columns] = [image[0] - top - bottom, image[1] - left - right];
    if (rows > 0 && columns > 0) return [rows, columns, image[2]];
    return {
      parameter: 'cropping',
      message: `The cropping takes all of the image: ${top + bottom} rows and ${left + right} columns of ${describe(image)}. Crop less.`,
    };
  },
  parameters: () => [],
});

const interpolations = {
  nearest: 'The value of the nearest pixel.',
  bilinear: 'Between the four nearest pixels; pixel centres lie at half numbers.',
} as const;

const upSampling2d = defineLayer({
  type: 'upSampling2d',
  title: '2-D up-sampling',
  summary: 'Makes the image larger by a whole factor.',
  params: {
    ...named,
    size: wholeNumberPair({
      description: 'Factors of the rows and columns.',
      minimum: 1,
      maximum: 256,
      default: 2,
    }),
    interpolation: oneOfNames(interpolations, {
      description: 'How values between pixels are found.',
      default: 'nearest',
    }),
  },
  references: [keras('UpSampling2D')],
  snippet: '"size": ${1:2}',
  examples: [{ type: 'upSampling2d', size: 2 }],
  shape(input, params) {
    const image = asImage(input, 'upSampling2d');
    if (isMisfit(image)) return image;
    const [rows, columns] = asPair(params.size);
    return [image[0] * rows, image[1] * columns, image[2]];
  },
  parameters: () => [],
});

const resize = defineLayer({
  type: 'resize',
  title: 'Resize',
  summary:
    'Gives the image another number of rows and columns; smaller ones are not smoothed first.',
  params: {
    ...named,
    height: wholeNumber({ description: 'Rows of the output.', minimum: 1, maximum: 16384 }),
    width: wholeNumber({ description: 'Columns of the output.', minimum: 1, maximum: 16384 }),
    interpolation: oneOfNames(interpolations, {
      description: 'How values between pixels are found.',
      default: 'bilinear',
    }),
  },
  references: [keras('Resizing')],
  snippet: '"height": ${1:32}, "width": ${2:32}',
  examples: [{ type: 'resize', height: 32, width: 32 }],
  shape(input, params) {
    const image = asImage(input, 'resize');
    return isMisfit(image) ? image : [params.height, params.width, image[2]];
  },
  parameters: () => [],
});

const reshape = defineLayer({
  type: 'reshape',
  title: 'Reshape',
  summary: 'Reads the values of a sample in their order as another shape.',
  params: {
    ...named,
    targetShape: Type.Array(Type.Integer({ minimum: 1, maximum: 1048576 }), {
      description: 'Height, width and channels of the output, or one number of features.',
      minItems: 1,
      maxItems: 3,
    }),
  },
  references: [keras('Reshape')],
  snippet: '"targetShape": [${1:7}, ${2:7}, ${3:64}]',
  examples: [{ type: 'reshape', targetShape: [7, 7, 64] }],
  shape(input, { targetShape }) {
    const parameter = 'targetShape';
    if (targetShape.length === 2) {
      const message = `\`targetShape\` must have 3 numbers (an image) or 1 (features); got ${targetShape.length}. For a grey image write ${JSON.stringify([...targetShape, 1])}.`;
      return { parameter, message };
    }
    if (elements(targetShape) === elements(input)) return targetShape;
    const message = `A reshape layer keeps all values: ${describe(input)} has ${elements(input)}, but \`targetShape\` ${describe(targetShape)} has ${elements(targetShape)}. Make the products equal.`;
    return { parameter, message };
  },
  parameters: () => [],
});

const permute = defineLayer({
  type: 'permute',
  title: 'Permute',
  summary: 'Exchanges rows, columns and channels.',
  formula: 'axis i of the output is axis dims[i] of the input; 1 rows, 2 columns, 3 channels',
  params: {
    ...named,
    dims: Type.Array(Type.Integer({ minimum: 1, maximum: 3 }), {
      description: 'The order of the axes, counted from 1: [2, 1, 3] turns rows into columns.',
      minItems: 3,
      maxItems: 3,
      uniqueItems: true,
    }),
  },
  references: [keras('Permute')],
  snippet: '"dims": [${1:2}, ${2:1}, ${3:3}]',
  examples: [{ type: 'permute', dims: [2, 1, 3] }],
  shape(input, { dims }) {
    const image = asImage(input, 'permute');
    return isMisfit(image) ? image : dims.map((axis) => image[axis - 1] ?? 0);
  },
  parameters: () => [],
});

export const shapeLayers = {
  zeroPadding2d,
  cropping2d,
  upSampling2d,
  resize,
  reshape,
  permute,
} as const;
