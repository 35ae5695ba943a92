import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isMisfit, type LayerComponent, type Shape } from '#common/catalogue/component';
import { layers } from '#common/catalogue/layers';
import { elements } from '#common/catalogue/shape';
import { readExperiment } from '#common/experiment/read';
import { traceExperiment, type Trace } from '#common/experiment/trace';

function trace(shape: Shape, source: readonly object[], physics: readonly object[] = []): Trace {
  const { experiment, problems } = readExperiment(
    JSON.stringify({
      version: 1,
      data: { source: { type: 'synthetic', shape } },
      physics,
      model: { layers: source },
      loss: { type: 'softmaxCrossEntropy' },
      optimizer: { type: 'sgd' },
    }),
  );
  assert.deepEqual(problems, []);
  assert.ok(experiment);
  return traceExperiment(experiment, shape);
}

/** Name, output shape and parameters of every layer, as Keras' summary has them. */
function summary({ layers: traced, findings }: Trace) {
  assert.deepEqual(findings, []);
  return traced.map(({ name, outputShape, parameters }) => [name, outputShape, parameters]);
}

describe('the summary of', () => {
  it('Keras’ "Simple MNIST convnet" is the published one', () => {
    const found = trace(
      [28, 28, 1],
      [
        { type: 'conv2d', filters: 32, kernelSize: [3, 3], activation: 'relu' },
        { type: 'maxPooling2d' },
        { type: 'conv2d', filters: 64, kernelSize: 3, activation: 'relu' },
        { type: 'maxPooling2d' },
        { type: 'flatten' },
        { type: 'dropout', rate: 0.5 },
        { type: 'dense', units: 10 },
      ],
    );
    assert.deepEqual(summary(found), [
      ['conv2d', [26, 26, 32], 320],
      ['maxPooling2d', [13, 13, 32], 0],
      ['conv2d_1', [11, 11, 64], 18_496],
      ['maxPooling2d_1', [5, 5, 64], 0],
      ['flatten', [1600], 0],
      ['dropout', [1600], 0],
      ['dense', [10], 16_010],
    ]);
    const total = found.layers.reduce((sum, layer) => sum + layer.trainableParameters, 0);
    assert.equal(total, 34_826);
  });

  it('TensorFlow’s CIFAR tutorial is the published one', () => {
    const found = trace(
      [32, 32, 3],
      [
        { type: 'conv2d', filters: 32 },
        { type: 'maxPooling2d' },
        { type: 'conv2d', filters: 64 },
        { type: 'maxPooling2d' },
        { type: 'conv2d', filters: 64 },
        { type: 'flatten' },
        { type: 'dense', units: 64 },
        { type: 'dense', units: 10 },
      ],
    );
    assert.deepEqual(
      summary(found).map(([, shape, count]) => [shape, count]),
      [
        [[30, 30, 32], 896],
        [[15, 15, 32], 0],
        [[13, 13, 64], 18_496],
        [[6, 6, 64], 0],
        [[4, 4, 64], 36_928],
        [[1024], 0],
        [[64], 65_600],
        [[10], 650],
      ],
    );
  });

  it('a batch normalization counts running averages as not trained', () => {
    const found = trace([8, 8, 3], [{ type: 'batchNormalization' }]).layers[0];
    assert.deepEqual([found?.parameters, found?.trainableParameters], [12, 6]);
    const names = found?.weights.map(({ name }) => name);
    assert.deepEqual(names, ['gamma', 'beta', 'movingMean', 'movingVariance']);
  });

  it('a layer without bias has its kernel only', () => {
    const [layer] = trace([8, 8, 3], [{ type: 'conv2d', filters: 4, useBias: false }]).layers;
    assert.deepEqual(
      layer?.weights.map(({ name, shape }) => [name, shape]),
      [['kernel', [3, 3, 3, 4]]],
    );
    assert.equal(layer?.multiplyAdds, 6 * 6 * 4 * 9 * 3);
  });

  it('named layers keeps clear of the given names', () => {
    const dense = { type: 'dense', units: 2 };
    const found = trace(
      [8, 8, 1],
      [{ type: 'flatten' }, { ...dense, name: 'dense_1' }, dense, dense],
    );
    assert.deepEqual(
      found.layers.map(({ name, inputs }) => [name, inputs[0]]),
      [
        ['flatten', 'input'],
        ['dense_1', 'flatten'],
        ['dense', 'dense_1'],
        ['dense_2', 'dense'],
      ],
    );
  });

  it('physics keeps the shape and lists what is learned', () => {
    const { physics } = trace(
      [8, 8, 1],
      [{ type: 'flatten' }],
      [{ type: 'gaussianBlur', trainable: true, sigmaPx: 2 }, { type: 'gaussianBlur' }],
    );
    assert.deepEqual(
      physics.map(({ name, outputShape, parameters }) => [
        ...[name, outputShape, parameters[0]?.trainable, parameters[0]?.initial],
      ]),
      [
        ['gaussianBlur', [8, 8, 1], true, 2],
        ['gaussianBlur_1', [8, 8, 1], false, 1],
      ],
    );
  });
});

