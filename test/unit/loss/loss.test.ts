import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { lossFunction, type Targets } from '../../../server/training/loss/loss';
import { assertClose, numbers, useEngine } from '../engine/support';

const noImage = (): tf.Tensor4D => tf.zeros([1, 1, 1, 1]);
const crossEntropy = lossFunction({ type: 'softmaxCrossEntropy' });
const squaredError = lossFunction({ type: 'meanSquaredError' });

/** Losses and gradients of rows of logits. */
function crossEntropyOf(rows: readonly number[][], labels: readonly number[]) {
  return tf.tidy(() => {
    const logits = tf.tensor2d(rows as number[][]);
    const targets: Targets = { labels: tf.tensor1d([...labels], 'int32'), object: noImage() };
    const gradient = tf.grad((z) => tf.sum(crossEntropy(z, targets)))(logits);
    return {
      losses: [...crossEntropy(logits, targets).dataSync()],
      gradient: [...gradient.dataSync()],
    };
  });
}

describe('softmax cross-entropy', () => {
  useEngine();

  it('has the values of the reference, one a sample', () => {
    const { losses } = crossEntropyOf(
      [
        [2, 1, 0.1],
        [0.5, 2, -1],
        [0, 0, 3],
      ],
      [0, 1, 1],
    );
    assertClose(losses.slice(0, 1), [0.41703001628], 'first', 1e-7);
    assertClose([losses.reduce((a, b) => a + b) / 3], [1.25108809], 'mean', 1e-7);
  });

  it('has the gradient softmax minus one-hot', () => {
    const { gradient } = crossEntropyOf([[2, 1, 0.1]], [0]);
    const sum = Math.exp(2) + Math.exp(1) + Math.exp(0.1);
    const softmax = [2, 1, 0.1].map((z) => Math.exp(z) / sum);
    assertClose(gradient, [softmax[0]! - 1, softmax[1]!, softmax[2]!], 'gradient', 1e-7);
  });

  it('neither saturates nor overflows', () => {
    const { losses, gradient } = crossEntropyOf(
      [
        [40, 0, 0],
        [80, -80, 0],
        [-80, 80, 80],
        [1e4, 0, -1e4],
      ],
      [1, 1, 0, 0],
    );
    assertClose(losses, [40, 160, 160 + Math.LN2, 0], 'losses', 1e-6);
    assertClose(gradient.slice(0, 3), [1, -1, 0], 'at 40', 1e-6);
    assertClose(gradient.slice(3, 6), [1, -1, 0], 'at 160', 1e-6);
    assertClose(gradient.slice(6, 9), [-1, 0.5, 0.5], 'tie', 1e-6);
    assertClose(gradient.slice(9), [0, 0, 0], 'certain and right', 1e-6);
  });

  it('weighs the gradient of each sample by what comes from above', () => {
    tf.tidy(() => {
      const targets = { labels: tf.tensor1d([0, 1], 'int32'), object: noImage() };
      const weights = tf.tensor1d([1, -3]);
      const gradient = tf.grad((z) => tf.sum(tf.mul(crossEntropy(z, targets), weights)))(
        tf.zeros([2, 2]),
      );
      assertClose(gradient.dataSync(), [-0.5, 0.5, -1.5, 1.5], 'gradient', 1e-7);
    });
  });

  it('can be differentiated inside a tidy of the caller', () => {
    tf.tidy(() => {
      const targets = { labels: tf.tensor1d([1], 'int32'), object: noImage() };
      const gradient = tf.grad((z) => tf.tidy(() => tf.mean(crossEntropy(z, targets))))(
        tf.zeros([1, 2]),
      );
      assertClose(gradient.dataSync(), [0.5, -0.5], 'gradient', 1e-7);
    });
  });
});

describe('mean squared error', () => {
  useEngine();

  it('compares rows of figures with the one-hot label', () => {
    tf.tidy(() => {
      const outputs = tf.tensor2d([0.5, 2, -1, 1, 0, 0], [2, 3]);
      const targets = { labels: tf.tensor1d([1, 0], 'int32'), object: noImage() };
      const losses = squaredError(outputs, targets);
      assertClose(losses.dataSync(), [(0.25 + 1 + 1) / 3, 0], 'losses', 1e-7);
      const gradient = tf.grad((y) => tf.sum(squaredError(y, targets)))(outputs);
      assertClose(gradient.dataSync(), [1 / 3, 2 / 3, -2 / 3, 0, 0, 0], 'gradient', 1e-7);
    });
  });

  it('compares images with the object before the instrument', () => {
    tf.tidy(() => {
      const [object, outputs] = [numbers(24, 1), numbers(24, 2)];
      const shape: [number, number, number, number] = [2, 2, 3, 2];
      const losses = squaredError(tf.tensor4d(outputs, shape), {
        labels: tf.tensor1d([0, 0], 'int32'),
        object: tf.tensor4d(object, shape),
      });
      const expected = [0, 12].map((start) => {
        let sum = 0;
        for (let i = start; i < start + 12; i++) sum += (outputs[i]! - object[i]!) ** 2;
        return sum / 12;
      });
      assertClose(losses.dataSync(), expected, 'losses', 1e-6);
    });
  });

  it('gives one value a sample', () => {
    tf.tidy(() => {
      const targets = { labels: tf.tensor1d([0, 0, 0], 'int32'), object: noImage() };
      assert.deepEqual(squaredError(tf.zeros([3, 2]), targets).shape, [3]);
    });
  });
});
