import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { backendName } from '../../../server/training/engine/backend/backend';
import { numbers, runOn, titleOf, useEngine, variants } from './support';

const [batch, size, channels, filters] = [2, 10, 48, 40] as const;
const image = [batch, size, size, channels] as const;

/** Padding, and the side of the result. Without padding the gradient of x goes back tile by tile. */
const paddings = [
  { padding: 'same', pad: 1, side: size },
  { padding: 'valid', pad: 0, side: size - 2 },
] as const;
type Padding = (typeof paddings)[number];

/** Calls with every product of a 3x3 convolution: places in x, in the filter, in y. */
function forProducts(
  { pad, side }: Padding,
  visit: (x: number, w: number, y: number) => void,
): void {
  for (let n = 0; n < batch; n++)
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++)
        for (let tap = 0; tap < 9; tap++) {
          const [i, j] = [row + Math.floor(tap / 3) - pad, column + (tap % 3) - pad];
          if (i < 0 || j < 0 || i >= size || j >= size) continue;
          const from = ((n * size + i) * size + j) * channels;
          const to = ((n * side + row) * side + column) * filters;
          for (let c = 0; c < channels; c++)
            for (let k = 0; k < filters; k++) {
              visit(from + c, (tap * channels + c) * filters + k, to + k);
            }
        }
}

function rms(found: ArrayLike<number>, exact: Float64Array): number {
  let [difference, total] = [0, 0];
  exact.forEach((value, i) => {
    difference += (found[i]! - value) ** 2;
    total += value ** 2;
  });
  return Math.sqrt(difference / total);
}

for (const variant of variants) {
  describe(`convolution at Winograd's points, ${titleOf(variant)}`, () => {
    useEngine(variant);

    for (const given of paddings)
      it(`is at most three times as far from float64 as direct sums in float32 are, ${given.padding}`, async () => {
        const { padding, side } = given;
        const x = numbers(batch * size * size * channels, 1);
        const w = numbers(9 * channels * filters, 2);
        const dy = numbers(batch * side * side * filters, 3);
        const exact = [dy, x, w].map(({ length }) => new Float64Array(length));
        const direct = exact.map(({ length }) => new Float32Array(length));
        forProducts(given, (ix, iw, iy) => {
          const products = [
            [iy, x[ix]! * w[iw]!],
            [ix, dy[iy]! * w[iw]!],
            [iw, dy[iy]! * x[ix]!],
          ] as const;
          products.forEach(([place, product], i) => {
            exact[i]![place]! += product;
            direct[i]![place] = direct[i]![place]! + Math.fround(product);
          });
        });
        const found = await runOn(backendName, () => {
          const slopes = tf.tensor4d(dy, [batch, side, side, filters]);
          const convolve = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
            tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, padding);
          const inputs = [tf.tensor4d(x, [...image]), tf.tensor4d(w, [3, 3, channels, filters])];
          const { value, grads } = tf.valueAndGrads(convolve)(inputs, slopes);
          return [value, ...grads];
        });
        for (const [i, name] of ['y', 'dx', 'dw'].entries()) {
          const [ours, sums] = [rms(found[i]!.values, exact[i]!), rms(direct[i]!, exact[i]!)];
          assert.ok(ours < 3 * sums, `${name}: ${ours}, direct sums ${sums}`);
        }
      });
  });
}
