import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { drawsAt, fillBits, purposeKey, sampleKey, streamKey } from '#common/rng';
import { backendName } from '../../../server/training/engine/backend/backend';
import { drawPoisson } from '../../../server/training/engine/ops/poisson';
import {
  addNormalNoise,
  drop,
  dropMask,
  normalNoise,
  photonCounts,
  selectRows,
  uniformNoise,
  type DrawContext,
} from '../../../server/training/engine/ops/random';
import { random, runOn, titleOf, useEngine, variants } from './support';

const key = purposeKey(7, 'dropout/a');
const some = [3, 0, 4_000_000_000, 17];

/** A batch of these samples, as tensors. Negative numbers stand for those beyond 2³¹. */
function batchOf(samples: readonly number[], epoch = 5): DrawContext {
  return {
    epoch: tf.scalar(epoch, 'int32'),
    samples: tf.tensor1d(
      Int32Array.from(samples, (sample) => sample | 0),
      'int32',
    ),
  };
}

/** Runs on the engine and on TF.js' CPU backend, where JavaScript draws. */
async function both(make: () => tf.Tensor): Promise<readonly [Float32Array, Float32Array]> {
  const [engine] = await runOn(backendName, make);
  const [javaScript] = await runOn('cpu', make);
  assert.deepEqual(engine!.shape, javaScript!.shape);
  return [Float32Array.from(engine!.values), Float32Array.from(javaScript!.values)];
}

/** Widths around whole vectors, stretches of 256, and pairs of words. */
const widths = [1, 2, 3, 7, 16, 31, 33, 255, 256, 257, 600];

for (const variant of variants) {
  describe(`random numbers of the engine, ${titleOf(variant)}`, () => {
    useEngine(variant);

    it('drop the values whose words are small, and scale the others', async () => {
      for (const width of widths) {
        const make = () =>
          tf.tidy(() => drop(random([4, width]), { rate: 0.3, scale: 1.5 }, key, batchOf(some)));
        const [found, expected] = await both(make);
        assert.deepEqual(found, expected, `width ${width}`);
      }
      const words = new Uint32Array(600);
      fillBits(streamKey(7, 'dropout/a', 5, some[2]), words);
      const [[mask]] = [await both(() => dropMask([4, 600], { rate: 0.3 }, key, batchOf(some)))];
      const expected = Array.from(words, (word) => (word / 2 ** 32 < 0.3 ? 0 : 1));
      assert.deepEqual([...mask.subarray(1200, 1800)], expected);
    });

    it('drop to another value than zero, and let the gradient through where a value is kept', async () => {
      const options = { rate: 0.4, scale: 1.25, shift: -0.5, dropped: 3 };
      const value = (x: tf.Tensor) => drop(x, options, key, batchOf(some));
      const [found, expected] = await both(() => tf.tidy(() => value(random([4, 5, 9]))));
      assert.deepEqual(found, expected);
      assert.ok(found.includes(3));
      const slope = () =>
        tf.tidy(() => {
          const weights = random([4, 5, 9], 3);
          return tf.grad((x) => tf.sum(tf.mul(value(x), weights)))(random([4, 5, 9]));
        });
      const [gradient, reference] = await both(slope);
      // Either sign of zero will do.
      assert.deepEqual([...gradient].map(String), [...reference].map(String));
      const weights = (await runOn('cpu', () => random([4, 5, 9], 3)))[0]!.values;
      gradient.forEach((dx, i) =>
        assert.equal(dx, found[i] === 3 ? 0 : Math.fround(weights[i]! * 1.25)),
      );
    });

    it('drop nothing at rate 0, nearly all just below 1, and hide no NaN', async () => {
      const [ones] = await both(() => drop(tf.ones([4, 300]), { rate: 0 }, key, batchOf(some)));
      assert.ok(ones.every((value) => value === 1));
      const [zeros] = await both(() =>
        dropMask([4, 300], { rate: 1 - 2 ** -50 }, key, batchOf(some)),
      );
      assert.ok(zeros.every((value) => value === 0));
      const nan = () => drop(tf.fill([4, 300], NaN), { rate: 0.5 }, key, batchOf(some));
      assert.ok((await both(nan))[0].every(Number.isNaN));
    });

    it('are even numbers, those of JavaScript bit by bit', async () => {
      for (const width of widths) {
        const make = () => uniformNoise([4, width], key, batchOf(some), [-2, 3]);
        const [found, expected] = await both(make);
        assert.deepEqual(found, expected, `width ${width}`);
        assert.ok(found.every((value) => value >= -2 && value < 3));
      }
    });

    it('are normal numbers, those of JavaScript to within rounding', async () => {
      for (const width of widths) {
        const noise = () =>
          normalNoise([4, width], key, batchOf(some), { mean: 0.5, deviation: 2 });
        assertNear(...(await both(noise)), 2e-6, `width ${width}`);
      }
      const samples = Array.from({ length: 64 }, (_, i) => i);
      const [found, expected] = await both(() => normalNoise([64, 4000], key, batchOf(samples)));
      assertNear(found, expected, 2e-6, 'many');
      const added = () => tf.tidy(() => addNormalNoise(random([4, 33]), 0.1, key, batchOf(some)));
      assertNear(...(await both(added)), 1e-6, 'added');
    });

    it('choose rows by their draws', async () => {
      const samples = Array.from({ length: 200 }, (_, i) => i);
      const choose = () =>
        tf.tidy(() =>
          selectRows(tf.ones([200, 3]), tf.zeros([200, 3]), [0.25, 0.75], key, batchOf(samples)),
        );
      const [found, expected] = await both(choose);
      assert.deepEqual(found, expected);
      const chosen = found.reduce((sum, value) => sum + value / 3, 0);
      assert.ok(Math.abs(chosen - 100) < 36, String(chosen));
    });

    it('count the photons that JavaScript counts', async () => {
      const light = [0, 0.001, 0.02, 0.0999, 0.1, 0.11, 0.5, 1, 30, 1e4, 1e6, -1];
      const make = () =>
        tf.tidy(() => {
          const x = tf.tile(tf.tensor1d(light), [100]);
          return photonCounts(
            tf.reshape(tf.tile(x, [4]), [4, 1200]),
            { signal: 100, dark: 0, readNoise: 0 },
            key,
            batchOf(some),
          );
        });
      const [found, expected] = await both(make);
      assert.deepEqual(found, expected);
      const first = light.map(
        (x, i) => drawPoisson(100 * Math.max(x, 0), drawsAt(sampleKey(key, 5, 3), i)) / 100,
      );
      assert.deepEqual(found.slice(0, light.length), Float32Array.from(first));
      const noisy = () =>
        tf.tidy(() =>
          photonCounts(
            tf.fill([4, 301], 0.3),
            { signal: 20, dark: 2, readNoise: 1.5 },
            key,
            batchOf(some),
          ),
        );
      assertNear(...(await both(noisy)), 1e-6, 'with read noise');
      const nan = () =>
        photonCounts(
          tf.fill([4, 3], NaN),
          { signal: 20, dark: 2, readNoise: 0 },
          key,
          batchOf(some),
        );
      assert.ok((await both(nan))[0].every(Number.isNaN));
    });

    it('pass the gradient of photons and of noise unchanged', async () => {
      const slope = (value: (x: tf.Tensor) => tf.Tensor) => () =>
        tf.tidy(() => tf.grad((x) => tf.sum(tf.mul(value(x), random([4, 9], 3))))(random([4, 9])));
      const [weights] = await both(() => random([4, 9], 3));
      const counts = (x: tf.Tensor) =>
        photonCounts(x, { signal: 9, dark: 0, readNoise: 0 }, key, batchOf(some));
      for (const found of await both(slope(counts))) assert.deepEqual(found, weights);
      const noisy = (x: tf.Tensor) => addNormalNoise(x, 2, key, batchOf(some));
      for (const found of await both(slope(noisy))) assert.deepEqual(found, weights);
    });
  });
}

