import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { groupNorm } from '../../../server/training/engine/ops';
import {
  assertClose,
  centralDifferences,
  checkAgainstCpu,
  numbers,
  random,
  sizeOf,
  someEntries,
  titleOf,
  useEngine,
  variants,
} from './support';

const epsilon = 1e-5;

/** Shapes with a number of groups: images, rows, single pixels, more channels than a strip holds. */
const cases = [
  [[3, 4, 5, 6], 1],
  [[3, 4, 5, 6], 2],
  [[3, 4, 5, 6], 6],
  [[1, 2, 2, 1], 1],
  [[70, 13], 1],
  [[5, 1, 1, 8], 4],
  [[2, 3, 1200], 3],
  [[40, 9, 7, 10], 5],
] as const;

/** The definition in double precision. */
function reference(
  x: Float32Array,
  [samples, ...rest]: readonly number[],
  groups: number,
  [gamma, beta]: readonly [Float32Array, Float32Array],
  added = epsilon,
): number[] {
  const channels = rest.at(-1)!;
  const pixels = sizeOf(rest) / channels;
  const width = channels / groups;
  const y = new Array<number>(x.length);
  for (let n = 0; n < samples!; n++) {
    for (let g = 0; g < groups; g++) {
      const places: number[] = [];
      for (let p = 0; p < pixels; p++) {
        for (let c = g * width; c < (g + 1) * width; c++) {
          places.push((n * pixels + p) * channels + c);
        }
      }
      const mean = places.reduce((sum, at) => sum + x[at]!, 0) / places.length;
      const variance = places.reduce((sum, at) => sum + (x[at]! - mean) ** 2, 0) / places.length;
      for (const at of places) {
        const normal = (x[at]! - mean) / Math.sqrt(variance + added);
        y[at] = normal * gamma[at % channels]! + beta[at % channels]!;
      }
    }
  }
  return y;
}

function apply(x: readonly number[], shape: readonly number[], groups: number): number[] {
  return tf.tidy(() => {
    const channels = shape.at(-1)!;
    const given = [
      tf.tensor([...x], [...shape]),
      tf.ones([channels]),
      tf.zeros([channels]),
    ] as const;
    return [...groupNorm(...given, { groups, epsilon }).dataSync()];
  });
}

for (const variant of variants) {
  describe(`normalization of samples, ${titleOf(variant)}`, () => {
    useEngine(variant);

    it('has the values of the reference for layer, instance and group', () => {
      const [a, b] = [1.3416354, 0.4472118];
      const expected = [-a, -b, b, a];
      assertClose(apply([1, 2, 3, 4], [1, 4], 1), expected, 'layer', 2e-7);
      assertClose(apply([0, 1, 2, 3], [1, 2, 2, 1], 1), expected, 'instance', 2e-7);
      const pair = 0.5 / Math.sqrt(0.25 + epsilon);
      assertClose(apply([1, 2, 3, 4], [1, 1, 1, 4], 2), [-pair, pair, -pair, pair], 'group', 2e-7);
    });

    it('is the definition for any shape and number of groups', () => {
      for (const [shape, groups] of cases) {
        const channels = shape.at(-1)!;
        const [x, gamma, beta] = [
          numbers(sizeOf(shape), 1),
          numbers(channels, 2),
          numbers(channels, 3),
        ] as const;
        const y = tf.tidy(() =>
          groupNorm(tf.tensor(x, [...shape]), tf.tensor1d(gamma), tf.tensor1d(beta), {
            groups,
            epsilon,
          }).dataSync(),
        );
        const expected = reference(x, shape, groups, [gamma, beta]);
        assertClose(y, expected, `[${shape.join(', ')}] in ${groups} groups`, 2e-6);
      }
    });

    it('has the gradients of central differences at x, gamma and beta', () => {
      // Where a group has but two values, close together, a small one would bend the slope sharply.
      const wide = 0.1;
      for (const [shape, groups] of cases) {
        if (sizeOf(shape) > 2000) continue;
        const channels = shape.at(-1)!;
        const inputs = [numbers(sizeOf(shape), 1), numbers(channels, 2), numbers(channels, 3)];
        const dy = numbers(sizeOf(shape), 4);
        const grads = tf.tidy(() => {
          const [x, gamma, beta] = inputs.map((values, i) =>
            tf.tensor(values, i === 0 ? [...shape] : [channels]),
          ) as [tf.Tensor, tf.Tensor, tf.Tensor];
          const op = (...given: tf.Tensor[]): tf.Tensor =>
            groupNorm(given[0]!, given[1]!, given[2]!, { groups, epsilon: wide });
          const found = tf.grads(op)([x, gamma, beta], tf.tensor(dy, [...shape]));
          return found.map((t) => t.dataSync<'float32'>()) as unknown as tf.TensorContainer;
        }) as unknown as Float32Array[];
        inputs.forEach((values, k) => {
          const entries = someEntries(values.length, 12);
          const measured = centralDifferences(
            (moved) => {
              const given = inputs.map((other, i) => (i === k ? moved : other));
              const y = reference(given[0]!, shape, groups, [given[1]!, given[2]!], wide);
              return y.reduce((sum, value, i) => sum + value * dy[i]!, 0);
            },
            values,
            entries,
            2 ** -8,
          );
          const found = entries.map((entry) => grads[k]![entry]!);
          assertClose(found, measured, `input ${k} of [${shape.join(', ')}], ${groups}`, 2e-3);
        });
      }
    });

    it('is what composed operations give, gradients and a ReLU included', async () => {
      for (const activation of ['linear', 'relu'] as const) {
        for (const [shape, groups] of cases) {
          await checkAgainstCpu(
            `[${shape.join(', ')}] in ${groups} groups, ${activation}`,
            () => {
              const channels = [shape.at(-1)!];
              const inputs = [random(shape, 1), random(channels, 2), random(channels, 3)];
              const op = (...given: tf.Tensor[]): tf.Tensor =>
                groupNorm(given[0]!, given[1]!, given[2]!, { groups, epsilon: 1e-3, activation });
              const { value, grads } = tf.valueAndGrads(op)(inputs, random(shape, 4));
              return [value, ...grads];
            },
            5e-5,
          );
        }
      }
    });

    it('keeps the digits of a small variance on a large mean', () => {
      const x = numbers(4096, 1).map((value) => 1000 + value);
      for (const [shape, groups] of [
        [[1, 4096], 1],
        [[1, 1024, 4], 2],
        [[1, 1024, 4], 4],
      ] as const) {
        const ones = new Float32Array(shape.at(-1)!).fill(1);
        const expected = reference(x, shape, groups, [ones, new Float32Array(ones.length)]);
        // A float32 at 1000 has steps of 6e-5, a ten-thousandth of the deviation.
        assertClose(apply([...x], shape, groups), expected, `[${shape.join(', ')}]`, 1e-4);
      }
    });

    it('of a constant image is beta', () => {
      assert.deepEqual(apply([7, 7, 7, 7], [1, 2, 2, 1], 1), [0, 0, 0, 0]);
    });
  });
}
