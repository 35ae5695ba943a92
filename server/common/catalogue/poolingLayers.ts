// Layers that take one value of a window, or of a whole image.
import { Type } from '@sinclair/typebox';
import { defineLayer, isMisfit, type Misfit, type Shape } from './component';
import { keras, named, paddings } from './layerParts';
import { asPair, oneOfNames, wholeNumberPair } from './parameters';
import { asImage, slide } from './shape';

const poolParams = {
  ...named,
  poolSize: wholeNumberPair({
    description: 'Rows and columns of the window.',
    unit: 'px',
    minimum: 1,
    maximum: 1024,
    default: 2,
  }),
  strides: Type.Optional(
    wholeNumberPair({
      description: 'Step of the window; the window size if left out.',
      unit: 'px',
      minimum: 1,
      maximum: 1024,
    }),
  ),
  padding: oneOfNames(paddings, { description: 'What happens at the border.', default: 'valid' }),
};
interface PoolValue {
  readonly poolSize: number | [number, number];
  readonly strides?: number | [number, number];
  readonly padding: 'valid' | 'same';
}

function poolShape(type: string, input: Shape, params: PoolValue): Shape | Misfit {
  const image = asImage(input, type);
  if (isMisfit(image)) return image;
  const window = asPair(params.poolSize);
  const size = slide(
    image,
    window,
    asPair(params.strides ?? params.poolSize),
    params.padding,
    [1, 1],
  );
  return isMisfit(size) ? { parameter: 'poolSize', ...size } : [...size, image[2]];
}

const maxPooling2d = defineLayer({
  type: 'maxPooling2d',
  title: '2-D max pooling',
  summary: 'Keeps the largest value of each window: smaller images, some shift invariance.',
  formula: 'y[i,j,c] = max over the window of x[i·s+a, j·s+b, c]',
  params: poolParams,
  references: [keras('MaxPooling2D')],
  examples: [{ type: 'maxPooling2d' }, { type: 'maxPooling2d', poolSize: 3, strides: 2 }],
  shape: (input, params) => poolShape('maxPooling2d', input, params),
  parameters: () => [],
});

const averagePooling2d = defineLayer({
  type: 'averagePooling2d',
  title: '2-D average pooling',
  summary: 'Averages each window; padded pixels do not count.',
  formula: 'y[i,j,c] = mean over the valid cells of the window',
  params: poolParams,
  references: [keras('AveragePooling2D')],
  examples: [{ type: 'averagePooling2d' }],
  shape: (input, params) => poolShape('averagePooling2d', input, params),
  parameters: () => [],
});

const l2Pooling2d = defineLayer({
  type: 'l2Pooling2d',
  title: '2-D L2 pooling',
  summary: 'Takes the length of each window as a vector: energy, whatever the signs.',
  formula: 'y[i,j,c] = √(Σ over the window of x[i·s+a, j·s+b, c]²); the gradient is 0 where y is 0',
  params: poolParams,
  references: [
    {
      title: 'PyTorch LPPool2d',
      url: 'https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html',
    },
  ],
  examples: [{ type: 'l2Pooling2d' }],
  shape: (input, params) => poolShape('l2Pooling2d', input, params),
  parameters: () => [],
});

const globalAveragePooling2d = defineLayer({
  type: 'globalAveragePooling2d',
  title: 'Global average pooling',
  summary: 'Averages each channel over the whole image: features without position.',
  formula: 'y[c] = mean over i,j of x[i,j,c]',
  params: named,
  references: [keras('GlobalAveragePooling2D')],
  examples: [{ type: 'globalAveragePooling2d' }],
  shape: (input) => channelsOf(input, 'globalAveragePooling2d'),
  parameters: () => [],
});

const globalMaxPooling2d = defineLayer({
  type: 'globalMaxPooling2d',
  title: 'Global max pooling',
  summary: 'Keeps the largest value of each channel: whether a feature is anywhere in the image.',
  formula: 'y[c] = max over i,j of x[i,j,c]; the gradient goes to the first maximum',
  params: named,
  references: [keras('GlobalMaxPooling2D')],
  examples: [{ type: 'globalMaxPooling2d' }],
  shape: (input) => channelsOf(input, 'globalMaxPooling2d'),
  parameters: () => [],
});

const adaptiveAveragePooling2d = defineLayer({
  type: 'adaptiveAveragePooling2d',
  title: '2-D adaptive average pooling',
  summary: 'Averages over bins so that the output has a given size, whatever the input’s.',
  formula: 'bin i of n holds pixels ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉ − 1',
  params: {
    ...named,
    outputSize: wholeNumberPair({
      description: 'Rows and columns of the output.',
      unit: 'px',
      minimum: 1,
      maximum: 4096,
      default: 1,
    }),
  },
  references: [
    {
      title: 'PyTorch AdaptiveAvgPool2d',
      url: 'https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html',
    },
  ],
  snippet: '"outputSize": ${1:7}',
  examples: [{ type: 'adaptiveAveragePooling2d', outputSize: 7 }],
  shape(input, params) {
    const image = asImage(input, 'adaptiveAveragePooling2d');
    return isMisfit(image) ? image : [...asPair(params.outputSize), image[2]];
  },
  parameters: () => [],
});

function channelsOf(input: Shape, type: string): Shape | Misfit {
  const image = asImage(input, type);
  return isMisfit(image) ? image : [image[2]];
}

export const poolingLayers = {
  maxPooling2d,
  averagePooling2d,
  l2Pooling2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  adaptiveAveragePooling2d,
} as const;
