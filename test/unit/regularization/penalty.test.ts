import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../../server/training/model/network';
import { valueAndGradients } from '../../../server/training/gradients';
import { penalty } from '../../../server/training/regularization/penalty';
import { assertClose, useEngine } from '../engine/support';
import { networkOf, trainableOf } from '../model/support';
import assert from 'node:assert/strict';

describe('L2 regularization', () => {
  useEngine();
  let network: Network;
  before(() => {
    network = networkOf(
      [
        { type: 'dense', units: 1 },
        { type: 'batchNormalization' },
        { type: 'dense', units: 2, useBias: false },
      ],
      [3],
      {
        'dense/kernel': [1, -2, 0.5],
        'dense/bias': [10],
        'dense_1/kernel': [3, -1],
        'batchNormalization/gamma': [7],
      },
    );
  });

  it('is λ Σ w² over kernels alone, without ½', () => {
    const value = tf.tidy(() => penalty({ type: 'l2', lambda: 0.1 }, network).dataSync());
    assertClose(value, [0.1 * (1 + 4 + 0.25 + 9 + 1)], 'penalty', 1e-6);
  });

  it('pulls kernels by 2 λ w and leaves biases and norms alone', () => {
    tf.tidy(() => {
      const variables = trainableOf(network);
      const { gradients } = valueAndGradients(
        () => penalty({ type: 'l2', lambda: 0.1 }, network),
        variables,
      );
      assert.deepEqual([...gradients.keys()], ['dense/kernel', 'dense_1/kernel']);
      assertClose(gradients.get('dense/kernel')!.dataSync(), [0.2, -0.4, 0.1], 'dense', 1e-6);
      assertClose(gradients.get('dense_1/kernel')!.dataSync(), [0.6, -0.2], 'dense_1', 1e-6);
    });
  });

  it('is 0 without regularization or kernels', () => {
    tf.tidy(() => {
      assert.equal(penalty(undefined, network).dataSync()[0], 0);
      const flat = networkOf([{ type: 'flatten' }], [3]);
      assert.equal(penalty({ type: 'l2', lambda: 1 }, flat).dataSync()[0], 0);
    });
  });
});
