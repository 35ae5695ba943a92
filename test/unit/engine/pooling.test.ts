import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import {
  assertClose,
  centralDifferences,
  numbers,
  random,
  sizeOf,
  titleOf,
  useEngine,
  variants,
} from './support';

for (const variant of variants) {
  describe(`pooling, ${titleOf(variant)}`, () => {
    useEngine(variant);

    it('routes the gradient of a tie to the first maximum in reading order', () => {
      const x = [
        [-5, -5, 2, 1],
        [-5, -5, 1, 2],
      ].flat();
      const pool = (t: tf.Tensor): tf.Tensor => tf.maxPool(t as tf.Tensor4D, 2, 2, 'valid');
      const dx = tf.tidy(() =>
        tf
          .grad(pool)(tf.tensor4d(x, [1, 2, 4, 1]), tf.tensor4d([3, 7], [1, 1, 2, 1]))
          .dataSync(),
      );
      assert.deepEqual(
        [...dx],
        [
          [3, 0, 7, 0],
          [0, 0, 0, 0],
        ].flat(),
      );
    });

    it('adds up where windows overlap', () => {
      const pool = (t: tf.Tensor): tf.Tensor => tf.maxPool(t as tf.Tensor4D, [1, 3], 1, 'valid');
      const dx = tf.tidy(() =>
        tf
          .grad(pool)(
            tf.tensor4d([1, 2, 9, 3, 4], [1, 1, 5, 1]),
            tf.tensor4d([1, 10, 100], [1, 1, 3, 1]),
          )
          .dataSync(),
      );
      assert.deepEqual([...dx], [0, 0, 111, 0, 0]);
    });

    it('shows a NaN as the maximum of its windows, wherever it stands', () => {
      const x = [NaN, 1, 2, 3, 4, NaN, 5, 6];
      const y = tf.tidy(() =>
        tf.maxPool(tf.tensor4d(x, [1, 1, 8, 1]), [1, 2], [1, 2], 'valid').dataSync(),
      );
      assert.deepEqual([...y], [NaN, 3, NaN, 6]);
    });

    it('averages over the pixels that are inside the image', () => {
      const y = tf.tidy(() =>
        tf.avgPool(tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]), 2, 2, 'same').dataSync(),
      );
      assert.deepEqual([...y], [3, 4.5, 7.5, 9]);
    });

    for (const [shape, size, stride, pad] of [
      [[2, 5, 4, 3], [2, 3], [2, 2], 'same'],
      [[1, 4, 5, 5], [3, 3], [1, 2], 'same'],
      [[1, 6, 5, 2], [2, 2], [3, 1], 'valid'],
    ] as const) {
      it(`has slopes for gradients: [${shape}], window ${size}, stride ${stride}, ${pad}`, () => {
        const window = [...size] as [number, number];
        const strides = [...stride] as [number, number];
        for (const op of [tf.maxPool, tf.avgPool]) {
          const scalar = (x: tf.Tensor): tf.Scalar => {
            const y = op(x as tf.Tensor4D, window, strides, pad);
            return tf.sum(tf.mul(y, random(y.shape, 8)));
          };
          const x = numbers(sizeOf(shape), 5);
          const entries = [...x.keys()];
          const evaluate = (values: Float32Array): number =>
            tf.tidy(() => scalar(tf.tensor(values, [...shape])).dataSync()[0]!);
          const dx = tf.tidy(() =>
            tf
              .grad(scalar)(tf.tensor(x, [...shape]))
              .dataSync(),
          );
          assertClose(dx, centralDifferences(evaluate, x, entries, 1e-3), op.name, 2e-3);
        }
      });
    }
  });
}
