import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import {
  globalAveragePool,
  globalMaxPool,
  l2Pool,
} from '../../../server/training/engine/ops/pooling';
import {
  assertClose,
  centralDifferences,
  checkAgainstCpu,
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

    it('gives the root of the sum of squares, with no slope where that is zero', () => {
      const x = tf.tensor4d([3, -4, 0, 0, 0, 2], [1, 1, 6, 1]);
      const pool = (t: tf.Tensor): tf.Tensor =>
        l2Pool(t, { poolSize: [1, 2], strides: [1, 2], padding: 'valid' });
      const { value, grad } = tf.valueAndGrad(pool)(x, tf.tensor4d([5, 7, 11], [1, 1, 3, 1]));
      assert.deepEqual([...value.dataSync()], [5, 0, 2]);
      assertClose(grad.dataSync(), [3, -4, 0, 0, 0, 11], 'slopes', 1e-6);
      tf.dispose([x, value, grad]);
    });

    it('has L2 pooling as it is composed on the CPU, NaN and infinity included', async () => {
      for (const [shape, size, strides, padding] of [
        [[1, 1, 1, 1], 1, 1, 'valid'],
        [[2, 7, 6, 13], [3, 2], [1, 2], 'same'],
        [[3, 9, 8, 5], 2, [3, 4], 'valid'],
        [[1, 3, 5, 37], 5, 2, 'same'],
      ] as const) {
        await checkAgainstCpu(`[${shape}], window ${size}, stride ${strides}, ${padding}`, () => {
          const pool = (t: tf.Tensor): tf.Tensor => l2Pool(t, { poolSize: size, strides, padding });
          const { value, grad } = tf.valueAndGrad(pool)(
            random(shape, 4),
            tf.tidy(() => random(pool(random(shape, 4)).shape, 5)),
          );
          return [value, grad];
        });
      }
      const x = [1, NaN, 2, Infinity, 3, 4];
      await checkAgainstCpu('special numbers', () =>
        l2Pool(tf.tensor4d(x, [1, 1, 6, 1]), {
          poolSize: [1, 2],
          strides: [1, 2],
          padding: 'valid',
        }),
      );
    });

    it('pools a whole image, and sends the gradient of a maximum to its first pixel', async () => {
      for (const shape of [
        [1, 1, 1, 1],
        [3, 5, 4, 13],
        [2, 1, 7, 37],
      ] as const) {
        await checkAgainstCpu(`whole images of [${shape}]`, () => {
          const x = random(shape, 4);
          const dy = random([shape[0], shape[3]], 5);
          return [
            globalMaxPool(x),
            globalAveragePool(x),
            tf.mean(x, [1, 2]),
            tf.grad(globalMaxPool)(x, dy),
            tf.grad(globalAveragePool)(x, dy),
          ];
        });
      }
      const dx = tf.tidy(() =>
        tf
          .grad(globalMaxPool)(tf.tensor4d([1, 5, 5, 2], [1, 2, 2, 1]), tf.tensor2d([[3]]))
          .dataSync(),
      );
      assert.deepEqual([...dx], [0, 3, 0, 0]);
    });

    for (const [shape, size, stride, pad] of [
      [[2, 5, 4, 3], [2, 3], [2, 2], 'same'],
      [[1, 4, 5, 5], [3, 3], [1, 2], 'same'],
      [[1, 6, 5, 2], [2, 2], [3, 1], 'valid'],
    ] as const) {
      it(`has slopes for gradients: [${shape}], window ${size}, stride ${stride}, ${pad}`, () => {
        const window = [...size] as [number, number];
        const strides = [...stride] as [number, number];
        const l2 = (t: tf.Tensor): tf.Tensor =>
          l2Pool(t, { poolSize: size, strides: stride, padding: pad });
        for (const op of [tf.maxPool, tf.avgPool, l2]) {
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
