import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { activation, type ActivationFunction, prelu } from '../../../server/training/engine/ops';
import { erf } from '../../../server/training/physics/erf';
import {
  assertClose,
  centralDifferences,
  checkAgainstCpu,
  numbers,
  random,
  titleOf,
  useEngine,
  variants,
} from './support';

/** A function with its slope, in double precision, and where the slope jumps. */
interface Reference {
  readonly f: (x: number) => number;
  readonly slope: (x: number) => number;
  readonly corners?: readonly number[];
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** ln(1 + e^x) */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const normal = (x: number): number => (1 + erf(x * Math.SQRT1_2)) / 2;
const clip6 = (x: number): number => Math.min(Math.max(x, 0), 6);
const inside = (x: number, low: number, high: number): number => (x > low && x < high ? 1 : 0);
const [scale, alpha] = [1.0507009873554805, 1.6732632423543772];
const u = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const du = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);
const bend = (x: number): number => sigmoid(x) * sigmoid(-x);
const tanhSquare = (x: number): number => 1 / Math.cosh(Math.min(Math.abs(x), 300)) ** 2;

const references: Readonly<Record<ActivationFunction, Reference>> = {
  relu6: { f: clip6, slope: (x) => inside(x, 0, 6), corners: [0, 6] },
  leakyRelu: {
    f: (x) => (x > 0 ? x : 0.2 * x),
    slope: (x) => (x > 0 ? 1 : 0.2),
    corners: [0],
  },
  elu: { f: (x) => (x < 0 ? Math.expm1(x) : x), slope: (x) => (x < 0 ? Math.exp(x) : 1) },
  selu: {
    f: (x) => scale * (x < 0 ? alpha * Math.expm1(x) : x),
    slope: (x) => scale * (x < 0 ? alpha * Math.exp(x) : 1),
    corners: [0],
  },
  gelu: {
    f: (x) => x * normal(x),
    slope: (x) => normal(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  },
  geluTanh: {
    f: (x) => x * sigmoid(u(x)),
    slope: (x) => sigmoid(u(x)) + (Math.abs(x) > 50 ? 0 : x * bend(u(x)) * du(x)),
  },
  silu: { f: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) + x * bend(x) },
  mish: {
    f: (x) => x * Math.tanh(softplus(x)),
    slope: (x) => Math.tanh(softplus(x)) + x * tanhSquare(softplus(x)) * sigmoid(x),
  },
  softplus: { f: softplus, slope: sigmoid },
  sigmoid: { f: sigmoid, slope: bend },
  tanh: { f: Math.tanh, slope: tanhSquare },
  hardSigmoid: {
    f: (x) => clip6(x + 3) / 6,
    slope: (x) => inside(x, -3, 3) / 6,
    corners: [-3, 3],
  },
  hardSwish: {
    f: (x) => (x * clip6(x + 3)) / 6,
    slope: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
    corners: [-3, 3],
  },
};
const names = Object.keys(references) as ActivationFunction[];

function apply(name: ActivationFunction, x: Float32Array): Float32Array {
  return tf.tidy(() => activation(tf.tensor1d(x), name).dataSync<'float32'>());
}

function slopes(name: ActivationFunction, x: Float32Array): Float32Array {
  return tf.tidy(() =>
    tf
      .grad((t) => activation(t, name))(tf.tensor1d(x), tf.ones([x.length]))
      .dataSync<'float32'>(),
  );
}

