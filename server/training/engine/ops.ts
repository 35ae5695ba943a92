// The operations that layers are made of, with gradients that TF.js lacks or computes slowly. Each runs the
// fused kernel that the backend has registered under our name (our own has all, TensorFlow some: see
// tensorflow/kernels.ts); where there is none, it is composed of plain TF.js operations.
import './tfGradients';
import * as tf from '@tensorflow/tfjs-core';
import { type Inputs, onOwnBackend, run } from './ops/kernelCall';

export { type Inputs, onOwnBackend, run } from './ops/kernelCall';
export * from './ops/activations';
export * from './ops/losses';
export * from './ops/normalizations';
export * from './ops/overlap';
export * from './ops/penalty';

export type Pair = number | readonly [number, number];

export interface Conv2dOptions {
  /** Default 1. */
  readonly strides?: Pair;
  readonly padding: 'valid' | 'same';
  /** Default 1. */
  readonly dilations?: Pair;
  /** One number a filter, added to the result. */
  readonly bias?: tf.Tensor;
  readonly activation?: 'linear' | 'relu';
}

/**
 * 2-D convolution of images [batch, height, width, in] with filters [height, width, in, out], then bias
 * and activation. Differentiable in all three, for any stride and dilation.
 */
export function conv2d(x: tf.Tensor, filter: tf.Tensor, options: Conv2dOptions): tf.Tensor4D {
  const { bias, activation = 'linear' } = options;
  const strides = pair(options.strides);
  const dilations = pair(options.dilations);
  if (!onOwnBackend(convName)) return composedConv2d(x, filter, options, strides, dilations);
  const attrs = { strides, pad: options.padding, dilations, activation };
  return run<tf.Tensor4D>(convName, withBias({ x, filter }, bias), attrs);
}

export interface DenseOptions {
  readonly bias?: tf.Tensor;
  readonly activation?: 'linear' | 'relu';
}

/** x [batch, in] times kernel [in, out], then bias and activation. */
export function dense(x: tf.Tensor, kernel: tf.Tensor, options: DenseOptions = {}): tf.Tensor2D {
  const { bias, activation = 'linear' } = options;
  if (!onOwnBackend(denseName)) {
    const product = tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D);
    return withBiasAndActivation(product, bias, activation) as tf.Tensor2D;
  }
  return run<tf.Tensor2D>(denseName, withBias({ x, kernel }, bias), { activation });
}

/** max(x, 0), with a gradient in one pass. */
export function relu<T extends tf.Tensor>(x: T): T {
  if (!onOwnBackend(reluGradientName)) return tf.relu(x);
  const op = tf.customGrad(
    (value: tf.Tensor | tf.GradSaveFunc, save: tf.Tensor | tf.GradSaveFunc) => {
      const y = tf.relu(value as tf.Tensor);
      (save as tf.GradSaveFunc)([y]);
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
        reluGradient(dy, saved[0]!);
      return { value: y, gradFunc };
    },
  );
  return op(x) as T;
}

/** Activations that a batch normalization computes in the same pass. */
export type FollowingRelu = 'relu' | 'relu6';

export interface BatchNormResult {
  readonly output: tf.Tensor;
  /** Mean and population variance of every channel over this batch, for the running averages. */
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalization with the statistics of the batch: (x - mean) / sqrt(variance + epsilon) * gamma +
 * beta, a mean and a variance a channel (the last axis); then the activation. The gradient goes through
 * the statistics.
 */
export function batchNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
  activation: 'linear' | FollowingRelu = 'linear',
): BatchNormResult {
  if (!onOwnBackend(momentsName)) return composedBatchNorm(x, gamma, beta, epsilon, activation);
  const [mean, variance] = tf.engine().runKernel(momentsName, { x }) as unknown as [
    tf.Tensor1D,
    tf.Tensor1D,
  ];
  const op = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [value, scale, shift] = args as tf.Tensor[];
    const inputs = { x: value!, mean, variance, gamma: scale!, beta: shift! };
    (args[3] as tf.GradSaveFunc)([value!, scale!, shift!, mean, variance]);
    return {
      value: run('LightbenchBatchNorm', inputs, { epsilon, activation }),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const names = ['x', 'gamma', 'beta', 'mean', 'variance'];
        const known = Object.fromEntries(names.map((name, i) => [name, saved[i]!]));
        return tf
          .engine()
          .runKernel(
            'LightbenchBatchNormGradient',
            { ...known, dy },
            { epsilon, activation },
          ) as unknown as tf.Tensor[];
      },
    };
  });
  return { output: op(x, gamma, beta), mean, variance };
}

const broadcastName = 'LightbenchBroadcast';
const convName = 'LightbenchConv2D';
const convGradientsName = 'LightbenchConv2DGradients';
const denseName = 'LightbenchDense';
const reluGradientName = 'LightbenchReluGradient';
const momentsName = 'LightbenchMoments';

/** The inputs with the bias, if there is one. */
export function withBias(inputs: Inputs, bias: tf.Tensor | undefined): Inputs {
  return bias ? { ...inputs, bias } : inputs;
}

