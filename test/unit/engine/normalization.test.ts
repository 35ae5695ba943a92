import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, dense } from '../../../server/training/engine/ops';
import { update } from '../../../server/training/engine/updates';
import { updateKinds, type UpdateKind } from '../../../server/training/engine/updateKinds';
import {
  assertClose,
  checkAgainstCpu,
  numbers,
  random,
  titleOf,
  useEngine,
  variants,
} from './support';

const epsilon = 1e-3;
const shapes = [
  [2, 3, 4, 5],
  [7, 1],
  [130, 9],
  [1, 8, 8, 3],
  [3, 1100],
] as const;

const slotCounts: Readonly<Record<UpdateKind, number>> = {
  ...{ sgd: 0, momentum: 1, nesterov: 1, adam: 2, amsgrad: 3, adamax: 2, nadam: 2, adagrad: 1 },
  ...{ proximalAdagrad: 1, proximalGradient: 0, ftrl: 2, adadelta: 2, rmsprop: 1 },
  ...{ centredRmsprop: 2, lion: 1, average: 0 },
};

for (const variant of variants) {
  describe(`batch normalization and dense, ${titleOf(variant)}`, () => {
    useEngine(variant);

    it('normalizes, and differentiates through the statistics, as composed of TF.js operations', async () => {
      const activations = ['linear', 'relu', 'relu6'] as const;
      for (const [shape, activation] of shapes.flatMap((one) =>
        activations.map((name) => [one, name] as const),
      )) {
        const channels = [shape[shape.length - 1]!];
        // So that some values lie beyond 6.
        const spread = activation === 'relu6' ? 9 : 1;
        await checkAgainstCpu(
          `batch norm of [${shape}], ${activation}`,
          () => {
            const gamma = tf.mul(random(channels, 2), spread);
            const inputs = [random(shape, 1), gamma, random(channels, 3)];
            const dy = random(shape, 4);
            const { mean, variance } = batchNorm(inputs[0]!, inputs[1]!, inputs[2]!, epsilon);
            const { value, grads } = tf.valueAndGrads(
              (x, gamma, beta) => batchNorm(x, gamma, beta, epsilon, activation).output,
            )(inputs, dy);
            return [mean, variance, value, ...grads];
          },
          5e-5,
        );
      }
    });

    it('keeps the digits of a small variance on a large mean', () => {
      const rows = 5000;
      const x = numbers(rows, 1).map((value) => 1000 + value);
      const mean = x.reduce((a, b) => a + b, 0) / rows;
      const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / rows;
      const one = tf.ones([1]);
      const result = tf.tidy(() => {
        const { mean: m, variance: v } = batchNorm(tf.tensor2d(x, [rows, 1]), one, one, epsilon);
        return [m.dataSync()[0]!, v.dataSync()[0]!] as unknown as tf.TensorContainer;
      }) as unknown as number[];
      one.dispose();
      assertClose([result[0]! / mean], [1], 'mean', 1e-7);
      assertClose([result[1]! / variance], [1], 'variance', 1e-6);
    });

    it('gives a dense layer its product, bias, activation and all gradients', async () => {
      for (const [batch, from, to] of [
        [1, 1, 1],
        [5, 13, 7],
        [33, 4, 18],
      ] as const) {
        for (const activation of ['linear', 'relu'] as const) {
          await checkAgainstCpu(`dense ${batch} x ${from} x ${to}, ${activation}`, () => {
            const inputs = [random([batch, from], 1), random([from, to], 2), random([to], 3)];
            const layer = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
              dense(x, kernel, { bias, activation });
            const { value, grads } = tf.valueAndGrads(layer)(inputs, random([batch, to], 4));
            return [value, ...grads];
          });
        }
      }
    });

    for (const kind of Object.keys(updateKinds) as UpdateKind[]) {
      it(`updates variables as single operations do: ${kind}`, async () => {
        for (const shape of [[1], [7], [33, 5], [2, 3000]] as const) {
          await checkAgainstCpu(`${kind} on [${shape}]`, () => {
            // Sums of squares are positive; where one is an average, the square of the mean is below it.
            const [variable, first, second, third] = [
              random(shape, 1),
              tf.add(tf.square(random(shape, 3)), 1),
              random(shape, 4),
              tf.square(random(shape, 5)),
            ].map((start) => tf.variable(start)) as [
              tf.Variable,
              tf.Variable,
              tf.Variable,
              tf.Variable,
            ];
            const all =
              kind === 'adam' ? [second, first] : [first, tf.variable(tf.abs(second)), third];
            const slots = all.slice(0, slotCounts[kind]);
            const rates = tf.tensor1d([0.3, 0.7, 0.8, 0.2, 0.9, 0.1, 0.25, 0.15]);
            update(kind, { variable, gradient: random(shape, 2), slots, rates });
            return [variable, ...slots];
          });
        }
      });
    }

    it('sums long rows and columns without losing digits', () => {
      const count = 200_003;
      const x = numbers(count, 2).map((value) => value + 10);
      const exact = x.reduce((a, b) => a + b, 0);
      const [row, column] = tf.tidy(() => {
        const t = tf.tensor1d(x);
        const wide = tf.tile(tf.reshape(t, [count, 1]), [1, 2]);
        const sums = [tf.sum(t).dataSync()[0]!, tf.sum(wide, 0).dataSync()[1]!];
        return sums as unknown as tf.TensorContainer;
      }) as unknown as [number, number];
      assert.ok(Math.abs(row / exact - 1) < 1e-7, `${row} instead of ${exact}`);
      assert.ok(Math.abs(column / exact - 1) < 1e-7, `${column} instead of ${exact}`);
    });
  });
}
