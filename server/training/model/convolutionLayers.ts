import { asPair } from '#common/catalogue/parameters';
import { conv2d } from '../engine/ops';
import {
  conv2dTranspose as transpose,
  depthwiseConv2d as depthwise,
} from '../engine/ops/convolutions';
import { activate, splitActivation } from './activations';
import type { LayerBuilder } from './layer';

export const depthwiseConv2d: LayerBuilder<'depthwiseConv2d'> = (value, _, weight) => {
  const { fused, after } = splitActivation(value.activation);
  const options = {
    strides: asPair(value.strides),
    padding: value.padding,
    dilations: asPair(value.dilation),
    activation: fused,
    ...(value.useBias ? { bias: weight('bias') } : {}),
  };
  const kernel = weight('kernel');
  return { apply: (x) => activate(depthwise(x, kernel, options), after) };
};

export const separableConv2d: LayerBuilder<'separableConv2d'> = (value, _, weight) => {
  const { fused, after } = splitActivation(value.activation);
  const geometry = {
    strides: asPair(value.strides),
    padding: value.padding,
    dilations: asPair(value.dilation),
  };
  const mixing = {
    padding: 'valid',
    activation: fused,
    ...(value.useBias ? { bias: weight('bias') } : {}),
  } as const;
  const [first, second] = [weight('depthwiseKernel'), weight('pointwiseKernel')];
  return {
    apply: (x) => activate(conv2d(depthwise(x, first, geometry), second, mixing), after),
  };
};

export const conv2dTranspose: LayerBuilder<'conv2dTranspose'> = (value, _, weight) => {
  const { fused, after } = splitActivation(value.activation);
  const options = {
    strides: asPair(value.strides),
    padding: value.padding,
    dilations: asPair(value.dilation),
    activation: fused,
    ...(value.useBias ? { bias: weight('bias') } : {}),
  };
  const kernel = weight('kernel');
  return { apply: (x) => activate(transpose(x, kernel, options), after) };
};
