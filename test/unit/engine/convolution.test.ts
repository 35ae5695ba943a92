import * as assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { conv2d } from '../../../server/training/engine/ops';
import { backendName } from '../../../server/training/engine/backend/backend';
import {
  assertClose,
  centralDifferences,
  checkAgainstCpu,
  numbers,
  random,
  runOn,
  sizeOf,
  someEntries,
  titleOf,
  useEngine,
  variants,
} from './support';

interface ConvCase {
  readonly image: readonly [n: number, h: number, w: number, c: number];
  readonly filter: readonly [h: number, w: number, k: number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: 'valid' | 'same';
}

const one = [1, 1] as const;

/** Every corner once, then combinations. */
const cases: readonly ConvCase[] = [
  // One pixel, one channel.
  { image: [1, 1, 1, 1], filter: [1, 1, 1], strides: one, dilations: one, padding: 'valid' },
  { image: [1, 1, 1, 3], filter: [3, 3, 2], strides: one, dilations: one, padding: 'same' },
  // The filter is as large as the image.
  { image: [2, 5, 4, 2], filter: [5, 4, 3], strides: one, dilations: one, padding: 'valid' },
  // The stride is larger than the filter: pixels that no window touches.
  { image: [2, 9, 8, 5], filter: [2, 2, 7], strides: [3, 4], dilations: one, padding: 'valid' },
  { image: [1, 7, 7, 4], filter: [1, 1, 8], strides: [5, 3], dilations: one, padding: 'same' },
  // Many channels, prime channels, more than one panel and one tile with rests.
  { image: [2, 6, 5, 13], filter: [3, 3, 11], strides: one, dilations: one, padding: 'same' },
  { image: [3, 5, 5, 8], filter: [3, 3, 16], strides: one, dilations: one, padding: 'valid' },
  { image: [1, 4, 4, 17], filter: [2, 3, 19], strides: [2, 1], dilations: one, padding: 'same' },
  // Enough pixels for several blocks of the filter gradient, by images and by rows.
  { image: [5, 13, 12, 4], filter: [3, 3, 9], strides: one, dilations: one, padding: 'same' },
  { image: [2, 30, 31, 3], filter: [3, 3, 5], strides: one, dilations: one, padding: 'same' },
  { image: [1, 40, 9, 8], filter: [3, 2, 4], strides: one, dilations: one, padding: 'valid' },
  // Channels that fill tiles of every size: the filter gradient reads rows in place. The last ones are
  // longer than a block.
  { image: [2, 9, 17, 24], filter: [3, 3, 5], strides: [2, 2], dilations: one, padding: 'same' },
  { image: [1, 11, 12, 24], filter: [3, 3, 7], strides: one, dilations: [2, 2], padding: 'same' },
  { image: [1, 3, 200, 24], filter: [2, 3, 3], strides: one, dilations: one, padding: 'same' },
  // Channels enough for Winograd's points: odd and even sizes, whole and cut panels and vectors, and more
  // tiles than a block.
  { image: [1, 4, 4, 16], filter: [3, 3, 16], strides: one, dilations: one, padding: 'same' },
  { image: [3, 9, 10, 17], filter: [3, 3, 19], strides: one, dilations: one, padding: 'same' },
  { image: [2, 13, 8, 37], filter: [3, 3, 33], strides: one, dilations: one, padding: 'valid' },
  { image: [5, 12, 13, 24], filter: [3, 3, 48], strides: one, dilations: one, padding: 'valid' },
  { image: [2, 3, 18, 16], filter: [3, 3, 20], strides: one, dilations: one, padding: 'same' },
  // Without padding, where the gradient of the image goes back tile by tile: whole tiles, cut ones, inner ones.
  { image: [3, 10, 14, 20], filter: [3, 3, 17], strides: one, dilations: one, padding: 'valid' },
  { image: [2, 15, 6, 32], filter: [3, 3, 16], strides: one, dilations: one, padding: 'valid' },
  { image: [1, 6, 5, 520], filter: [3, 3, 70], strides: one, dilations: one, padding: 'same' },
  // A kernel with more taps than a block of the pointer table holds at once.
  { image: [1, 24, 24, 9], filter: [19, 17, 2], strides: one, dilations: one, padding: 'same' },
  ...combinations(),
];

function combinations(): ConvCase[] {
  const made: ConvCase[] = [];
  const sizes = [
    [7, 6],
    [8, 5],
  ] as const;
  for (const padding of ['valid', 'same'] as const)
    for (const strides of [one, [2, 2], [2, 3]] as const)
      for (const dilations of [one, [2, 2], [1, 3]] as const)
        for (const [c, k] of [
          [1, 5],
          [3, 4],
          [6, 9],
        ] as const) {
          // TF.js allows a stride or a dilation, not both.
          if (strides !== one && dilations !== one) continue;
          const [h, w] = sizes[made.length % 2]!;
          made.push({ image: [2, h, w, c], filter: [3, 2, k], strides, dilations, padding });
        }
  return made;
}

function describeCase({ image, filter, strides, dilations, padding }: ConvCase): string {
  return `[${image}] * [${filter}], stride ${strides}, dilation ${dilations}, ${padding}`;
}

function tensorsOf({ image, filter }: ConvCase): { x: tf.Tensor; w: tf.Tensor } {
  return { x: random(image, 2), w: random([filter[0], filter[1], image[3], filter[2]], 3) };
}

for (const variant of variants) {
  describe(`convolution, ${titleOf(variant)}`, () => {
    useEngine(variant);

    it('agrees with the CPU backend', async () => {
      for (const test of cases) {
        const { strides, padding, dilations } = test;
        await checkAgainstCpu(describeCase(test), () => {
          const { x, w } = tensorsOf(test);
          const stride = [...strides] as [number, number];
          return tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding, 'NHWC', [
            ...dilations,
          ] as [number, number]);
        });
      }
    });

    it('has the gradients of the CPU backend, dilated ones included', async function () {
      // The CPU backend takes its time, and most of it under an emulator.
      this.timeout(120_000);
      for (const test of cases) {
        const { strides, padding, dilations, filter } = test;
        await checkAgainstCpu(
          describeCase(test),
          () => {
            const { x, w } = tensorsOf(test);
            const options = { strides, padding, dilations };
            const bias = random([filter[2]], 4);
            const convolve = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Tensor =>
              conv2d(a, b, { ...options, bias: c, activation: 'relu' });
            const dy = tf.tidy(() => random(convolve(x, w, bias).shape, 5));
            const { value, grads } = tf.valueAndGrads((a, b, c) => convolve(a, b, c))(
              [x, w, bias],
              dy,
            );
            return [value, ...grads];
          },
          2e-5,
        );
      }
    });

    it('has gradients that are its slopes', async () => {
      for (const test of cases.filter((_, i) => i % 3 === 0)) await checkSlopes(test);
    });

    it('takes explicit and uneven padding', async () => {
      const padding: [[number, number], [number, number], [number, number], [number, number]] = [
        [0, 0],
        [2, 0],
        [1, 3],
        [0, 0],
      ];
      await checkAgainstCpu('explicit padding', () => {
        const [x, w] = [
          random([2, 5, 6, 3], 1) as tf.Tensor4D,
          random([3, 4, 3, 5], 2) as tf.Tensor4D,
        ];
        const convolve = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [1, 2], padding);
        const y = convolve(x, w);
        return [y, ...tf.grads(convolve)([x, w], random(y.shape, 3))];
      });
    });

    it('shows NaN in every output that sees it, and in no tile beyond, with many channels', async () => {
      const image = numbers(12 * 12 * 16, 1);
      image[(5 * 12 + 5) * 16 + 5] = NaN;
      const [y] = await runOn(backendName, () =>
        tf.conv2d(tf.tensor4d(image, [1, 12, 12, 16]), tf.fill([3, 3, 16, 16], 0.5), 1, 'same'),
      );
      const isNaNAt = (row: number, column: number): boolean =>
        Number.isNaN(y!.values[(row * 12 + column) * 16]);
      for (const row of [4, 5, 6])
        for (const column of [4, 5, 6]) assert.ok(isNaNAt(row, column), `${row}, ${column}`);
      for (let i = 0; i < 12; i++)
        for (const edge of [0, 1, 2, 3, 8, 9, 10, 11])
          assert.ok(!isNaNAt(i, edge) && !isNaNAt(edge, i), `${i}, ${edge}`);
    });

    it('shows NaN and infinity where they came in, and nowhere else', async () => {
      const image = numbers(36, 1);
      image[14] = NaN;
      image[35] = Infinity;
      await checkAgainstCpu('a NaN and an infinity in the image', () =>
        tf.conv2d(tf.tensor4d(image, [1, 6, 6, 1]), tf.fill([3, 3, 1, 2], 0.5), 1, 'same'),
      );
    });
  });
}

