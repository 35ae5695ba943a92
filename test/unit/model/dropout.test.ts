import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { fillNormal } from '#common/rng';
import type { Network } from '../../../server/training/model/network';
import { useEngine } from '../engine/support';
import { contextOf, networkOf, type PassOptions } from './support';

const width = 1000;

describe('dropout', () => {
  useEngine();
  let network: Network;
  before(() => {
    network = networkOf(
      [
        { type: 'dropout', rate: 0.25 },
        { type: 'dropout', rate: 0.5 },
      ],
      [width],
    );
  });

  /** What becomes of ones, row by row. */
  function onesAfter(count: number, changes: PassOptions = {}): readonly Float32Array[] {
    const values = tf.tidy(() =>
      network.apply(tf.ones([count, width]), contextOf(count, changes)).dataSync<'float32'>(),
    );
    return Array.from({ length: count }, (_, row) =>
      values.subarray(row * width, (row + 1) * width),
    );
  }

  it('drops at its rate and scales up the rest', () => {
    const values = onesAfter(100).flatMap((row) => [...row]);
    const kept = values.filter((value) => value !== 0);
    assert.deepEqual(new Set(kept), new Set([Math.fround(2 * Math.fround(1 / 0.75))]));
    // Five standard errors of a part of 0.75 · 0.5 in 100 000.
    const part = kept.length / values.length;
    assert.ok(Math.abs(part - 0.375) < 5 * Math.sqrt((0.375 * 0.625) / values.length), `${part}`);
  });

  it('does nothing in evaluation', () => {
    assert.ok(onesAfter(3, { training: false }).every((row) => row.every((value) => value === 1)));
  });

  it('has a mask for every sample, epoch and seed, wherever the sample stands', () => {
    const [first, second] = onesAfter(2);
    assert.notDeepEqual(first, second);
    const turned = onesAfter(2, { samples: [1, 0] });
    assert.deepEqual(turned, [second, first]);
    assert.notDeepEqual(onesAfter(1, { epoch: 2 })[0], first);
    assert.notDeepEqual(onesAfter(1, { seed: 8 })[0], first);
    assert.deepEqual(onesAfter(1)[0], first);
  });

  it('has masks of its own for every layer', () => {
    const masks = ['dropout', 'other'].map((name) => {
      const single = networkOf([{ type: 'dropout', rate: 0.5, name }], [width]);
      return tf.tidy(() => [...single.apply(tf.ones([1, width]), contextOf(1)).dataSync()]);
    });
    assert.notDeepEqual(masks[0], masks[1]);
  });
});

/** What a layer makes of a batch. */
function outputOf(
  layer: object,
  x: Float32Array,
  shape: readonly number[],
  changes: PassOptions = {},
): Float32Array {
  const network = networkOf([layer], shape.slice(1));
  const output = tf.tidy(() =>
    network.apply(tf.tensor(x, [...shape]), contextOf(shape[0]!, changes)).dataSync<'float32'>(),
  );
  network.dispose();
  return output;
}

function momentsOf(values: Float32Array): readonly [mean: number, variance: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
}

