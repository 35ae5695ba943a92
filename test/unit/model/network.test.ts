import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { initialValues } from '../../../server/training/initializers/initializers';
import { assertClose, numbers, useEngine } from '../engine/support';
import { assign, contextOf, networkOf } from './support';

const layers = [
  { type: 'conv2d', filters: 2, padding: 'same' },
  { type: 'batchNormalization' },
  { type: 'conv2d', filters: 3, activation: 'relu' },
  { type: 'flatten' },
  { type: 'dense', units: 4, name: 'logits' },
];

describe('the network', () => {
  useEngine();

  it('names its weights by layer and starts them from their own streams', () => {
    const network = networkOf(layers, [4, 4, 1]);
    const shapes = [...network.weights].map(([name, { variable }]) => [name, variable.shape]);
    assert.deepEqual(shapes, [
      ['conv2d/kernel', [3, 3, 1, 2]],
      ['conv2d/bias', [2]],
      ['batchNormalization/gamma', [2]],
      ['batchNormalization/beta', [2]],
      ['batchNormalization/movingMean', [2]],
      ['batchNormalization/movingVariance', [2]],
      ['conv2d_1/kernel', [3, 3, 2, 3]],
      ['conv2d_1/bias', [3]],
      ['logits/kernel', [12, 4]],
      ['logits/bias', [4]],
    ]);
    const kernel = network.weights.get('conv2d_1/kernel')!;
    assert.deepEqual(
      kernel.variable.dataSync(),
      initialValues({ type: 'glorotUniform' }, [3, 3, 2, 3], 0, 'conv2d_1/kernel'),
    );
    assert.equal(kernel.layer.name, 'conv2d_1');
    assert.equal(network.weights.get('batchNormalization/movingMean')!.variable.trainable, false);
    network.dispose();
  });

  it('gives logits and can stand beside another network of the same names', () => {
    const [a, b] = [networkOf(layers, [4, 4, 1]), networkOf(layers, [4, 4, 1])];
    tf.tidy(() => {
      const x = tf.tensor(numbers(32), [2, 4, 4, 1]);
      const ctx = contextOf(2, { training: false });
      assert.deepEqual(a.apply(x, ctx).shape, [2, 4]);
      assert.deepEqual(a.apply(x, ctx).dataSync(), b.apply(x, ctx).dataSync());
    });
    a.dispose();
    b.dispose();
  });

  for (const [name, top] of [
    ['relu', Infinity],
    ['relu6', 6],
  ] as const) {
    it(`computes a normalization with the ${name} after it as it computes them one by one`, () => {
      const relu = { type: 'activation', function: name };
      const normalized = [{ type: 'conv2d', filters: 5 }, { type: 'batchNormalization' }];
      const [whole, parts] = [
        networkOf([...normalized, relu], [6, 5, 2]),
        networkOf(normalized, [6, 5, 2]),
      ];
      for (const { weights } of [whole, parts]) {
        assign(weights.get('batchNormalization/gamma')!.variable, [1, 5, 5, 5, -5]);
      }
      const x = tf.tensor(numbers(240), [4, 6, 5, 2]) as tf.Tensor;
      for (const training of [true, false]) {
        const ctx = contextOf(4, { training });
        const expected = tf.tidy(() => tf.minimum(tf.relu(parts.apply(x, ctx)), top).dataSync());
        const actual = tf.tidy(() => whole.apply(x, ctx).dataSync());
        assert.deepEqual(actual, expected);
        assert.ok(actual.some((value) => value === 0) && actual.some((value) => value > 0));
      }
      for (const average of ['movingMean', 'movingVariance']) {
        const [a, b] = [whole, parts].map(({ weights }) =>
          weights.get(`batchNormalization/${average}`)!.variable.dataSync(),
        );
        assert.deepEqual(a, b);
      }
      x.dispose();
      whole.dispose();
      parts.dispose();
    });
  }

  it('gives the outputs of all layers in their order, and changes nothing', () => {
    const network = networkOf(layers, [4, 4, 1]);
    tf.tidy(() => {
      const x = tf.tensor(numbers(32), [2, 4, 4, 1]);
      const outputs = network.outputsOf(x, contextOf(2));
      const names = ['conv2d', 'batchNormalization', 'conv2d_1', 'flatten', 'logits'];
      assert.deepEqual([...outputs.keys()], ['input', ...names]);
      assert.equal(outputs.get('input'), x);
      const mean = network.weights.get('batchNormalization/movingMean')!.variable;
      assert.deepEqual([...mean.dataSync()], [0, 0]);
      const last = network.apply(x, contextOf(2)).dataSync();
      assertClose([...outputs.values()].at(-1)!.dataSync(), last, 'last', 1e-6);
    });
    network.dispose();
  });

  it('gives all tensors back', () => {
    const before = tf.memory().numTensors;
    const network = networkOf([...layers, { type: 'batchNormalization', scale: false }], [4, 4, 1]);
    for (const training of [true, false]) {
      tf.tidy(() => void network.apply(tf.ones([2, 4, 4, 1]), contextOf(2, { training })));
    }
    network.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