/** Convolution is linear in either operand, so that a large step makes the differences exact. */
async function checkSlopes(test: ConvCase): Promise<void> {
  await tf.setBackend(backendName);
  const { image, strides, padding, dilations } = test;
  const filterShape = [test.filter[0], test.filter[1], image[3], test.filter[2]];
  const x = numbers(sizeOf(image), 6);
  const w = numbers(sizeOf(filterShape), 7);
  const scalar = (a: tf.Tensor, b: tf.Tensor): tf.Scalar => {
    const y = conv2d(a, b, { strides, padding, dilations });
    return tf.sum(tf.mul(y, random(y.shape, 8)));
  };
  const evaluate = (xs: Float32Array, ws: Float32Array): number =>
    tf.tidy(() => scalar(tf.tensor(xs, [...image]), tf.tensor(ws, filterShape)).dataSync()[0]!);
  const [dx, dw] = await runOn(backendName, () =>
    tf.grads(scalar)([tf.tensor(x, [...image]), tf.tensor(w, filterShape)]),
  );
  const entriesX = someEntries(x.length, 8);
  const entriesW = someEntries(w.length, 8);
  assertClose(
    entriesX.map((i) => dx!.values[i]!),
    centralDifferences((xs) => evaluate(xs, w), x, entriesX, 1),
    `${describeCase(test)}: slopes of the image`,
    2e-4,
  );
  assertClose(
    entriesW.map((i) => dw!.values[i]!),
    centralDifferences((ws) => evaluate(x, ws), w, entriesW, 1),
    `${describeCase(test)}: slopes of the filter`,
    2e-4,
  );
}
