import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { Shape } from '#common/catalogue/component';
import type { LayerKind } from '#common/catalogue/layers';
import { traceExperiment } from '#common/experiment/trace';
import { numbers, useEngine } from '../engine/support';
import { checkGradients, contextOf, experimentWith, networkOf, trainableOf } from './support';

/** What a generated layer has learned, by Keras' formula. */
interface Generated {
  readonly layer: object;
  readonly parameters: number;
}

const size = fc.integer({ min: 1, max: 9 });
const channels = fc.integer({ min: 1, max: 5 });
const small = fc.integer({ min: 1, max: 3 });
const padding = fc.constantFrom('valid', 'same');
const pair = fc.oneof(
  small,
  fc.tuple(small, small).map(([rows, columns]) => [rows, columns] as const),
);
const areaOf = (value: number | readonly [number, number]): number =>
  typeof value === 'number' ? value * value : value[0] * value[1];

const convolution = fc.record({
  kernelSize: pair,
  strides: pair,
  padding,
  useBias: fc.boolean(),
  depthMultiplier: small,
  filters: channels,
});

type Maker = (input: readonly [number, number, number]) => fc.Arbitrary<Generated>;

function free(parameters: (c: number) => fc.Arbitrary<object>, type: LayerKind): Maker {
  return ([, , c]) =>
    parameters(c).map((values) => ({ layer: { type, ...values }, parameters: 0 }));
}

const pooling = () => fc.record({ poolSize: pair, strides: pair, padding });
const border = fc.oneof(pair, fc.tuple(small, small, small, small));

const makers: Partial<Record<LayerKind, Maker>> = {
  depthwiseConv2d: ([, , c]) =>
    convolution.map(({ filters: _, ...values }) => {
      const { kernelSize, depthMultiplier: m, useBias } = values;
      const parameters = areaOf(kernelSize) * c * m + (useBias ? c * m : 0);
      return { layer: { type: 'depthwiseConv2d', ...values }, parameters };
    }),
  separableConv2d: ([, , c]) =>
    convolution.map((values) => {
      const { kernelSize, depthMultiplier: m, filters, useBias } = values;
      const parameters = areaOf(kernelSize) * c * m + c * m * filters + (useBias ? filters : 0);
      return { layer: { type: 'separableConv2d', ...values }, parameters };
    }),
  conv2dTranspose: ([, , c]) =>
    convolution.map(({ depthMultiplier: _, ...values }) => {
      const { kernelSize, filters, useBias } = values;
      const parameters = areaOf(kernelSize) * c * filters + (useBias ? filters : 0);
      return { layer: { type: 'conv2dTranspose', ...values }, parameters };
    }),
  maxPooling2d: free(pooling, 'maxPooling2d'),
  averagePooling2d: free(pooling, 'averagePooling2d'),
  l2Pooling2d: free(pooling, 'l2Pooling2d'),
  globalMaxPooling2d: free(() => fc.constant({}), 'globalMaxPooling2d'),
  globalAveragePooling2d: free(() => fc.constant({}), 'globalAveragePooling2d'),
  adaptiveAveragePooling2d: free(() => fc.record({ outputSize: pair }), 'adaptiveAveragePooling2d'),
  zeroPadding2d: free(() => fc.record({ padding: border }), 'zeroPadding2d'),
  cropping2d: free(() => fc.record({ cropping: border }), 'cropping2d'),
  upSampling2d: free(
    () => fc.record({ size: pair, interpolation: fc.constantFrom('nearest', 'bilinear') }),
    'upSampling2d',
  ),
  resize: free(() => fc.record({ height: size, width: size }), 'resize'),
  permute: free(
    () => fc.record({ dims: fc.shuffledSubarray([1, 2, 3], { minLength: 3 }) }),
    'permute',
  ),
  reshape: ([h, w, c]) =>
    fc
      .constantFrom([h * w * c], [w, h, c], [1, c, h * w])
      .map((targetShape) => ({ layer: { type: 'reshape', targetShape }, parameters: 0 })),
};

describe('a layer gives the shape that the catalogue foretells, with Keras’ number of parameters:', () => {
  useEngine();

  for (const [kind, make] of Object.entries(makers)) {
    it(kind, () => {
      const inputs = fc.tuple(size, size, channels);
      const cases = inputs.chain((input) => make(input).map((made) => ({ input, ...made })));
      let fitting = 0;
      fc.assert(
        fc.property(cases, ({ input, layer, parameters }) => {
          const experiment = experimentWith({ model: { layers: [layer] } });
          const { layers } = traceExperiment(experiment, input);
          // A window may be larger than the image; that is told by the trace.
          if (layers.length === 0) return;
          fitting += 1;
          assert.equal(layers[0]!.parameters, parameters);
          const network = networkOf([layer], input);
          const output = tf.tidy(() => network.apply(tf.ones([2, ...input]), contextOf(2)).shape);
          network.dispose();
          assert.deepEqual(output, [2, ...layers[0]!.outputShape]);
        }),
        { numRuns: 100 },
      );
      assert.ok(fitting > 10, `${fitting} cases`);
    });
  }
});

