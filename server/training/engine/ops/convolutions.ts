// Convolutions beside the plain one, with their gradients: depthwise and transposed.
import * as tf from '@tensorflow/tfjs-core';
import {
  type Conv2dOptions,
  onOwnBackend,
  pair,
  run,
  spreadFilter,
  throughActivation,
  withBias,
  withBiasAndActivation,
} from '../ops';

const depthwiseName = 'LightbenchDepthwiseConv2D';
const transposeName = 'LightbenchConv2DTranspose';

/**
 * Depthwise convolution of images [batch, height, width, in] with filters [height, width, in, multiplier]:
 * each channel by filters of its own, in · multiplier channels in all; then bias and activation.
 */
export function depthwiseConv2d(
  x: tf.Tensor,
  filter: tf.Tensor,
  options: Conv2dOptions,
): tf.Tensor4D {
  const { padding, bias, activation = 'linear' } = options;
  const strides = pair(options.strides);
  const dilations = pair(options.dilations);
  if (!onOwnBackend(depthwiseName)) {
    // TF.js has no gradient for dilation: the filter is spread out with zeros instead.
    const spread = spreadFilter(filter as tf.Tensor4D, dilations);
    const y = tf.depthwiseConv2d(x as tf.Tensor4D, spread, strides, padding);
    return withBiasAndActivation(y, bias, activation) as tf.Tensor4D;
  }
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  const single = tf.reshape(filter, [height, width, channels * multiplier, 1]);
  const inputs = withBias({ x: repeatChannels(x, multiplier), filter: single }, bias);
  return run<tf.Tensor4D>(depthwiseName, inputs, { strides, pad: padding, dilations, activation });
}

/** Each channel so many times in a row. */
function repeatChannels(x: tf.Tensor, times: number): tf.Tensor {
  if (times === 1) return x;
  const repeated = tf.mul(tf.expandDims(x, -1), tf.ones([times]));
  return tf.reshape(repeated, [...x.shape.slice(0, -1), x.shape.at(-1)! * times]);
}

/**
 * Transposed convolution of images [batch, height, width, in] with filters [height, width, out, in], then
 * bias and activation: the gradient of the input of a convolution with this filter. Sizes by Keras' rules:
 * `same` gives input · stride, `valid` adds max(reach of the filter − stride, 0).
 */
export function conv2dTranspose(
  x: tf.Tensor,
  filter: tf.Tensor,
  options: Conv2dOptions,
): tf.Tensor4D {
  const { padding, bias, activation = 'linear' } = options;
  const strides = pair(options.strides);
  const dilations = pair(options.dilations);
  const [batch, height, width] = x.shape as [number, number, number];
  const sizes = [height, width].map((size, axis) => {
    const reach = (filter.shape[axis]! - 1) * dilations[axis]! + 1;
    return size * strides[axis]! + (padding === 'valid' ? Math.max(0, reach - strides[axis]!) : 0);
  });
  const inputShape = [batch, ...sizes, filter.shape[2]!] as [number, number, number, number];
  if (!onOwnBackend(transposeName)) {
    const spread = spreadFilter(filter as tf.Tensor4D, dilations);
    const y = tf.conv2dTranspose(x as tf.Tensor4D, spread, inputShape, strides, padding);
    return withBiasAndActivation(y, bias, activation) as tf.Tensor4D;
  }
  const attrs = { strides, pad: padding, dilations, activation, inputShape };
  return run<tf.Tensor4D>(transposeName, withBias({ x, filter }, bias), attrs);
}

/** Both gradients of a product share the step through its activation: it is made once, when needed. */
function registerProductGradient(
  kernelName: string,
  gradients: (
    dz: tf.Tensor,
    x: tf.Tensor,
    filter: tf.Tensor,
    attrs: tf.NamedAttrMap,
  ) => { readonly x: () => tf.Tensor; readonly filter: () => tf.Tensor },
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ['x', 'filter'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, filter, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const dz = throughActivation(dy as tf.Tensor, y, attrs['activation']);
      return { ...gradients(dz, x, filter, attrs), bias: () => tf.sum(dz, [0, 1, 2]) };
    },
  });
}

registerProductGradient(depthwiseName, (dy, x, filter, attrs) => {
  const shared = geometryOf(attrs);
  const toX = { ...shared, inputShape: x.shape };
  const toFilter = { ...shared, filterShape: filter.shape };
  return {
    x: () => run('DepthwiseConv2dNativeBackpropInput', { dy, filter }, toX),
    filter: () => run('DepthwiseConv2dNativeBackpropFilter', { x, dy }, toFilter),
  };
});

// Where x stands for the gradient of a convolution's output, dy stands for its input.
registerProductGradient(transposeName, (dy, x, filter, attrs) => {
  const shared = geometryOf(attrs);
  const toFilter = { ...shared, filterShape: filter.shape };
  return {
    x: () => run('Conv2D', { x: dy, filter }, shared),
    filter: () => run('Conv2DBackpropFilter', { x: dy, dy: x }, toFilter),
  };
});

function geometryOf(attrs: tf.NamedAttrMap): tf.NamedAttrMap {
  const { strides, pad, dilations } = attrs as Readonly<Record<string, number[]>>;
  return { strides: strides!, pad: pad!, dilations: dilations!, dataFormat: 'NHWC' };
}
