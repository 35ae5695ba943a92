// What layers have in common: names, padding, and the rules of kernels.
import { Type } from '@sinclair/typebox';
import { isMisfit, type Misfit, type Shape, type WeightSpec } from './component';
import { activationParameter } from './activations';
import { initializerParameter } from './initializers';
import { asPair, oneOfNames, text, wholeNumberPair, yesNo } from './parameters';
import { kernelLearning } from './learning';
import { asImage, slide } from './shape';

/** Every layer may carry a name and say what it reads; without a name it gets its type with a number. */
export const named = {
  name: Type.Optional(
    text({
      description: 'Name of the layer in summaries, weights, series and the inputs of others.',
      minLength: 1,
    }),
  ),
  inputs: Type.Optional(
    Type.Array(text({ description: 'The name of an earlier layer, or "input".', minLength: 1 }), {
      description:
        'Names of the layers that it reads; the layer before if left out. "input" is the normalized image, in a block the input of the block.',
      minItems: 1,
      maxItems: 64,
    }),
  ),
};

export const paddings = {
  valid: 'No padding: the output shrinks by the kernel.',
  same: 'Zero padding, so that the output has ⌈input / stride⌉ pixels; an odd pixel goes to the right and bottom.',
} as const;

/** How a kernel lies on the image and moves over it. */
export const geometry = {
  kernelSize: wholeNumberPair({
    description: 'Rows and columns of the kernel.',
    unit: 'px',
    minimum: 1,
    maximum: 1024,
    default: 3,
  }),
  strides: wholeNumberPair({
    description: 'Step of the kernel over the image.',
    unit: 'px',
    minimum: 1,
    maximum: 1024,
    default: 1,
  }),
  padding: oneOfNames(paddings, { description: 'What happens at the border.', default: 'valid' }),
  dilation: wholeNumberPair({
    description: 'Spacing of the kernel taps; above 1 it needs a stride of 1.',
    unit: 'px',
    minimum: 1,
    maximum: 1024,
    default: 1,
  }),
};

/** What happens to the output of a layer with a kernel, and how its parts begin and learn. */
export const epilogue = {
  useBias: yesNo({ description: 'Add a learned offset to each channel.', default: true }),
  activation: activationParameter({
    description: 'Function applied to the output.',
    default: 'linear',
  }),
  biasInitializer: initializerParameter('How the bias starts.', 'zeros'),
  ...kernelLearning,
};

/** A reference to a layer of Keras. */
export const keras = (name: string) => ({
  title: `Keras ${name}`,
  url: `https://keras.io/api/layers/`,
});

type Pair = number | readonly [number, number];

/** Output rows and columns of a kernel that slides over an image, or why it cannot. */
export function slideKernel(
  type: string,
  input: Shape,
  params: {
    readonly kernelSize: Pair;
    readonly strides: Pair;
    readonly dilation: Pair;
    readonly padding: 'valid' | 'same';
  },
): readonly [number, number] | Misfit {
  const image = asImage(input, type);
  if (isMisfit(image)) return image;
  const strides = asPair(params.strides);
  const dilation = asPair(params.dilation);
  const conflict = strideWithDilation(strides, dilation);
  if (conflict) return conflict;
  const size = slide(image, asPair(params.kernelSize), strides, params.padding, dilation);
  return isMisfit(size) ? { parameter: 'kernelSize', ...size } : size;
}

/** Why a kernel cannot be strided and dilated at once, where it is. */
export function strideWithDilation(
  strides: readonly [number, number],
  dilation: readonly [number, number],
): Misfit | undefined {
  if (Math.max(...strides) === 1 || Math.max(...dilation) === 1) return undefined;
  return {
    parameter: 'dilation',
    message: `A dilated convolution cannot have a stride as well; got dilation ${dilation.join(' × ')} and stride ${strides.join(' × ')}. Set one of them to 1.`,
  };
}

type Initializer = WeightSpec['initializer'];

/** A kernel; the axes that tell its outputs apart are the last one unless they are given. */
export function kernelSpec(
  name: string,
  shape: Shape,
  initializer: Initializer,
  outputAxes: readonly number[] = [shape.length - 1],
): WeightSpec {
  return { name, shape, trainable: true, initializer, outputAxes, role: 'kernel' };
}

/** The bias of so many outputs, where there is one. */
export function biasSpecs(
  outputs: number,
  params: { readonly useBias: boolean; readonly biasInitializer: Initializer },
): readonly WeightSpec[] {
  if (!params.useBias) return [];
  const initializer = params.biasInitializer;
  const shape = [outputs];
  return [{ name: 'bias', shape, trainable: true, initializer, outputAxes: [], role: 'bias' }];
}

export function kernelAndBias(
  shape: Shape,
  outputs: number,
  params: {
    readonly useBias: boolean;
    readonly kernelInitializer: Initializer;
    readonly biasInitializer: Initializer;
  },
  outputAxes?: readonly number[],
): readonly WeightSpec[] {
  const kernel = kernelSpec('kernel', shape, params.kernelInitializer, outputAxes);
  return [kernel, ...biasSpecs(outputs, params)];
}
