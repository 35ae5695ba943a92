import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '#common/catalogue/component';
import { erf } from '../../../server/training/physics/erf';
import { assertClose, numbers, useEngine } from '../engine/support';
import { checkGradients, contextOf, networkOf, trainableOf } from './support';

interface Case {
  readonly layer: object;
  readonly input: Shape;
  /** Values of one sample. */
  readonly x: readonly number[];
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  readonly y: readonly number[];
  readonly training?: boolean;
}

/** Runs one layer on one sample. */
function check({ layer, input, x, weights, y, training = false }: Case): void {
  const network = networkOf([layer], input, weights);
  const output = tf.tidy(() =>
    network.apply(tf.tensor([...x], [1, ...input]), contextOf(1, { training })).dataSync(),
  );
  network.dispose();
  assertClose(output, y, JSON.stringify(layer), 2e-6);
}

const ramp = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const square = [3, 3, 1];

/** A convolution by its definition, with Keras' rules for size and padding. */
function convolve(
  x: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  w: Float32Array,
  filters: number,
  options: { size: number; stride: number; dilation: number; padding: 'valid' | 'same' },
): number[] {
  const { size, stride, dilation, padding } = options;
  const reach = (size - 1) * dilation + 1;
  const along = (n: number) => {
    const out = padding === 'same' ? Math.ceil(n / stride) : Math.floor((n - reach) / stride) + 1;
    const missing = Math.max(0, (out - 1) * stride + reach - n);
    return { out, before: padding === 'same' ? Math.floor(missing / 2) : 0 };
  };
  const [rows, columns] = [along(height), along(width)];
  const y: number[] = [];
  for (let i = 0; i < rows.out; i++) {
    for (let j = 0; j < columns.out; j++) {
      for (let k = 0; k < filters; k++) {
        let sum = 0;
        for (let a = 0; a < size; a++) {
          for (let b = 0; b < size; b++) {
            const r = i * stride - rows.before + a * dilation;
            const s = j * stride - columns.before + b * dilation;
            if (r < 0 || s < 0 || r >= height || s >= width) continue;
            for (let c = 0; c < channels; c++) {
              const tap = w[((a * size + b) * channels + c) * filters + k]!;
              sum += x[(r * width + s) * channels + c]! * tap;
            }
          }
        }
        y.push(sum);
      }
    }
  }
  return y;
}

