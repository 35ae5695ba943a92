import { conv2d } from '../engine/ops';
import {
  conv2dTranspose as transpose,
  depthwiseConv2d as depthwise,
} from '../engine/ops/convolutions';
import { activate } from './activations';
import { epilogueOf, geometryOf } from './kernelOptions';
import type { LayerBuilder } from './layer';

export const depthwiseConv2d: LayerBuilder<'depthwiseConv2d'> = (value, _, weight) => {
  const { fused, after } = epilogueOf(value, weight);
  const options = { ...geometryOf(value), ...fused };
  const kernel = weight('kernel');
  return { apply: (x) => activate(depthwise(x, kernel, options), after) };
};

export const separableConv2d: LayerBuilder<'separableConv2d'> = (value, _, weight) => {
  const { fused, after } = epilogueOf(value, weight);
  const geometry = geometryOf(value);
  const mixing = { padding: 'valid', ...fused } as const;
  const [first, second] = [weight('depthwiseKernel'), weight('pointwiseKernel')];
  return {
    apply: (x) => activate(conv2d(depthwise(x, first, geometry), second, mixing), after),
  };
};

export const conv2dTranspose: LayerBuilder<'conv2dTranspose'> = (value, _, weight) => {
  const { fused, after } = epilogueOf(value, weight);
  const options = { ...geometryOf(value), ...fused };
  const kernel = weight('kernel');
  return { apply: (x) => activate(transpose(x, kernel, options), after) };
};
