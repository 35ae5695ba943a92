import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { NormalizationValue } from '#common/catalogue/normalization';
import { CodedError } from '#common/protocol/rpc';
import {
  fitNormalizer,
  restoreNormalizer,
} from '../../../server/training/normalization/normalizer';
import { fitPercentiles } from '../../../server/training/normalization/percentiles';
import { assertClose, useEngine } from '../engine/support';
import { checkGradients } from '../model/support';

/** Two images of 2 × 2 pixels with two channels; figures below are NumPy's. */
const values = [0.1, 0.9, 0.25, 0.4, 0.7, 0.05, 0.33, 0.6, 0.2, 0.8, 0.15, 1, 0.5, 0, 0.45, 0.3];
const standardize = { type: 'standardize', scope: 'dataset', perChannel: false } as const;
const rescale = {
  type: 'rescale',
  scope: 'dataset',
  perChannel: false,
  minimum: 0,
  maximum: 1,
} as const;

const percentile = {
  type: 'percentile',
  scope: 'dataset',
  perChannel: false,
  lower: 10,
  upper: 90,
  minimum: 0,
  maximum: 1,
  clip: false,
} as const;

function images(): tf.Tensor4D {
  return tf.tensor4d(values, [2, 2, 2, 2]);
}

/** The two images, given one by one. */
function* oneByOne(): Iterable<tf.Tensor4D> {
  for (const start of [0, 8]) {
    const batch = tf.tensor4d(values.slice(start, start + 8), [1, 2, 2, 2]);
    yield batch;
    batch.dispose();
  }
}

/** Fits on the two images and applies to both. */
async function apply(value: NormalizationValue): Promise<{
  readonly state: Readonly<Record<string, number[]>>;
  readonly output: readonly number[];
}> {
  const normalizer = await fitNormalizer(value, oneByOne(), 2);
  const output = tf.tidy(() => [...normalizer.apply(images()).dataSync()]);
  normalizer.dispose();
  const state = Object.fromEntries(
    [...normalizer.state].map(([name, figure]) => [name, [...figure]]),
  );
  return { state, output };
}

/** Applies a formula with figures for the group of each value: by image and channel. */
function expected(formula: (x: number, image: number, channel: number) => number): number[] {
  return values.map((x, i) => formula(x, i >> 3, i & 1));
}

