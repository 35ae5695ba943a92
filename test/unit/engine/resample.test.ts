import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { adaptiveAveragePool, resize } from '../../../server/training/engine/ops/resample';
import {
  assertClose,
  checkAgainstCpu,
  numbers,
  random,
  sizeOf,
  titleOf,
  useEngine,
  variants,
} from './support';

type Size = readonly [number, number];
type Image = readonly [n: number, h: number, w: number, c: number];

const cases: readonly (readonly [image: Image, size: Size])[] = [
  [
    [1, 1, 1, 1],
    [1, 1],
  ],
  [
    [1, 1, 1, 3],
    [4, 5],
  ],
  [
    [2, 3, 4, 13],
    [6, 8],
  ],
  [
    [2, 4, 5, 5],
    [7, 11],
  ],
  [
    [3, 9, 7, 17],
    [4, 3],
  ],
  [
    [1, 10, 7, 2],
    [1, 1],
  ],
  [
    [2, 5, 6, 4],
    [5, 6],
  ],
  [
    [1, 2, 13, 37],
    [3, 2],
  ],
];

/** One value of a resized image by the definition, in double precision. */
function bilinearAt(
  x: Float32Array,
  [, h, w, c]: Image,
  [rows, columns]: Size,
  n: number,
  [row, column, channel]: readonly [number, number, number],
): number {
  const along = (i: number, size: number, results: number) => {
    const at = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / results - 0.5));
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, size - 1), part: at - low };
  };
  const [y, z] = [along(row, h, rows), along(column, w, columns)];
  const value = (r: number, s: number) => x[((n * h + r) * w + s) * c + channel]!;
  const upper = value(y.low, z.low) * (1 - z.part) + value(y.low, z.high) * z.part;
  const lower = value(y.high, z.low) * (1 - z.part) + value(y.high, z.high) * z.part;
  return upper * (1 - y.part) + lower * y.part;
}

/** A mean over the bin of PyTorch's AdaptiveAvgPool2d. */
function binAt(
  x: Float32Array,
  [, h, w, c]: Image,
  [rows, columns]: Size,
  n: number,
  [row, column, channel]: readonly [number, number, number],
): number {
  let [sum, count] = [0, 0];
  for (let r = Math.floor((row * h) / rows); r < Math.ceil(((row + 1) * h) / rows); r++) {
    const end = Math.ceil(((column + 1) * w) / columns);
    for (let s = Math.floor((column * w) / columns); s < end; s++) {
      sum += x[((n * h + r) * w + s) * c + channel]!;
      count += 1;
    }
  }
  return sum / count;
}

function nearestAt(...[x, image, size, n, at]: Parameters<typeof binAt>): number {
  const [, h, w, c] = image;
  const r = Math.min(h - 1, Math.floor(((at[0] + 0.5) * h) / size[0]));
  const s = Math.min(w - 1, Math.floor(((at[1] + 0.5) * w) / size[1]));
  return x[((n * h + r) * w + s) * c + at[2]]!;
}

const operations = {
  'bilinear resizing': {
    op: (x: tf.Tensor, size: Size) => resize(x, size, 'bilinear'),
    at: bilinearAt,
  },
  'resizing to the nearest': {
    op: (x: tf.Tensor, size: Size) => resize(x, size, 'nearest'),
    at: nearestAt,
  },
  'adaptive average pooling': { op: adaptiveAveragePool, at: binAt },
} satisfies Readonly<
  Record<string, { op: (x: tf.Tensor, size: Size) => tf.Tensor4D; at: typeof binAt }>
>;

for (const variant of variants) {
  describe(`resampling, ${titleOf(variant)}`, () => {
    useEngine(variant);

    for (const [name, { op, at }] of Object.entries(operations)) {
      it(`${name} is what the definition says`, () => {
        for (const [image, size] of cases) {
          const x = numbers(sizeOf(image), 3);
          const y = tf.tidy(() => op(tf.tensor(x, [...image]), size).dataSync());
          const expected: number[] = [];
          for (let n = 0; n < image[0]; n++)
            for (let i = 0; i < size[0]; i++)
              for (let j = 0; j < size[1]; j++)
                for (let k = 0; k < image[3]; k++) expected.push(at(x, image, size, n, [i, j, k]));
          assertClose(y, expected, `${name}, [${image}] to ${size}`, 1e-6);
        }
      });

      it(`${name} is the same as products with matrices on the CPU, and so is its gradient`, async () => {
        for (const [image, size] of cases) {
          await checkAgainstCpu(`${name}, [${image}] to ${size}`, () => {
            const x = random(image, 3);
            const dy = random([image[0], ...size, image[3]], 4);
            const { value, grad } = tf.valueAndGrad((a: tf.Tensor): tf.Tensor => op(a, size))(
              x,
              dy,
            );
            return [value, grad];
          });
        }
      });

      // <R x, y> = <x, R' y>: what makes the gradient of a linear operation right.
      it(`${name} has the adjoint as its gradient`, () => {
        for (const [image, size] of cases) {
          const [forward, backward] = tf.tidy(() => {
            const x = random(image, 3);
            const dy = random([image[0], ...size, image[3]], 4);
            const { value, grad } = tf.valueAndGrad((a: tf.Tensor): tf.Tensor => op(a, size))(
              x,
              dy,
            );
            return [tf.sum(tf.mul(value, dy)), tf.sum(tf.mul(grad, x))];
          });
          assertClose(
            forward!.dataSync(),
            backward!.dataSync(),
            `${name}, [${image}] to ${size}`,
            1e-4,
          );
        }
      });
    }

    it('keeps NaN and infinity to the pixels that have a part in a result', () => {
      const x = [NaN, 1, 2, Infinity];
      const of = (op: (x: tf.Tensor) => tf.Tensor): number[] =>
        tf.tidy(() => [...op(tf.tensor4d(x, [1, 1, 4, 1])).dataSync()]);
      assert.deepEqual(
        of((t) => resize(t, [1, 4], 'bilinear')),
        x,
      );
      assert.deepEqual(
        of((t) => resize(t, [2, 4], 'nearest')),
        [...x, ...x],
      );
      assert.deepEqual(
        of((t) => adaptiveAveragePool(t, [1, 2])),
        [NaN, Infinity],
      );
    });
  });
}
