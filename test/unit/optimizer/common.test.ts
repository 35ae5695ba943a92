import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { clipGradients } from '../../../server/training/optimizer/clip';
import { createOptimizer, type Optimizer } from '../../../server/training/optimizer/optimizer';
import { assertClose, useEngine } from '../engine/support';
import { experimentWith, ratesOf } from '../model/support';

/** An optimizer of one weight, which starts at 1, as the training loop uses it. */
function single(value: object) {
  const w = tf.tidy(() => tf.variable(tf.fill([2], 1)));
  const optimizer = createOptimizer(experimentWith({ optimizer: value }).optimizer, [
    { name: 'all', variables: new Map([['w', w]]), decaying: new Set(['w']) },
  ]);
  return {
    optimizer,
    w: () => w.dataSync()[0]!,
    step(gradient: number): void {
      takeIn(optimizer, () => new Map([['w', tf.fill([2], gradient)]]));
    },
    dispose: () => (optimizer.dispose(), w.dispose()),
  };
}

function takeIn(optimizer: Optimizer, gradients: () => ReadonlyMap<string, tf.Tensor>): void {
  tf.tidy(() => {
    if (optimizer.isUpdateNext) optimizer.apply(gradients(), ratesOf(optimizer));
    else optimizer.accumulate(gradients());
  });
  optimizer.countStep();
}

describe('what optimizers have in common', () => {
  useEngine();

  it('decay weights apart from the gradient', () => {
    const one = single({ type: 'sgd', learningRate: 0.1, weightDecay: 0.5 });
    one.step(2);
    assertClose([one.w()], [1 * (1 - 0.1 * 0.5) - 0.2], 'sgd', 1e-6);
    one.dispose();
    // Adam's scaling does not touch the decay: with a gradient of 0 it alone moves the weight.
    const adamW = single({ type: 'adamW', learningRate: 0.1, weightDecay: 0.01 });
    for (let i = 0; i < 3; i++) adamW.step(0);
    assertClose([adamW.w()], [(1 - 0.001) ** 3], 'adamW', 1e-6);
    adamW.dispose();
  });

  it('make one update of the mean gradient of several batches', () => {
    const parts = single({ type: 'momentum', learningRate: 0.1, gradientAccumulationSteps: 3 });
    const whole = single({ type: 'momentum', learningRate: 0.1 });
    for (const [gradients, mean] of [
      [[1, 2, 6], 3],
      [[-1, 0, 4], 1],
    ] as const) {
      const before = parts.w();
      for (const [i, gradient] of gradients.entries()) {
        assert.equal(parts.w(), before, `batch ${i}`);
        parts.step(gradient);
      }
      whole.step(mean);
      assertClose([parts.w()], [whole.w()], 'after the update', 1e-6);
    }
    assert.equal(parts.optimizer.steps, 6);
    parts.dispose();
    whole.dispose();
  });

  it('keep a running average of the weights that begins with the first update', () => {
    const one = single({ type: 'sgd', learningRate: 0.1, emaMomentum: 0.9 });
    let expected = 0;
    for (const [i, gradient] of [1, -2, 3, 0.5].entries()) {
      one.step(gradient);
      expected = i === 0 ? one.w() : 0.9 * expected + 0.1 * one.w();
      assertClose(
        one.optimizer.averages.get('w')!.dataSync().slice(0, 1),
        [expected],
        `${i}`,
        1e-6,
      );
    }
    one.dispose();
  });

  it('clip by value, by norm and by the norm of all', () => {
    tf.tidy(() => {
      const gradients = new Map<string, tf.Tensor>([
        ['a', tf.tensor1d([3, -4])],
        ['b', tf.tensor1d([0.3, 0.4, 12])],
      ]);
      const clipped = (limits: object) =>
        [...clipGradients(gradients, limits).values()].map((g) => [...g.dataSync()]);
      assertClose(clipped({ clipValue: 1 }).flat(), [1, -1, 0.3, 0.4, 1], 'value', 1e-6);
      const norm = Math.hypot(0.3, 0.4, 12);
      assertClose(clipped({ clipNorm: 10 }).flat(), [3, -4, ...[0.3, 0.4, 12].map((g) => (10 * g) / norm)], 'norm', 1e-6); // prettier-ignore
      const all = Math.hypot(3, 4, 0.3, 0.4, 12);
      assertClose(clipped({ globalClipNorm: 1 }).flat(), [3, -4, 0.3, 0.4, 12].map((g) => g / all), 'global', 1e-6); // prettier-ignore
      assertClose(
        clipped({ globalClipNorm: 20 }).flat(),
        [3, -4, 0.3, 0.4, 12],
        'short enough',
        1e-6,
      );
      assert.equal(clipGradients(gradients, {}), gradients);
      // A gradient of 0 stays 0.
      const none = new Map([['a', tf.zeros([2])]]);
      assert.deepEqual([...clipGradients(none, { clipNorm: 1 }).get('a')!.dataSync()], [0, 0]);
    });
  });
});
