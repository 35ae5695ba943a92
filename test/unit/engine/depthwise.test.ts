import * as tf from '@tensorflow/tfjs-core';
import { backendName } from '../../../server/training/engine/backend/backend';
import { conv2dTranspose, depthwiseConv2d } from '../../../server/training/engine/ops/convolutions';
import type { Conv2dOptions } from '../../../server/training/engine/ops';
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

interface DepthCase {
  readonly image: readonly [n: number, h: number, w: number, c: number];
  /** Rows, columns, and filters a channel. */
  readonly filter: readonly [h: number, w: number, m: number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: 'valid' | 'same';
}

const one = [1, 1] as const;

/** Every corner once, then combinations. */
const cases: readonly DepthCase[] = [
  // One pixel, one channel, one filter.
  { image: [1, 1, 1, 1], filter: [1, 1, 1], strides: one, dilations: one, padding: 'valid' },
  { image: [1, 1, 1, 3], filter: [3, 3, 1], strides: one, dilations: one, padding: 'same' },
  // Several filters a channel.
  { image: [2, 5, 4, 3], filter: [3, 3, 2], strides: one, dilations: one, padding: 'same' },
  { image: [1, 6, 5, 1], filter: [2, 3, 7], strides: [2, 1], dilations: one, padding: 'valid' },
  // The filter is as large as the image, or larger.
  { image: [2, 5, 4, 2], filter: [5, 4, 1], strides: one, dilations: one, padding: 'valid' },
  { image: [1, 2, 3, 5], filter: [5, 7, 1], strides: one, dilations: one, padding: 'same' },
  // The stride is larger than the filter: pixels that no window touches.
  { image: [2, 9, 8, 5], filter: [2, 2, 1], strides: [3, 4], dilations: one, padding: 'valid' },
  { image: [1, 7, 7, 4], filter: [1, 1, 1], strides: [5, 3], dilations: one, padding: 'same' },
  // Prime channels, more than one vector with a rest; rows of every number of neighbouring results.
  { image: [3, 4, 31, 13], filter: [3, 3, 1], strides: one, dilations: one, padding: 'same' },
  { image: [2, 6, 17, 37], filter: [3, 3, 1], strides: [2, 2], dilations: one, padding: 'same' },
  { image: [1, 5, 23, 16], filter: [5, 5, 1], strides: one, dilations: one, padding: 'valid' },
  // Channels enough for the transposed convolution to go through Winograd's points.
  { image: [2, 8, 7, 18], filter: [3, 3, 14], strides: one, dilations: one, padding: 'valid' },
  { image: [1, 9, 8, 17], filter: [3, 3, 16], strides: one, dilations: one, padding: 'same' },
  // More rows than parts of the filter's gradient.
  { image: [40, 3, 3, 5], filter: [2, 2, 1], strides: one, dilations: one, padding: 'same' },
  ...combinations(),
];

function combinations(): DepthCase[] {
  const made: DepthCase[] = [];
  for (const padding of ['valid', 'same'] as const)
    for (const strides of [one, [2, 2], [2, 3]] as const)
      for (const dilations of [one, [2, 2], [1, 3]] as const)
        for (const channels of [1, 6]) {
          // TF.js allows a stride or a dilation, not both.
          if (strides !== one && dilations !== one) continue;
          const [h, w] = made.length % 2 === 0 ? [7, 8] : [8, 7];
          made.push({ image: [2, h, w, channels], filter: [3, 2, 1], strides, dilations, padding });
        }
  return made;
}

function describeCase({ image, filter, strides, dilations, padding }: DepthCase): string {
  return `[${image}] * [${filter}], stride ${strides}, dilation ${dilations}, ${padding}`;
}

/** An operation with the sizes that its filter and its bias have in a case. */
interface Operation {
  readonly name: string;
  readonly op: (x: tf.Tensor, filter: tf.Tensor, options: Conv2dOptions) => tf.Tensor;
  readonly filterShape: (test: DepthCase) => number[];
  readonly biasSize: (test: DepthCase) => number;
}

const operations: readonly Operation[] = [
  {
    name: 'depthwise convolution',
    op: depthwiseConv2d,
    filterShape: ({ image, filter: [h, w, m] }) => [h, w, image[3], m],
    biasSize: ({ image, filter }) => image[3] * filter[2],
  },
  {
    // The same cases: where a depthwise filter has m filters a channel, this one has m + 2 in all.
    name: 'transposed convolution',
    op: conv2dTranspose,
    filterShape: ({ image, filter: [h, w, m] }) => [h, w, m + 2, image[3]],
    biasSize: ({ filter }) => filter[2] + 2,
  },
];

for (const variant of variants) {
  for (const { name, op, filterShape, biasSize } of operations) {
    describe(`${name}, ${titleOf(variant)}`, () => {
      useEngine(variant);

      it('agrees with the CPU backend, and so do its gradients', async function () {
        this.timeout(60_000);
        for (const test of cases) {
          const { image, strides, dilations, padding } = test;
          await checkAgainstCpu(
            describeCase(test),
            () => {
              const inputs = [
                random(image, 2),
                random(filterShape(test), 3),
                random([biasSize(test)], 4),
              ];
              const compute = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
                op(x, filter, { strides, dilations, padding, bias, activation: 'relu' });
              const [x, filter, bias] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
              const dy = tf.tidy(() => random(compute(x, filter, bias).shape, 5));
              const { value, grads } = tf.valueAndGrads((a, b, c) => compute(a, b, c))(inputs, dy);
              return [value, ...grads];
            },
            2e-5,
          );
        }
      });

      it('has gradients that are its slopes, strided and dilated at once too', async () => {
        const both = { strides: [2, 1], dilations: [2, 3], padding: 'same' } as const;
        const more: DepthCase = { image: [2, 9, 8, 3], filter: [3, 2, 1], ...both };
        for (const test of [...cases.filter((_, i) => i % 4 === 0), more]) {
          await checkSlopes(test, op, filterShape(test));
        }
      });

      it('shows NaN and infinity where they came in, and nowhere else', async () => {
        const image = numbers(72, 1);
        image[28] = NaN;
        image[71] = Infinity;
        await checkAgainstCpu('a NaN and an infinity in the image', () => {
          const filter = name.startsWith('depth') ? [3, 3, 2, 1] : [3, 3, 1, 2];
          return op(tf.tensor4d(image, [1, 6, 6, 2]), tf.fill(filter, 0.5), { padding: 'same' });
        });
      });
    });
  }
}

/** Both operations are linear in either operand, so that a large step makes the differences exact. */
async function checkSlopes(
  test: DepthCase,
  op: Operation['op'],
  filterShape: number[],
): Promise<void> {
  const { image, strides, dilations, padding } = test;
  const x = numbers(sizeOf(image), 6);
  const w = numbers(sizeOf(filterShape), 7);
  const scalar = (a: tf.Tensor, b: tf.Tensor): tf.Scalar => {
    const y = op(a, b, { strides, padding, dilations });
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