/** Where a window starts on one axis, by walking over the image instead of by a formula. */
function walk(size: number, reach: number, stride: number, padding: 'valid' | 'same'): number {
  let count = 0;
  for (let start = 0; start < size; start += stride) {
    if (padding === 'same' || start + reach <= size) count += 1;
  }
  return count;
}

describe('a sliding window', () => {
  const size = fc.integer({ min: 1, max: 40 });
  const step = fc.integer({ min: 1, max: 5 });
  const pads = fc.constantFrom('valid' as const, 'same' as const);

  it('has as many places as walking over the image finds', () => {
    const conv = layers.conv2d as unknown as LayerComponent;
    fc.assert(
      fc.property(
        size,
        size,
        step,
        step,
        step,
        step,
        pads,
        (h, w, k, l, stride, dilation, padding) => {
          const [s, d] = stride > 1 && dilation > 1 ? [stride, 1] : [stride, dilation];
          const params = { filters: 7, kernelSize: [k, l], strides: s, dilation: d, padding };
          const found = conv.shape([h, w, 3], params);
          const rows = walk(h, (k - 1) * d + 1, s, padding);
          const columns = walk(w, (l - 1) * d + 1, s, padding);
          if (rows < 1 || columns < 1) assert.ok(isMisfit(found));
          else assert.deepEqual(found, [rows, columns, 7]);
        },
      ),
    );
  });

  it('of a pooling layer steps by its own size by default', () => {
    for (const kind of ['maxPooling2d', 'averagePooling2d'] as const) {
      const pool = layers[kind] as unknown as LayerComponent;
      fc.assert(
        fc.property(size, step, pads, (h, k, padding) => {
          const found = pool.shape([h, h, 2], { poolSize: k, padding });
          const count = walk(h, k, k, padding);
          if (count < 1) assert.ok(isMisfit(found));
          else assert.deepEqual(found, [count, count, 2]);
        }),
      );
    }
  });
});

describe('a flat input', () => {
  for (const kind of ['conv2d', 'maxPooling2d', 'globalAveragePooling2d'] as const) {
    it(`does not fit ${kind}, which says so`, () => {
      const layer = layers[kind] as unknown as LayerComponent;
      const params = { filters: 1, kernelSize: 1, poolSize: 1, strides: 1, dilation: 1 };
      const found = layer.shape([10], { ...params, padding: 'valid' });
      assert.ok(isMisfit(found));
      assert.match(found.message, /takes an image .*; got 10 features\. Put it before/);
    });
  }

  it('has as many elements as the product of its axes', () => {
    assert.equal(elements([28, 28, 3]), 2352);
    assert.equal(elements([]), 1);
  });
});