/** Both numbers of a pair; default 1. */
export function pair(value: Pair = 1): [number, number] {
  return typeof value === 'number' ? [value, value] : [value[0], value[1]];
}

function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return run(reluGradientName, { dy, y });
}

/** The gradient at the linear part, from the gradient at the result. */
export function throughActivation(dy: tf.Tensor, y: tf.Tensor, activation: unknown): tf.Tensor {
  return activation === 'relu' ? reluGradient(dy, y) : dy;
}

tf.registerGradient({
  kernelName: convName,
  inputsToSave: ['x', 'filter'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
    const { strides, pad, dilations } = attrs as Readonly<Record<string, number[]>>;
    const { activation } = attrs;
    const shared = { strides: strides!, pad: pad!, dilations: dilations!, dataFormat: 'NHWC' };
    const dz = dy as tf.Tensor;
    // Filter and bias share one pass over the pixels, which goes through the activation too.
    const [dFilter, dBias] = tf
      .engine()
      .runKernel(convGradientsName, activation === 'relu' ? { x, dy: dz, y } : { x, dy: dz }, {
        ...shared,
        filterShape: filter.shape,
      }) as unknown as [tf.Tensor, tf.Tensor];
    return {
      x: () =>
        run(
          'Conv2DBackpropInput',
          { dy: throughActivation(dz, y, activation), filter },
          { ...shared, inputShape: x.shape },
        ),
      filter: () => dFilter,
      bias: () => dBias,
    };
  },
});

tf.registerGradient({
  kernelName: denseName,
  inputsToSave: ['x', 'kernel'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [x, kernel, y] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    // The gradients share the step through the activation: it is made once.
    const dz = throughActivation(dy as tf.Tensor, y, attrs['activation']) as tf.Tensor2D;
    return {
      x: () => tf.matMul(dz, kernel, false, true),
      kernel: () => tf.matMul(x, dz, true, false),
      bias: () => tf.sum(dz, 0),
    };
  },
});

// ---- plain TF.js, for every other backend ----

/** What the fused kernels do to their result, in plain operations. */
export function withBiasAndActivation(
  y: tf.Tensor,
  bias: tf.Tensor | undefined,
  activation: 'linear' | 'relu',
): tf.Tensor {
  const shifted = bias ? tf.add(y, bias) : y;
  return activation === 'relu' ? relu(shifted) : shifted;
}

/** TF.js has no gradient for dilation: the filter is spread out with zeros instead. */
function composedConv2d(
  x: tf.Tensor,
  filter: tf.Tensor,
  { padding, bias, activation = 'linear' }: Conv2dOptions,
  strides: [number, number],
  dilations: [number, number],
): tf.Tensor4D {
  const spread = spreadFilter(filter as tf.Tensor4D, dilations);
  const y = tf.conv2d(x as tf.Tensor4D, spread, strides, padding);
  return withBiasAndActivation(y, bias, activation) as tf.Tensor4D;
}

/** A filter with zeros between its taps. */
export function spreadFilter(filter: tf.Tensor4D, [dy, dx]: [number, number]): tf.Tensor4D {
  if (dy === 1 && dx === 1) return filter;
  const [h, w, c, k] = filter.shape;
  const spaced = tf.pad(tf.reshape(filter, [h, 1, w, 1, c * k]), [
    [0, 0],
    [0, dy - 1],
    [0, 0],
    [0, dx - 1],
    [0, 0],
  ]);
  const whole = tf.reshape(spaced, [h * dy, w * dx, c, k]) as tf.Tensor4D;
  return tf.slice(whole, [0, 0, 0, 0], [(h - 1) * dy + 1, (w - 1) * dx + 1, c, k]);
}

/** The activation as an operation of its own. */
export function followedBy(x: tf.Tensor, activation: 'linear' | FollowingRelu): tf.Tensor {
  if (activation === 'linear') return x;
  return activation === 'relu' ? relu(x) : tf.relu6(x);
}

function composedBatchNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
  activation: 'linear' | FollowingRelu,
): BatchNormResult {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const { mean, variance } = tf.moments(x, axes);
  const scaled = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
  const linear = tf.add(tf.mul(scaled, gamma), beta);
  const output = followedBy(linear, activation);
  return { output, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

// TF.js multiplies these gradients with a tensor of ones, which it makes in JavaScript.
registerReductionGradient('Sum', () => 1);
registerReductionGradient('Mean', (count) => 1 / count);

/** The gradient of a sum: dy everywhere, times a factor that depends on how many values are added. */
function registerReductionGradient(kernelName: string, factorOf: (count: number) => number): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attrs) => {
      const [x] = saved as [tf.Tensor];
      const axes = tf.util.parseAxisParam(attrs['axis'] as unknown as number[], x.shape);
      const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
      const factor = factorOf(count);
      return { x: () => broadcast(tf.reshape(dy as tf.Tensor, kept), x.shape, factor) };
    },
  });
}

/** A number times a tensor, repeated to a larger shape. */
function broadcast(x: tf.Tensor, shape: number[], factor: number): tf.Tensor {
  if (onOwnBackend(broadcastName)) return run(broadcastName, { x }, { shape, factor });
  return tf.mul(tf.broadcastTo(x, shape), factor);
}
