import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { maximum, mean, sum } from '../../../server/training/engine/ops/combine';
import { checkAgainstCpu, random, titleOf, useEngine, variants } from './support';

for (const variant of variants) {
  describe(`several tensors as one, ${titleOf(variant)}`, () => {
    useEngine(variant);

    it('are what the CPU backend makes of them, with their gradients', async () => {
      for (const shape of [[1], [3, 5], [2, 3, 5, 13]]) {
        for (const [what, op] of [
          ['sum', (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => sum([a, b, c])],
          ['mean', (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => mean([a, b, c])],
          ['maximum', (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => maximum(maximum(a, b), c)],
          ['channels', (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => tf.concat([a, b, c], -1)],
        ] as const) {
          await checkAgainstCpu(`${what} of [${shape}]`, () => {
            const inputs = [1, 2, 3].map((seed) => random(shape, seed));
            const given = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
            const dy = tf.tidy(() => random(op(...given).shape, 4));
            const { value, grads } = tf.valueAndGrads((a, b, c) => op(a, b, c))(inputs, dy);
            return [value, ...grads];
          });
        }
      }
    });

    it('give a tie to the first, and a NaN to where it came from', () => {
      const [a, b] = [
        [2, 1, NaN, 3],
        [2, 5, 4, NaN],
      ];
      const [y, da, db] = tf.tidy(() => {
        const { value, grads } = tf.valueAndGrads(maximum)(
          [tf.tensor1d(a!), tf.tensor1d(b!)],
          tf.tensor1d([10, 20, 30, 40]),
        );
        return [value, ...grads].map((tensor) => [...tensor.dataSync()]) as never;
      }) as unknown as number[][];
      assert.deepEqual(y, [2, 5, NaN, NaN]);
      assert.deepEqual(da, [10, 0, 30, 0]);
      assert.deepEqual(db, [0, 20, 0, 40]);
    });
  });
}