describe('the kinds of dropout', () => {
  useEngine();
  const ones = new Float32Array(100 * 8 * 10 * 10).fill(1);

  for (const layer of [
    { type: 'dropout', rate: 0.3 },
    { type: 'dropout', rate: 0.3, mode: 'weightScaled' },
    { type: 'spatialDropout2d', rate: 0.3 },
    { type: 'gaussianDropout', rate: 0.3 },
    { type: 'stochasticDepth', rate: 0.3 },
  ]) {
    it(`${Object.values(layer).join(' ')}: expects in training what evaluation gives`, () => {
      const shape = [800, 10, 10, 1];
      const [mean] = momentsOf(outputOf(layer, ones, shape));
      const evaluated = outputOf(layer, ones, shape, { training: false });
      assert.equal(new Set(evaluated).size, 1);
      // The factor of a sample has a variance of 3/7 at most, and 800 samples have one each at least.
      assert.ok(Math.abs(mean - evaluated[0]!) < 5 * Math.sqrt(3 / 7 / 800), String(mean));
    });
  }

  it('scaled by its weights, leaves values alone in training and scales them in evaluation', () => {
    const layer = { type: 'dropout', rate: 0.25, mode: 'weightScaled' };
    assert.deepEqual(new Set(outputOf(layer, ones, [100, 800])), new Set([0, 1]));
    const evaluated = outputOf(layer, ones, [100, 800], { training: false });
    assert.deepEqual(new Set(evaluated), new Set([0.75]));
  });

  it('spatial, drops whole channels of a sample', () => {
    const values = outputOf({ type: 'spatialDropout2d', rate: 0.5 }, ones, [100, 10, 10, 8]);
    const first = Array.from({ length: 800 }, (_, i) => values[Math.floor(i / 8) * 800 + (i % 8)]!);
    assert.ok(values.every((value, i) => value === first[Math.floor(i / 800) * 8 + (i % 8)]));
    assert.deepEqual(new Set(first), new Set([0, 2]));
    const dropped = first.filter((value) => value === 0).length;
    assert.ok(Math.abs(dropped - 400) < 5 * Math.sqrt(200), String(dropped));
  });

  it('stochastic depth drops all of a sample', () => {
    const values = outputOf({ type: 'stochasticDepth', rate: 0.2 }, ones, [800, 10, 10, 1]);
    const first = Array.from({ length: 800 }, (_, sample) => values[sample * 100]!);
    assert.ok(values.every((value, i) => value === first[Math.floor(i / 100)]));
    const dropped = first.filter((value) => value === 0).length;
    assert.ok(Math.abs(dropped - 160) < 5 * Math.sqrt(800 * 0.16), String(dropped));
    assert.deepEqual(new Set(first), new Set([0, 1.25]));
  });

  it('alpha keeps mean 0 and variance 1, and has the values of its paper', () => {
    const standard = new Float32Array(80_000);
    fillNormal([1, 2], standard);
    const layer = { type: 'alphaDropout', rate: 0.2 };
    const values = outputOf(layer, standard, [100, 800]);
    const [mean, variance] = momentsOf(values);
    assert.ok(Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.03, `${mean} ${variance}`);
    // a = ((1 − p)(1 + p α′²))^−½ = 0.8786…, b = −a α′ p; dropped: a α′ + b.
    const a = 1 / Math.sqrt(0.8 * (1 + 0.2 * 1.7580993408473766 ** 2));
    const dropped = Math.fround(-a * 1.7580993408473766 * 0.8);
    values.forEach((value, i) => {
      const kept = a * standard[i]! + a * 1.7580993408473766 * 0.2;
      assert.ok(Math.min(Math.abs(value - kept), Math.abs(value - dropped)) < 1e-6);
    });
    assert.deepEqual(outputOf(layer, standard, [100, 800], { training: false }), standard);
  });

  it('Gaussian, has the variance of dropout of its rate', () => {
    const [mean, variance] = momentsOf(
      outputOf({ type: 'gaussianDropout', rate: 0.2 }, ones, [100, 800]),
    );
    assert.ok(Math.abs(mean - 1) < 0.01 && Math.abs(variance - 0.25) < 0.007);
  });

  it('DropConnect leaves weights out, the same for all of a step, and learns the others', () => {
    const layer = { type: 'dense', units: 50, useBias: false, dropConnect: 0.4, name: 'd' };
    const network = networkOf([layer], [20], { 'd/kernel': new Array(1000).fill(1) });
    tf.tidy(() => {
      const one = tf.eye(20);
      const seen = network.apply(one, contextOf(20)).dataSync<'float32'>();
      assert.deepEqual(new Set(seen), new Set([0, Math.fround(1 / 0.6)]));
      const dropped = seen.filter((value) => value === 0).length;
      assert.ok(Math.abs(dropped - 400) < 5 * Math.sqrt(240), String(dropped));
      const kernel = network.weights.get('d/kernel')!.variable;
      const { grads } = tf.variableGrads(
        () => tf.sum(network.apply(one, contextOf(20))) as tf.Scalar,
        [kernel],
      );
      assert.deepEqual([...grads[kernel.name]!.dataSync()], [...seen]);
      const evaluated = network.apply(one, contextOf(20, { training: false })).dataSync();
      assert.deepEqual(new Set(evaluated), new Set([1]));
    });
  });
});
