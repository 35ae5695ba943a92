// Convolutions beside the plain one: depthwise, separable and transposed.
import { defineLayer, isMisfit } from './component';
import { initializerParameter } from './initializers';
import {
  biasSpecs,
  epilogue,
  geometry,
  kernelAndBias,
  kernelSpec,
  keras,
  named,
  slideKernel,
  strideWithDilation,
} from './layerParts';
import { asPair, oneOfNames, wholeNumber } from './parameters';
import { asImage, elements } from './shape';

const filters = wholeNumber({
  description: 'Number of output channels.',
  minimum: 1,
  maximum: 65536,
});

const depthMultiplier = wholeNumber({
  description: 'Number of kernels for each input channel.',
  minimum: 1,
  maximum: 256,
  default: 1,
});

const depthwiseInitializer = initializerParameter(
  'How the depthwise kernel starts.',
  'glorotUniform',
);

/** Of a kernel [rows, columns, channels, multiplier]. */
const depthwiseOutputs = [2, 3];

const depthwiseConv2d = defineLayer({
  type: 'depthwiseConv2d',
  title: '2-D depthwise convolution',
  summary: 'Slides kernels over each channel by itself: channels are not mixed.',
  formula: 'y[i,j,c·m+q] = b[c·m+q] + Σ x[i·s+a·d, j·s+b·d, c] · w[a,b,c,q]',
  params: { ...named, ...geometry, depthMultiplier, ...epilogue, depthwiseInitializer },
  references: [keras('DepthwiseConv2D')],
  snippet: '"kernelSize": ${1:3}, "padding": "${2:same}"',
  examples: [{ type: 'depthwiseConv2d', kernelSize: 3, padding: 'same' }],
  shape(input, params) {
    const size = slideKernel('depthwiseConv2d', input, params);
    return isMisfit(size) ? size : [...size, (input[2] ?? 0) * params.depthMultiplier];
  },
  parameters(input, params) {
    const channels = input[2] ?? 0;
    const shape = [...asPair(params.kernelSize), channels, params.depthMultiplier];
    return [
      kernelSpec('kernel', shape, params.depthwiseInitializer, depthwiseOutputs),
      ...biasSpecs(channels * params.depthMultiplier, params),
    ];
  },
  multiplyAdds: (_, output, params) => elements(output) * elements(asPair(params.kernelSize)),
});

const separableConv2d = defineLayer({
  type: 'separableConv2d',
  title: '2-D separable convolution',
  summary: 'A depthwise convolution, then one of 1 × 1 pixels that mixes the channels.',
  formula: 'y = f(b + pointwise ∗ (depthwise ∗ x))',
  params: {
    ...named,
    filters,
    ...geometry,
    depthMultiplier,
    ...epilogue,
    depthwiseInitializer,
    pointwiseInitializer: initializerParameter('How the pointwise kernel starts.', 'glorotUniform'),
  },
  references: [
    keras('SeparableConv2D'),
    { title: 'Chollet, Xception: deep learning with depthwise separable convolutions, CVPR 2017' },
  ],
  snippet: '"filters": ${1:32}, "kernelSize": ${2:3}, "activation": "${3:relu}"',
  examples: [{ type: 'separableConv2d', filters: 32, kernelSize: 3, padding: 'same' }],
  shape(input, params) {
    const size = slideKernel('separableConv2d', input, params);
    return isMisfit(size) ? size : [...size, params.filters];
  },
  parameters(input, params) {
    const channels = input[2] ?? 0;
    const { depthMultiplier: multiplier } = params;
    const depthwise = [...asPair(params.kernelSize), channels, multiplier];
    const pointwise = [1, 1, channels * multiplier, params.filters];
    return [
      kernelSpec('depthwiseKernel', depthwise, params.depthwiseInitializer, depthwiseOutputs),
      kernelSpec('pointwiseKernel', pointwise, params.pointwiseInitializer),
      ...biasSpecs(params.filters, params),
    ];
  },
  multiplyAdds(input, output, params) {
    const pixels = (output[0] ?? 0) * (output[1] ?? 0);
    const channels = (input[2] ?? 0) * params.depthMultiplier;
    return pixels * channels * (elements(asPair(params.kernelSize)) + params.filters);
  },
});

const conv2dTranspose = defineLayer({
  type: 'conv2dTranspose',
  title: '2-D transposed convolution',
  summary: 'Spreads each pixel over a kernel: images grow by the stride, as in a decoder.',
  formula: 'y[i·s+a·d, j·s+b·d, k] += x[i,j,c] · w[a,b,k,c], then + b[k]',
  params: {
    ...named,
    filters,
    ...geometry,
    padding: oneOfNames(
      {
        valid: 'The whole of every kernel: input · stride + max(kernel − stride, 0) pixels.',
        same: 'The output has input · stride pixels.',
      },
      { description: 'What happens at the border.', default: 'valid' },
    ),
    ...epilogue,
    kernelInitializer: initializerParameter('How the kernel starts.', 'glorotUniform'),
  },
  references: [keras('Conv2DTranspose')],
  snippet: '"filters": ${1:32}, "kernelSize": ${2:2}, "strides": ${3:2}',
  examples: [{ type: 'conv2dTranspose', filters: 32, kernelSize: 2, strides: 2 }],
  shape(input, params) {
    const image = asImage(input, 'conv2dTranspose');
    if (isMisfit(image)) return image;
    const [kernel, strides] = [asPair(params.kernelSize), asPair(params.strides)];
    const dilation = asPair(params.dilation);
    const conflict = strideWithDilation(strides, dilation);
    if (conflict) return conflict;
    const along = (axis: 0 | 1): number => {
      const reach = (kernel[axis] - 1) * dilation[axis] + 1;
      const beyond = params.padding === 'valid' ? Math.max(0, reach - strides[axis]) : 0;
      return image[axis] * strides[axis] + beyond;
    };
    return [along(0), along(1), params.filters];
  },
  parameters(input, params) {
    const shape = [...asPair(params.kernelSize), params.filters, input[2] ?? 0];
    return kernelAndBias(shape, params.filters, params, [2]);
  },
  multiplyAdds: (input, _, params) =>
    elements(input) * elements(asPair(params.kernelSize)) * params.filters,
});

export const convolutionLayers = { depthwiseConv2d, separableConv2d, conv2dTranspose } as const;
