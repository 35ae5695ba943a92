import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { backendName } from '../../../server/training/engine/backend/backend';
import { openEngine } from '../../../server/training/engine/engine';
import { maximum, mean } from '../../../server/training/engine/ops/combine';
import { conv2dTranspose, depthwiseConv2d } from '../../../server/training/engine/ops/convolutions';
import { globalMaxPool, l2Pool } from '../../../server/training/engine/ops/pooling';
import { adaptiveAveragePool, resize } from '../../../server/training/engine/ops/resample';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  groupNorm,
  pointLoss,
  prelu,
  relu,
  softmaxCrossEntropy,
  tversky,
  weightPenalty,
} from '../../../server/training/engine/ops';
import { netA, netB } from './nets';
import { numbers, random, variants } from './support';

type Net = (x: tf.Tensor4D, weights: readonly tf.Tensor[]) => tf.Tensor;

interface Case {
  readonly image: readonly number[];
  readonly weights: readonly (readonly number[])[];
  readonly net: Net;
}

/** Nets with every kind of layer, large enough that several threads have work, of awkward sizes. */
const cases: readonly Case[] = [
  {
    image: [37, 17, 15, 3],
    weights: [[3, 3, 3, 13], [13], [13], [13], [2, 3, 13, 21], [21], [126, 7], [7]],
    net(x, [w1, gamma, beta, b1, w2, b2, w3, b3]) {
      let y: tf.Tensor = conv2d(x, w1!, { padding: 'same', bias: b1, strides: [1, 2] });
      y = relu(batchNorm(y, gamma!, beta!, 1e-3).output);
      y = tf.maxPool(y as tf.Tensor4D, [3, 2], [2, 2], 'same');
      y = conv2d(y, w2!, { padding: 'valid', bias: b2, activation: 'relu', dilations: [2, 1] });
      y = tf.avgPool(y as tf.Tensor4D, [2, 1], [2, 1], 'valid');
      y = tf.tanh(tf.reshape(y, [37, 126]));
      return tf.logSoftmax(dense(y, w3!, { bias: b3 }));
    },
  },
  {
    image: [130, 9, 11, 1],
    weights: [
      [3, 3, 1, 40],
      [40, 33],
      [33, 5],
    ],
    net(x, [w1, w2, w3]) {
      const y = tf.elu(conv2d(x, w1!, { padding: 'same' }));
      const means = tf.mean(y, [1, 2]);
      const hidden = tf.sigmoid(tf.matMul(means as tf.Tensor2D, w2 as tf.Tensor2D));
      return tf.softplus(tf.matMul(hidden, w3 as tf.Tensor2D));
    },
  },
  {
    image: [5, 23, 21, 13],
    weights: [
      [3, 3, 13, 1],
      [5, 3, 13, 1],
      [3, 2, 7, 13],
      [7, 3],
    ],
    net(x, [w1, w2, w3, w4]) {
      const a = depthwiseConv2d(x, w1!, { padding: 'same', activation: 'relu' });
      const b = depthwiseConv2d(a, w2!, { padding: 'same', strides: 2, dilations: [1, 2] });
      const up = tf.slice(resize(b, [24, 22], 'bilinear'), [0, 0, 1, 0], [5, 23, 21, 13]);
      const c = maximum(
        tf.pad(up, [
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 0],
        ]),
        mean([a, x]),
      );
      const d = conv2dTranspose(c, w3!, { padding: 'valid', strides: 2 });
      const e = l2Pool(resize(d, [50, 41], 'nearest'), {
        poolSize: 3,
        strides: 2,
        padding: 'same',
      });
      const both = tf.concat([
        globalMaxPool(e),
        tf.reshape(adaptiveAveragePool(e, [1, 1]), [5, 7]),
      ]);
      return tf.tanh(tf.matMul(tf.mul(both as tf.Tensor2D, 1e-3), w4 as tf.Tensor2D));
    },
  },
  {
    image: [2, 65, 67, 8],
    weights: [
      [1, 1, 8, 3],
      [65 * 67, 129],
    ],
    net(x, [w1, w2]) {
      const y = tf.transpose(conv2d(x, w1!, { padding: 'same' }), [0, 3, 1, 2]);
      const flat = tf.reshape(y, [6, 65 * 67]);
      return tf.square(tf.matMul(flat, w2 as tf.Tensor2D));
    },
  },
  {
    image: [37, 13, 11, 10],
    weights: [[10], [10], [10], [10, 300, 70], [1430, 21]],
    net(x, [gamma, beta, slope, w, kernel]) {
      let y = groupNorm(x, gamma!, beta!, { groups: 5, epsilon: 1e-3 });
      y = activation(prelu(y, slope!), 'gelu');
      y = tf.localResponseNormalization(y as tf.Tensor4D, 2, 1, 0.5, 0.75);
      const rows = tf.reshape(y, [37, 1430]);
      const labels = tf.range(0, 37, 1, 'int32');
      const logits = tf.matMul(rows, kernel as tf.Tensor2D);
      const losses = [
        softmaxCrossEntropy(logits, tf.mod(labels, tf.scalar(21, 'int32')), { smoothing: 0.1 }),
        pointLoss('logCosh', rows),
        pointLoss('sigmoid', logits, tf.ones([37, 21]), 3),
        tversky(tf.reshape(logits, [37, 7, 3]), tf.ones([37, 7, 3]), {
          alpha: 0.3,
          beta: 0.7,
          smooth: 1,
        }),
      ];
      return tf.add(tf.addN(losses), weightPenalty(w!, { l1: 0.1, l2: 0.2 }));
    },
  },
];