describe('normalization', () => {
  useEngine();

  it('standardizes by the figures of the data set', async () => {
    const { state, output } = await apply(standardize);
    assertClose(state['normalization/mean']!, [0.420625], 'mean', 1e-7);
    assertClose(state['normalization/deviation']!, [0.29770935385875935], 'deviation', 1e-7);
    assertClose(output.slice(0, 4), [-1.07697322, 1.61021142, -0.57312694, -0.06927898], 'y', 1e-6);
  });

  it('standardizes every channel by itself', async () => {
    const [mean, sd] = [
      [0.335, 0.50625],
      [0.18993419913222576, 0.3557013318783049],
    ];
    const { state, output } = await apply({ ...standardize, perChannel: true });
    assertClose(state['normalization/mean']!, mean!, 'mean', 1e-7);
    assertClose(state['normalization/deviation']!, sd!, 'deviation', 1e-7);
    assertClose(
      output,
      expected((x, _, c) => (x - mean![c]!) / sd![c]!),
      'y',
      1e-6,
    );
  });

  it('standardizes every image by itself', async () => {
    const [mean, sd] = [
      [0.41625, 0.425],
      [0.2778910532924729, 0.3162277660168379],
    ];
    const { state, output } = await apply({ ...standardize, scope: 'instance' });
    assert.deepEqual(state, {});
    assertClose(
      output,
      expected((x, i) => (x - mean![i]!) / sd![i]!),
      'y',
      1e-6,
    );
  });

  it('standardizes every channel of every image by itself', async () => {
    const mean = [
      [0.345, 0.4875],
      [0.325, 0.525],
    ];
    const sd = [
      [0.22096379793984353, 0.3089801773577069],
      [0.15206906325745548, 0.3960744879438715],
    ];
    const { output } = await apply({ ...standardize, scope: 'instance', perChannel: true });
    assertClose(
      output,
      expected((x, i, c) => (x - mean[i]![c]!) / sd[i]![c]!),
      'y',
      1e-6,
    );
  });

  it('rescales to a range, over the data set, channels or images', async () => {
    const range = { minimum: -1, maximum: 1 };
    assertClose(
      (await apply({ ...rescale, ...range })).output,
      expected((x) => 2 * x - 1),
      'data set',
      1e-6,
    );
    const channels = [
      [0.1, 0.7],
      [0, 1],
    ];
    const perChannel = await apply({ ...rescale, perChannel: true });
    const scale = (x: number, [low, high]: readonly number[]) => (x - low!) / (high! - low!);
    assertClose(
      perChannel.output,
      expected((x, _, c) => scale(x, channels[c]!)),
      'channels',
      1e-6,
    );
    const byImage = [
      [0.05, 0.9],
      [0, 1],
    ];
    const instance = await apply({ ...rescale, scope: 'instance' });
    assertClose(
      instance.output,
      expected((x, i) => scale(x, byImage[i]!)),
      'images',
      1e-6,
    );
  });

  it('maps percentiles of the data set, of channels, of images and of their channels', async () => {
    // By the linear rule of NumPy's percentile, at 10 and 90.
    const wide = { ...percentile, minimum: -1, maximum: 1 };
    const scale = (x: number, [low, high]: readonly number[]) =>
      -1 + (2 * (x - low!)) / (high! - low!);
    const all = await apply(wide);
    assertClose(all.state['normalization/lower']!, [0.075], 'lower', 1e-7);
    assertClose(all.state['normalization/upper']!, [0.85], 'upper', 1e-7);
    assertClose(
      all.output,
      expected((x) => scale(x, [0.075, 0.85])),
      'data set',
      1e-6,
    );
    const channels = [
      [0.135, 0.56],
      [0.035, 0.93],
    ];
    const perChannel = await apply({ ...wide, perChannel: true });
    assertClose(
      perChannel.output,
      expected((x, _, c) => scale(x, channels[c]!)),
      'channels',
      1e-6,
    );
    const images = [
      [0.085, 0.76],
      [0.105, 0.86],
    ];
    const instance = await apply({ ...wide, scope: 'instance' });
    assert.deepEqual(instance.state, {});
    assertClose(
      instance.output,
      expected((x, i) => scale(x, images[i]!)),
      'images',
      1e-6,
    );
    const both = [
      [
        [0.145, 0.589],
        [0.155, 0.81],
      ],
      [
        [0.165, 0.485],
        [0.09, 0.94],
      ],
    ];
    const each = await apply({ ...wide, scope: 'instance', perChannel: true });
    assertClose(
      each.output,
      expected((x, i, c) => scale(x, both[i]![c]!)),
      'both',
      1e-6,
    );
  });

  it('cuts what lies beyond the percentiles, or not', async () => {
    const cut = (await apply({ ...percentile, clip: true })).output;
    assert.deepEqual([Math.min(...cut), Math.max(...cut)], [0, 1]);
    const whole = (await apply(percentile)).output;
    assert.ok(Math.min(...whole) < -0.05 && Math.max(...whole) > 1.05);
  });

  it('takes all values for percentiles as long as there is room, then whole images', () => {
    const fitter = fitPercentiles(1);
    const images = 40;
    const size = 2 ** 18;
    for (let i = 0; i < images; i++) fitter.add(new Float32Array(size).fill(i), 1);
    // Forty images of 2¹⁸ values are more than 2²³: every second one is left.
    assert.equal(fitter.percentile(0, 0), 0);
    assert.equal(fitter.percentile(0, 100), 38);
    assert.ok(Math.abs(fitter.percentile(0, 50) - 19) <= 1);
  });

  it('takes numbers that are given, for all channels or for each', async () => {
    const one = await apply({ type: 'fixed', mean: 0.5, deviation: 0.25 });
    assert.deepEqual(one.state, {});
    assertClose(
      one.output,
      expected((x) => (x - 0.5) / 0.25),
      'one',
      1e-6,
    );
    const each = await apply({ type: 'fixed', mean: [0.1, 0.2], deviation: [2, 4] });
    assertClose(
      each.output,
      expected((x, _, c) => (c === 0 ? (x - 0.1) / 2 : (x - 0.2) / 4)),
      'each',
      1e-6,
    );
  });

  it('keeps a constant image finite, and its gradient', async () => {
    const x = tf.fill([1, 2, 2, 1], 0.5) as tf.Tensor4D;
    for (const value of [standardize, rescale, percentile]) {
      for (const scope of ['dataset', 'instance'] as const) {
        const normalizer = await fitNormalizer({ ...value, scope }, [x], 1);
        tf.tidy(() => {
          assert.deepEqual([...normalizer.apply(x).dataSync()], [0, 0, 0, 0]);
          const slope = tf.grad((image) => tf.sum(normalizer.apply(image as tf.Tensor4D)))(x);
          assert.ok(slope.dataSync().every(Number.isFinite), `${value.type} ${scope}`);
        });
        normalizer.dispose();
      }
    }
    x.dispose();
  });

  it('adds up in double precision', async () => {
    // Around 1000 single precision resolves 6e-5; its running sums would lose the spread altogether.
    const wide = Float32Array.from({ length: 30_000 }, (_, i) => 1000 + (i % 12) * 0.001);
    const list = [...wide];
    const mean = list.reduce((sum, x) => sum + (x - 1000), 0) / list.length;
    const spread = list.reduce((sum, x) => sum + (x - 1000 - mean) ** 2, 0) / list.length;
    const x = tf.tensor4d(wide, [3, 100, 100, 1]);
    const normalizer = await fitNormalizer(standardize, [x], 1);
    const { state } = normalizer;
    assertClose([state.get('normalization/mean')![0]! - 1000], [mean], 'mean', 1e-4);
    const deviation = state.get('normalization/deviation')![0]!;
    assert.ok(Math.abs(deviation / Math.sqrt(spread) - 1) < 1e-6, `deviation ${deviation}`);
    normalizer.dispose();
    x.dispose();
  });

  it('lets the gradient pass where percentiles of the image count as constants', async () => {
    const value = { ...percentile, scope: 'instance', lower: 0, upper: 100 } as const;
    const normalizer = await fitNormalizer(value, [], 1);
    tf.tidy(() => {
      const x = tf.tensor4d([0.2, 0.4, 0.7], [1, 1, 3, 1]);
      const slope = tf.grad((image) => tf.sum(normalizer.apply(image as tf.Tensor4D)))(x);
      assertClose([...slope.dataSync()], [2, 2, 2], 'slope', 1e-5);
    });
  });

  it('is differentiable in its input', async () => {
    for (const scope of ['dataset', 'instance'] as const) {
      for (const value of [standardize, rescale]) {
        const normalizer = await fitNormalizer(
          { ...value, scope, perChannel: true },
          oneByOne(),
          2,
        );
        const x = tf.tidy(() => tf.variable(images()));
        const weights = tf.tensor(
          values.map((_, i) => Math.sin(i + 1)),
          [2, 2, 2, 2],
        );
        checkGradients(
          () => tf.sum(tf.mul(normalizer.apply(x as tf.Tensor as tf.Tensor4D), weights)),
          new Map([['x', x]]),
          { entries: 16, tolerance: 5e-3 },
        );
        tf.dispose([x, weights]);
        normalizer.dispose();
      }
    }
  });

  it('comes back from its state bit by bit', async () => {
    for (const value of [standardize, rescale, percentile, { ...standardize, perChannel: true }]) {
      const fitted = await fitNormalizer(value, oneByOne(), 2);
      const restored = restoreNormalizer(value, fitted.state);
      assert.deepEqual(restored.state, fitted.state);
      tf.tidy(() =>
        assert.deepEqual(restored.apply(images()).dataSync(), fitted.apply(images()).dataSync()),
      );
      fitted.dispose();
      restored.dispose();
    }
  });

  it('refuses a state without its figures', () => {
    assert.throws(
      () => restoreNormalizer(standardize, new Map([['normalization/mean', Float32Array.of(0)]])),
      (error) => error instanceof CodedError && /"normalization\/deviation"/.test(error.message),
    );
  });

  it('asks for no batch where nothing is fitted, and then changes nothing', async () => {
    const never: Iterable<tf.Tensor4D> = {
      [Symbol.iterator]: () => assert.fail('a batch was asked for'),
    };
    (await fitNormalizer({ ...standardize, scope: 'instance' }, never, 1)).dispose();
    const none = await fitNormalizer(undefined, never, 1);
    tf.tidy(() => {
      const x = images();
      assert.equal(none.apply(x), x);
    });
    assert.equal(none.state.size, 0);
  });
});
