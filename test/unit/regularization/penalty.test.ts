import * as tf from '@tensorflow/tfjs-core';
import type { RegularizerValue } from '#common/catalogue/regularizers';
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

describe('L1 and elastic net', () => {
  useEngine();

  /** The penalty of one kernel with its gradient. */
  function penaltyOf(value: RegularizerValue | undefined, own?: object): readonly number[] {
    const layer = { type: 'dense', units: 1, ...(own ? { kernelRegularizer: own } : {}) };
    const network = networkOf([layer], [3], { 'dense/kernel': [1, -2, 0.5] });
    const found = tf.tidy(() => {
      const { value: sum, gradients } = valueAndGradients(
        () => penalty(value, network),
        trainableOf(network),
      );
      const gradient = gradients.get('dense/kernel')?.dataSync() ?? [];
      return [sum.dataSync()[0]!, ...gradient] as unknown as tf.TensorContainer;
    }) as unknown as number[];
    network.dispose();
    return found;
  }

  it('have the values and gradients of the reference', () => {
    const net = { type: 'elasticNet', lambda: 1, beta: 0.1 } as const;
    assertClose(penaltyOf(net), [4.025, 1.2, -1.4, 1.1], 'elastic net', 1e-7);
    assertClose(penaltyOf({ type: 'l1', lambda: 2 }), [7, 2, -2, 2], 'L1', 1e-7);
    assertClose(penaltyOf({ ...net, lambda: 0.5 }), [2.0125, 0.6, -0.7, 0.55], 'λ', 1e-7);
  });

  it('of a layer take the place of those of the model', () => {
    const own = { type: 'l1', lambda: 2 };
    assertClose(penaltyOf({ type: 'l2', lambda: 1 }, own), [7, 2, -2, 2], 'instead', 1e-7);
    assertClose(penaltyOf({ type: 'l2', lambda: 1 }), [5.25, 2, -4, 1], 'without', 1e-7);
    const none = { type: 'l2', lambda: 0 };
    assertClose(penaltyOf({ type: 'l2', lambda: 1 }, none), [0, 0, 0, 0], 'none', 1e-7);
  });

  it('have no slope at 0', () => {
    const network = networkOf([{ type: 'dense', units: 1 }], [2], { 'dense/kernel': [0, -0] });
    tf.tidy(() => {
      const compute = (): tf.Scalar => penalty({ type: 'l1', lambda: 1 }, network);
      const { gradients } = valueAndGradients(compute, trainableOf(network));
      const slopes = [...gradients.get('dense/kernel')!.dataSync()];
      assert.ok(slopes.every((slope) => slope === 0));
    });
    network.dispose();
  });
});