/** The outputs and all gradients of all nets, and two training steps of the probe networks. */
async function compute(
  engineId: 'native' | 'wasm',
  kernels: string,
  threads: number,
): Promise<Float32Array[]> {
  const engine = await openEngine(engineId, { kernels, threads });
  assert.equal(tf.getBackend(), backendName);
  assert.equal(engine.facts.threads, threads);
  const results: Float32Array[] = [];
  tf.tidy(() => {
    for (const { image, weights, net } of cases) {
      const inputs = [image, ...weights].map((shape, i) => tf.mul(random(shape, i + 1), 0.5));
      const { value, grads } = tf.valueAndGrads((x, ...given) => net(x as tf.Tensor4D, given))(
        inputs,
        random(net(inputs[0] as tf.Tensor4D, inputs.slice(1)).shape, 77),
      );
      results.push(...[value, ...grads].map((t) => t.dataSync<'float32'>()));
    }
  });
  const nets = [netA({ batchSize: 16, width: 8 }), netB({ batchSize: 16, width: 8 })];
  results.push(Float32Array.from(nets.flatMap((net) => [net.step(), net.step(), net.step()])));
  nets.forEach((net) => net.dispose());
  engine.dispose();
  return results;
}

for (const { engine, kernels } of variants) {
  describe(`threads, ${engine}, ${kernels}`, () => {
    it('give the same bits, however many there are and from run to run', async function () {
      this.timeout(60_000);
      const expected = await compute(engine, kernels, 1);
      for (const threads of [1, 2, 3, 8]) {
        const actual = await compute(engine, kernels, threads);
        assert.equal(actual.length, expected.length);
        actual.forEach((values, i) => {
          assert.ok(values.every(Number.isFinite), `result ${i} is not finite`);
          assert.ok(
            Buffer.from(values.buffer).equals(Buffer.from(expected[i]!.buffer)),
            `result ${i} differs on ${threads} threads`,
          );
        });
      }
    });
  });
}

describe('a pool of threads', () => {
  it('takes every unit of a task exactly once, task after task', async function () {
    this.timeout(60_000);
    for (const id of ['native', 'wasm'] as const) {
      const engine = await openEngine(id, { threads: 4 });
      const count = 300_007;
      const x = tf.tensor1d(numbers(count, 5));
      for (let i = 0; i < 400; i++) {
        const y = tf.neg(x);
        const [first, last, sum] = tf.tidy(
          () =>
            [
              tf.slice(y, 0, 1).dataSync()[0]!,
              tf.slice(y, count - 1, 1).dataSync()[0]!,
              tf.sum(tf.add(x, y)).dataSync()[0]!,
            ] as unknown as tf.TensorContainer,
        ) as unknown as number[];
        assert.deepEqual([first, last, sum], [-numbers(1, 5)[0]!, -x.dataSync()[count - 1]!, 0]);
        // Memory that is used again must not hold the right answer already.
        tf.dispose(tf.tidy(() => tf.fill([count], i)));
        y.dispose();
      }
      x.dispose();
      engine.dispose();
    }
  });

  it('closes at once when it had nothing to do, again and again', async () => {
    for (let i = 0; i < 40; i++) {
      const engine = await openEngine('native', { threads: 8 });
      assert.equal(engine.facts.threads, 8);
      engine.dispose();
    }
  });
});