describe('random numbers of all engines', () => {
  it('have the same bits on every instruction set, with 1, 2, 3 and 8 threads', async () => {
    const seen = new Set<string>();
    const more = [1, 2, 3, 8].map((threads) => ({ ...variants.at(-1)!, threads }));
    for (const variant of [...variants, ...more]) seen.add(await bitsOf(variant));
    assert.equal(seen.size, 1);
  });
});

/** All kinds of draws of a batch, as text. */
async function bitsOf({ engine: id, ...options }: (typeof variants)[number]): Promise<string> {
  const { openEngine } = await import('../../../server/training/engine/engine');
  const engine = await openEngine(id, options);
  try {
    return tf.tidy(() => {
      const ctx = batchOf(Array.from({ length: 70 }, (_, i) => i * 31));
      const light = tf.abs(random([70, 777]));
      const camera = { signal: 30, dark: 1, readNoise: 2 };
      const all = [
        drop(light, { rate: 0.3, scale: 1.2 }, key, ctx),
        uniformNoise([70, 777], key, ctx),
        normalNoise([70, 777], key, ctx),
        photonCounts(light, camera, key, ctx),
        photonCounts(light, { ...camera, signal: 1000 }, key, ctx),
      ];
      return all
        .map((tensor) => Buffer.from(tensor.dataSync<'float32'>().buffer).toString('base64'))
        .join();
    });
  } finally {
    engine.dispose();
  }
}

function assertNear(
  found: Float32Array,
  expected: Float32Array,
  tolerance: number,
  what: string,
): void {
  found.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!);
    assert.ok(error <= tolerance, `${what}: value ${i} is ${value}, expected ${expected[i]}`);
  });
}
