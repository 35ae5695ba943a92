import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
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
