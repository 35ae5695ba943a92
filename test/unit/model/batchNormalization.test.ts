import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../../server/training/model/network';
import { assertClose, useEngine } from '../engine/support';
import { contextOf, networkOf, trainableOf } from './support';

/** Normalizes four samples of one feature. */
function apply(network: Network, training: boolean): readonly number[] {
  return tf.tidy(() => {
    const x = tf.tensor2d([1, 2, 3, 4], [4, 1]);
    return [...network.apply(x, contextOf(4, { training })).dataSync()];
  });
}

function valueOf(network: Network, name: string): number {
  return network.weights.get(`batchNormalization/${name}`)!.variable.dataSync()[0]!;
}

describe('batch normalization', () => {
  useEngine();

  it('uses the biased variance of the batch and moves its averages, as Keras does', () => {
    const network = networkOf([{ type: 'batchNormalization' }], [1]);
    assertClose(apply(network, true), [-1.3411, -0.44703, 0.44703, 1.3411], 'output', 1e-5);
    assertClose([valueOf(network, 'movingMean')], [0.025], 'mean', 1e-7);
    assertClose([valueOf(network, 'movingVariance')], [1.0025], 'variance', 1e-6);
    network.dispose();
  });

  it('moves its variance by the unbiased one of the batch when asked to, as PyTorch does', () => {
    const network = networkOf([{ type: 'batchNormalization', unbiased: true }], [1]);
    assertClose(apply(network, true), [-1.3411, -0.44703, 0.44703, 1.3411], 'output', 1e-5);
    assertClose([valueOf(network, 'movingVariance')], [0.99 + 0.01 * (5 / 3)], 'variance', 1e-6);
    network.dispose();
  });

  it('has no variance of a single value, unbiased or not', () => {
    for (const isUnbiased of [false, true]) {
      const network = networkOf([{ type: 'batchNormalization', unbiased: isUnbiased }], [1]);
      tf.tidy(() => void network.apply(tf.tensor2d([5], [1, 1]), contextOf(1)));
      assertClose([valueOf(network, 'movingVariance')], [0.99], 'variance', 1e-6);
      network.dispose();
    }
  });

  it('uses its averages in evaluation and leaves them alone', () => {
    const network = networkOf([{ type: 'batchNormalization' }], [1], {
      'batchNormalization/movingMean': [2],
      'batchNormalization/movingVariance': [3.999],
      'batchNormalization/gamma': [4],
      'batchNormalization/beta': [1],
    });
    assertClose(apply(network, false), [-1, 1, 3, 5], 'output', 1e-6);
    assert.equal(valueOf(network, 'movingMean'), 2);
    network.dispose();
  });

  for (const given of [{ scale: false }, { center: false }, { scale: false, center: false }]) {
    it(`works with ${JSON.stringify(given)}`, () => {
      const network = networkOf([{ type: 'batchNormalization', ...given }], [1]);
      assertClose(apply(network, true), [-1.3411, -0.44703, 0.44703, 1.3411], 'training', 1e-5);
      const [mean, deviation] = [0.025, Math.sqrt(1.0025 + 1e-3)];
      const expected = [1, 2, 3, 4].map((x) => (x - mean) / deviation);
      assertClose(apply(network, false), expected, 'evaluation', 1e-6);
      network.dispose();
    });
  }

  it('takes figures over the batch and the image for every channel by itself', () => {
    const network = networkOf([{ type: 'batchNormalization', epsilon: 1e-9 }], [1, 2, 2]);
    const output = tf.tidy(() =>
      network
        .apply(tf.tensor4d([1, 10, 3, 10, 5, 20, 7, 20], [2, 1, 2, 2]), contextOf(2))
        .dataSync(),
    );
    const [a, b] = [3 / Math.sqrt(5), 1 / Math.sqrt(5)];
    assertClose(output, [-a, -1, -b, -1, b, 1, a, 1], 'output', 1e-6);
    network.dispose();
  });

  it('stays as it is when it is frozen, in training too', () => {
    const network = networkOf([{ type: 'batchNormalization', trainable: false }], [1], {
      'batchNormalization/movingMean': [2],
      'batchNormalization/movingVariance': [3.999],
      'batchNormalization/gamma': [4],
      'batchNormalization/beta': [1],
    });
    assertClose(apply(network, true), [-1, 1, 3, 5], 'output', 1e-6);
    assert.equal(valueOf(network, 'movingMean'), 2);
    assert.equal(trainableOf(network).size, 0);
    tf.tidy(() => {
      const slope = tf.grad((x) => network.apply(x, contextOf(4)));
      const dy = tf.tensor2d([1, -1, 2, 0.5], [4, 1]);
      assertClose(slope(tf.zeros([4, 1]), dy).dataSync(), [2, -2, 4, 1], 'slope', 1e-6);
    });
    network.dispose();
  });
});