for (const variant of variants) {
  describe(`activations, ${titleOf(variant)}`, () => {
    useEngine(variant);

    for (const name of names) {
      const { f, slope, corners = [] } = references[name];

      it(`${name} and its slope are the definition to seven digits`, () => {
        const wide = numbers(3001, 3).map((value) => value * 12);
        const near = numbers(3001, 4);
        for (const x of [wide, near]) {
          const [y, dy] = [apply(name, x), slopes(name, x)];
          x.forEach((value, i) => {
            const expected = [f(value), slope(value)];
            assertClose([y[i]!, dy[i]!], expected, `${name}(${value})`, 4e-7);
          });
        }
      });

      it(`${name} neither overflows nor makes NaN far out`, () => {
        const x = Float32Array.of(-3e38, -1e5, -100, -80, -20, 0, -0, 20, 80, 100, 1e5, 3e38);
        const [y, dy] = [apply(name, x), slopes(name, x)];
        x.forEach((value, i) => {
          const expected = [f(value), slope(value)];
          if (Math.abs(expected[0]!) > 1e38) expected[0] = y[i]!;
          assert.ok(Number.isFinite(y[i]!) || Math.abs(f(value)) > 3e38, `${name}(${value})`);
          assertClose([y[i]!, dy[i]!], expected, `${name}(${value})`, 1e-6);
        });
      });

      it(`${name} keeps NaN`, () => {
        assert.ok(Number.isNaN(apply(name, Float32Array.of(NaN))[0]));
      });

      it(`${name} has the slope of central differences`, () => {
        const x = numbers(64, 5).map((value) => value * 4);
        const far = [...x.keys()].filter((i) =>
          corners.every((corner) => Math.abs(x[i]! - corner) > 0.05),
        );
        const measured = centralDifferences(
          (moved) => moved.reduce((sum, value) => sum + f(value), 0),
          x,
          far,
          1e-2,
        );
        const found = slopes(name, x);
        assertClose(
          far.map((i) => found[i]!),
          measured,
          name,
          1e-3,
        );
      });

      it(`${name} has a slope of its own at every corner`, () => {
        for (const corner of [0, ...corners]) {
          assertClose(slopes(name, Float32Array.of(corner)), [slope(corner)], `at ${corner}`, 1e-6);
        }
      });
    }

    it('are what the composed operations of other backends give', async () => {
      for (const name of names) {
        await checkAgainstCpu(name, () => {
          const x = tf.mul(random([5, 3, 7], 2), 5);
          const { value, grad } = tf.valueAndGrad((t: tf.Tensor) => activation(t, name))(
            x,
            random([5, 3, 7], 3),
          );
          return [value, grad];
        });
      }
    });

    it('take another slope or depth below zero', async () => {
      for (const name of ['leakyRelu', 'elu'] as const) {
        await checkAgainstCpu(name, () => {
          const x = tf.mul(random([33], 2), 3);
          const apply = (t: tf.Tensor): tf.Tensor => activation(t, name, 0.3);
          const { value, grad } = tf.valueAndGrad(apply)(x, random([33], 3));
          return [value, grad];
        });
      }
      const y = tf.tidy(() => activation(tf.tensor1d([-2]), 'leakyRelu', 0.3).dataSync());
      assertClose(y, [-0.6], 'leakyRelu', 1e-7);
    });

    it('of a learned slope have both gradients', async () => {
      for (const shape of [
        [1, 1],
        [7, 3],
        [2, 5, 4, 9],
        [130, 17],
      ]) {
        await checkAgainstCpu(`prelu of [${shape.join(', ')}]`, () => {
          const inputs = [random(shape, 1), random(shape.slice(-1), 2)];
          const { value, grads } = tf.valueAndGrads((x, slope) => prelu(x, slope))(
            inputs,
            random(shape, 3),
          );
          return [value, ...grads];
        });
      }
      const [y, dx] = tf.tidy(() => {
        const x = tf.tensor2d([
          [-2, -2],
          [0, 3],
        ]);
        const slope = tf.tensor1d([0.25, -1]);
        const back = tf.grad((t) => prelu(t, slope))(x, tf.ones([2, 2]));
        return [prelu(x, slope).dataSync(), back.dataSync()] as unknown as tf.TensorContainer;
      }) as unknown as [Float32Array, Float32Array];
      assert.deepEqual([...y], [-0.5, 2, 0, 3]);
      assert.deepEqual([...dx], [0.25, -1, 0.25, 1]);
    });

    it('have the error function on both sides', () => {
      const x = numbers(4001, 6).map((value) => value * 6);
      const y = tf.tidy(() => tf.erf(tf.tensor1d(x)).dataSync());
      x.forEach((value, i) => {
        const exact = erf(value);
        assert.ok(Math.abs(y[i]! - exact) <= 3e-7 * Math.abs(exact), `erf(${value}) is ${y[i]}`);
      });
    });
  });
}
