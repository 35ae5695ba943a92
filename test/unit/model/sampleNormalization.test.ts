import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '#common/catalogue/component';
import { assertClose, numbers, useEngine } from '../engine/support';
import { contextOf, networkOf } from './support';

const epsilon = 1e-5;

/** Runs one layer on samples. */
function apply(
  layer: object,
  input: Shape,
  x: readonly number[],
  { training = false, weights = {} as Record<string, readonly number[]> } = {},
): readonly number[] {
  const network = networkOf([layer], input, weights);
  const count = x.length / input.reduce((product, size) => product * size, 1);
  const y = tf.tidy(
    () =>
      [
        ...network
          .apply(tf.tensor([...x], [count, ...input]), contextOf(count, { training }))
          .dataSync(),
      ] as unknown as tf.TensorContainer,
  ) as unknown as number[];
  network.dispose();
  return y;
}

const [a, b] = [1.3416354, 0.4472118];

describe('normalization of samples', () => {
  useEngine();

  it('has the values of the reference', () => {
    const layer = { type: 'layerNormalization', epsilon };
    assertClose(apply(layer, [4], [1, 2, 3, 4]), [-a, -b, b, a], 'layer', 2e-7);
    const instance = { type: 'instanceNormalization', epsilon };
    assertClose(apply(instance, [2, 2, 1], [0, 1, 2, 3]), [-a, -b, b, a], 'instance', 2e-7);
    const group = { type: 'groupNormalization', groups: 2, epsilon };
    const pair = 0.99998;
    assertClose(apply(group, [1, 1, 4], [1, 2, 3, 4]), [-pair, pair, -pair, pair], 'group', 1e-6);
  });

  it('is the same in training and evaluation, and for each sample in any batch', () => {
    const input = [3, 2, 4];
    const x = [...numbers(72, 3)];
    for (const type of ['layerNormalization', 'instanceNormalization', 'groupNormalization']) {
      const layer = { type, ...(type === 'groupNormalization' ? { groups: 2 } : {}) };
      const whole = apply(layer, input, x);
      assertClose(apply(layer, input, x, { training: true }), whole, `${type} in training`, 0);
      assertClose(apply(layer, input, x.slice(24, 48)), whole.slice(24, 48), `${type} alone`, 0);
    }
  });

  it('of one group is that of the layer, of a group for each channel that of the instance', () => {
    const input = [3, 2, 4];
    const x = [...numbers(48, 3)];
    const one = apply({ type: 'groupNormalization', groups: 1 }, input, x);
    assertClose(one, apply({ type: 'layerNormalization' }, input, x), 'one group', 1e-6);
    const four = apply({ type: 'groupNormalization', groups: 4 }, input, x);
    assertClose(four, apply({ type: 'instanceNormalization' }, input, x), 'four groups', 1e-6);
  });

  it('scales and shifts every value of a layer, or every channel', () => {
    const x = [1, 2, 3, 4];
    const gamma = [1, 10, 100, 1000];
    const beta = [5, 6, 7, 8];
    const weights = { 'layerNormalization/gamma': gamma, 'layerNormalization/beta': beta };
    const sample = apply({ type: 'layerNormalization', epsilon }, [2, 1, 2], x, { weights });
    assertClose(sample, [5 - a, 6 - 10 * b, 7 + 100 * b, 8 + 1000 * a], 'sample', 1e-6);
    const of = { type: 'layerNormalization', over: 'channels', epsilon: 0.75 };
    const channels = apply(of, [2, 1, 2], [1, 2, 5, 6], {
      weights: { 'layerNormalization/gamma': [1, 4], 'layerNormalization/beta': [0, 1] },
    });
    // A deviation of one half and a variance of 1/4 + 3/4.
    assertClose(channels, [-0.5, 3, -0.5, 3], 'channels', 1e-6);
  });

  it('divides by the strength of the neighbouring channels, as TensorFlow does', () => {
    const layer = {
      type: 'localResponseNormalization',
      radius: 1,
      bias: 2,
      alpha: 0.5,
      beta: 0.75,
    };
    const x = [1, 2, 3, 4];
    const sums = [1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16];
    const expected = x.map((value, c) => value / (2 + 0.5 * sums[c]!) ** 0.75);
    assertClose(apply(layer, [1, 1, 4], x), expected, 'response', 1e-6);
  });
});