describe('layers', () => {
  useEngine();

  it('convolve by the definition, for strides, paddings, dilations and even kernels', () => {
    const input = [6, 5, 2] as const;
    const x = numbers(60, 3);
    for (const padding of ['valid', 'same'] as const) {
      for (const [size, stride, dilation] of [
        [3, 1, 1],
        [2, 1, 1],
        [3, 2, 1],
        [2, 2, 1],
        [3, 1, 2],
        [2, 1, 3],
        [1, 1, 1],
      ] as const) {
        const w = numbers(size * size * 2 * 3, 5);
        check({
          layer: {
            type: 'conv2d',
            filters: 3,
            kernelSize: size,
            strides: stride,
            dilation,
            padding,
            useBias: false,
          },
          input,
          x: [...x],
          weights: { 'conv2d/kernel': [...w] },
          y: convolve(x, input, w, 3, { size, stride, dilation, padding }),
        });
      }
    }
  });

  it('multiply, add and activate', () => {
    const dense = { type: 'dense', units: 2, activation: 'relu' };
    const weights = { 'dense/kernel': [1, -1, 2, 0.5, 0, 3], 'dense/bias': [0.5, -10] };
    check({ layer: dense, input: [3], x: [1, 2, 1], weights, y: [5.5, 0] });
    const conv = { type: 'conv2d', filters: 1, kernelSize: 1, activation: 'tanh' };
    check({
      layer: conv,
      input: [1, 2, 1],
      x: [0.5, -1],
      weights: { 'conv2d/kernel': [2], 'conv2d/bias': [1] },
      y: [Math.tanh(2), Math.tanh(-1)],
    });
  });

  it('pool: the largest, and the mean of the cells that are inside', () => {
    check({
      layer: { type: 'maxPooling2d', strides: 1 },
      input: square,
      x: ramp.map((value) => -value),
      y: [-1, -2, -4, -5],
    });
    check({
      layer: { type: 'averagePooling2d', strides: 1, padding: 'same' },
      input: square,
      x: ramp,
      y: [3, 4, 4.5, 6, 7, 7.5, 7.5, 8.5, 9],
    });
    check({ layer: { type: 'averagePooling2d' }, input: square, x: ramp, y: [3] });
    check({
      layer: { type: 'globalAveragePooling2d' },
      input: [2, 1, 2],
      x: [1, 2, 3, 6],
      y: [2, 4],
    });
  });

  it('flatten rows first and channels last', () => {
    const x = [...numbers(12)];
    check({ layer: { type: 'flatten' }, input: [2, 3, 2], x, y: x });
  });

  const functions = {
    linear: (x: number) => x,
    relu: (x: number) => Math.max(x, 0),
    sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
    softplus: (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0),
    elu: (x: number) => (x > 0 ? x : Math.expm1(x)),
    selu: (x: number) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
    relu6: (x: number) => Math.min(Math.max(x, 0), 6),
    leakyRelu: (x: number) => (x > 0 ? x : 0.2 * x),
    gelu: (x: number) => (x / 2) * (1 + erf(x * Math.SQRT1_2)),
    geluTanh: (x: number) =>
      (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    silu: (x: number) => x / (1 + Math.exp(-x)),
    mish: (x: number) => x * Math.tanh(Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0)),
    hardSigmoid: (x: number) => Math.min(Math.max(x + 3, 0), 6) / 6,
    hardSwish: (x: number) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    softmax: () => 1,
  };
  for (const [name, f] of Object.entries(functions)) {
    it(`apply ${name}`, () => {
      const x = [-80, -2, -0.5, 0, 0.5, 2, 80];
      const layer = { type: 'activation', function: name };
      for (const value of x) check({ layer, input: [1], x: [value], y: [f(value)] });
    });
  }

  it('share out one among the channels of each pixel (softmax)', () => {
    check({
      layer: { type: 'activation', function: 'softmax' },
      input: [1, 2, 2],
      x: [0, Math.log(3), 80, -80],
      y: [0.25, 0.75, 1, 0],
    });
  });

  it('let a part of what is negative through, fixed or learned', () => {
    const x = [-2, 3, -4, 0];
    const input = [1, 2, 2];
    check({ layer: { type: 'leakyRelu' }, input, x, y: [-0.6, 3, -1.2, 0] });
    check({ layer: { type: 'leakyRelu', negativeSlope: 0 }, input, x, y: [0, 3, 0, 0] });
    check({ layer: { type: 'prelu' }, input, x, y: [-0.5, 3, -1, 0] });
    const weights = { 'prelu/alpha': [0.5, -1] };
    check({ layer: { type: 'prelu' }, input, x: [-2, -3, 4, -5], weights, y: [-1, 3, 4, 5] });
  });

  it('standardize kernels before they convolve', () => {
    const layer = {
      type: 'conv2d',
      filters: 2,
      kernelSize: [1, 2],
      weightStandardization: true,
      useBias: false,
    };
    // Each filter has the taps of one column; the second is a constant.
    const weights = { 'conv2d/kernel': [1, 7, 3, 7] };
    const tap = 1 / Math.sqrt(1 + 1e-5);
    check({ layer, input: [1, 2, 1], x: [10, 4], weights, y: [-6 * tap, 0] });
  });

  it('leave no slope to ReLU at 0', () => {
    const network = networkOf([{ type: 'activation', function: 'relu' }], [3]);
    tf.tidy(() => {
      const slope = tf.grad((x) => tf.sum(network.apply(x, contextOf(1))))(
        tf.tensor2d([[-1, 0, 1]]),
      );
      assert.deepEqual([...slope.dataSync()], [0, 0, 1]);
    });
  });

  const chains: Readonly<Record<string, readonly object[]>> = {
    'strided and dilated convolutions': [
      { type: 'conv2d', filters: 3, dilation: 2, padding: 'same', activation: 'tanh' },
      { type: 'conv2d', filters: 2, strides: 2, padding: 'same', activation: 'softplus' },
      { type: 'flatten' },
      { type: 'dense', units: 3, activation: 'sigmoid' },
    ],
    'pooling of both kinds with padding': [
      { type: 'conv2d', filters: 3, padding: 'same', activation: 'elu' },
      { type: 'averagePooling2d', poolSize: 3, strides: 2, padding: 'same' },
      { type: 'maxPooling2d', poolSize: 2, strides: 1, padding: 'same' },
      { type: 'flatten' },
      { type: 'dense', units: 2 },
    ],
    'batch normalization with and without scale and offset': [
      { type: 'conv2d', filters: 3, padding: 'same', useBias: false },
      { type: 'batchNormalization' },
      { type: 'activation', function: 'sigmoid' },
      { type: 'batchNormalization', scale: false },
      { type: 'conv2d', filters: 2, kernelSize: 2 },
      { type: 'batchNormalization', center: false },
      { type: 'activation', function: 'tanh' },
      { type: 'globalAveragePooling2d' },
      { type: 'dense', units: 2 },
      { type: 'batchNormalization', scale: false, center: false },
    ],
    'normalizations of samples': [
      { type: 'conv2d', filters: 4, padding: 'same' },
      { type: 'layerNormalization' },
      { type: 'conv2d', filters: 4, weightStandardization: true, activation: 'gelu' },
      { type: 'groupNormalization', groups: 2 },
      { type: 'flatten' },
      { type: 'dense', units: 6, activation: 'silu' },
      { type: 'layerNormalization', center: false },
      { type: 'dense', units: 3, activation: 'softmax' },
    ],
    'normalizations over channels': [
      { type: 'conv2d', filters: 4, padding: 'same', activation: 'mish' },
      { type: 'layerNormalization', over: 'channels' },
      { type: 'localResponseNormalization', radius: 1, bias: 2, alpha: 0.5, beta: 0.75 },
      { type: 'conv2d', filters: 3, activation: 'geluTanh' },
      { type: 'instanceNormalization', scale: false },
      { type: 'flatten' },
      { type: 'dense', units: 3 },
    ],
    'batch normalization that is frozen': [
      { type: 'conv2d', filters: 4, padding: 'same', activation: 'tanh' },
      { type: 'batchNormalization', trainable: false },
      { type: 'flatten' },
      { type: 'dense', units: 3, activation: 'sigmoid' },
    ],
    dropout: [
      { type: 'flatten' },
      { type: 'dense', units: 8, activation: 'tanh' },
      { type: 'dropout', rate: 0.4 },
      { type: 'dense', units: 2 },
    ],
  };
  for (const [what, layers] of Object.entries(chains)) {
    it(`differentiate ${what}`, () => {
      const network = networkOf(layers, [6, 5, 2]);
      const x = tf.tensor(numbers(4 * 60, 11), [4, 6, 5, 2]);
      const [width] = tf.tidy(() => network.apply(x, contextOf(4)).shape.slice(1));
      const weights = tf.tensor(numbers(4 * width!, 12), [4, width!]);
      const compute = (): tf.Scalar => tf.sum(tf.mul(network.apply(x, contextOf(4)), weights));
      checkGradients(compute, trainableOf(network), { tolerance: 5e-3 });
      network.dispose();
    });
  }
});