const block = (inputs: readonly string[], type: string): object => ({ type, inputs });
const conv = (name: string, input: string, activation = 'tanh'): object => ({
  ...{ type: 'conv2d', filters: 3, padding: 'same' },
  ...{ name, inputs: [input], activation },
});

const graphs: Readonly<Record<string, readonly object[]>> = {
  'depthwise, separable and transposed convolutions': [
    { type: 'depthwiseConv2d', depthMultiplier: 2, padding: 'same', activation: 'tanh' },
    { type: 'separableConv2d', filters: 3, strides: 2, padding: 'same', activation: 'softplus' },
    { type: 'conv2dTranspose', filters: 2, strides: [2, 1], kernelSize: [3, 2] },
  ],
  'pooling by energy and by bins': [
    conv('a', 'input'),
    { type: 'l2Pooling2d', poolSize: 3, strides: 2, padding: 'same' },
    { type: 'adaptiveAveragePooling2d', outputSize: [2, 2] },
  ],
  'the largest of each channel': [conv('a', 'input'), { type: 'globalMaxPooling2d' }],
  'borders, sizes and orders': [
    conv('a', 'input'),
    { type: 'zeroPadding2d', padding: [1, 0, 2, 1] },
    { type: 'cropping2d', cropping: [0, 1, 1, 0] },
    { type: 'upSampling2d', interpolation: 'bilinear' },
    { type: 'resize', height: 7, width: 5 },
    { type: 'upSampling2d', size: [1, 2] },
    { type: 'permute', dims: [2, 3, 1] },
    { type: 'reshape', targetShape: [7, 3, 10] },
  ],
  'sums, differences, products, means and maxima': [
    conv('a', 'input'),
    conv('b', 'input', 'softplus'),
    conv('c', 'a', 'sigmoid'),
    block(['a', 'b', 'c'], 'add'),
    block(['add', 'b'], 'subtract'),
    block(['subtract', 'c', 'b'], 'multiply'),
    block(['multiply', 'a', 'a'], 'average'),
    // Of few values, so that none of them is near a tie.
    { type: 'globalAveragePooling2d', name: 'p' },
    { type: 'globalAveragePooling2d', name: 'q', inputs: ['b'] },
    { type: 'globalAveragePooling2d', name: 'r', inputs: ['c'] },
    block(['p', 'q', 'r'], 'maximum'),
  ],
  'channels of several layers': [
    conv('a', 'input'),
    conv('b', 'a', 'softplus'),
    block(['a', 'input', 'b'], 'concatenate'),
    conv('c', 'concatenate'),
  ],
};

describe('a network', () => {
  useEngine();

  for (const [what, layers] of Object.entries(graphs)) {
    it(`differentiates ${what}`, () => {
      const input: Shape = [6, 5, 2];
      // The first convolution shows the gradient at the input of all that follows.
      const all = [{ type: 'conv2d', filters: 2, padding: 'same', name: 'first' }, ...layers];
      const network = networkOf(
        all.map(
          (layer) => JSON.parse(JSON.stringify(layer).replace(/"input"/g, '"first"')) as object,
        ),
        input,
      );
      const x = tf.tensor(numbers(3 * 60, 11), [3, ...input]);
      const shape = tf.tidy(() => network.apply(x, contextOf(3)).shape);
      const weights = tf.tensor(
        numbers(
          shape.reduce((a, b) => a * b, 1),
          12,
        ),
        shape,
      );
      const compute = (): tf.Scalar => tf.sum(tf.mul(network.apply(x, contextOf(3)), weights));
      checkGradients(compute, trainableOf(network), { tolerance: 5e-3 });
      tf.dispose([x, weights]);
      network.dispose();
    });
  }

  // Of x = (1, −4) and 1 − x.
  const merged: readonly (readonly [string, readonly number[]])[] = [
    ['add', [1, 1]],
    ['subtract', [1, -9]],
    ['multiply', [0, -20]],
    ['average', [0.5, 0.5]],
    ['maximum', [1, 5]],
    ['concatenate', [1, 0, -4, 5]],
  ];
  for (const [type, y] of merged) {
    it(`gives by ${type} what its definition says`, () => {
      const other = { type: 'conv2d', filters: 1, kernelSize: 1, name: 'other' };
      const weights = { 'other/kernel': [-1], 'other/bias': [1] };
      const network = networkOf([other, block(['input', 'other'], type)], [1, 2, 1], weights);
      const actual = tf.tidy(() =>
        network.apply(tf.tensor4d([1, -4], [1, 1, 2, 1]), contextOf(1)).dataSync(),
      );
      network.dispose();
      assert.deepEqual([...actual], y);
    });
  }
});
