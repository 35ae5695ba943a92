import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { relu } from '../../../server/training/engine/ops';
import { assertClose, checkAgainstCpu, numbers, titleOf, useEngine, variants } from './support';

const special = [0, -0, NaN, Infinity, -Infinity, 1e-42, -1e-42, 1e-38, 3e38, -3e38, 88.7, -103, 1];

interface Function1 {
  readonly name: string;
  readonly op: (x: tf.Tensor) => tf.Tensor;
  readonly reference: (x: number) => number;
  readonly from: number;
  readonly to: number;
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu = (x: number): number => (x < 0 ? Math.expm1(x) : x);

const functions: readonly Function1[] = [
  { name: 'exp', op: tf.exp, reference: Math.exp, from: -87, to: 88.7 },
  { name: 'log', op: tf.log, reference: Math.log, from: 1e-6, to: 1e4 },
  { name: 'log near one', op: tf.log, reference: Math.log, from: 0.5, to: 2 },
  { name: 'tanh', op: tf.tanh, reference: Math.tanh, from: -12, to: 12 },
  { name: 'tanh near zero', op: tf.tanh, reference: Math.tanh, from: -0.7, to: 0.7 },
  { name: 'sigmoid', op: tf.sigmoid, reference: (x) => 1 / (1 + Math.exp(-x)), from: -30, to: 30 },
  { name: 'softplus', op: tf.softplus, reference: softplus, from: -60, to: 60 },
  { name: 'elu', op: tf.elu, reference: elu, from: -60, to: 10 },
  { name: 'elu near zero', op: tf.elu, reference: elu, from: -0.5, to: 0.5 },
  { name: 'sqrt', op: tf.sqrt, reference: Math.sqrt, from: 0, to: 1e6 },
  { name: 'rsqrt', op: tf.rsqrt, reference: (x) => 1 / Math.sqrt(x), from: 1e-6, to: 1e6 },
];

for (const variant of variants) {
  describe(`elementary functions, ${titleOf(variant)}`, () => {
    useEngine(variant);

    for (const { name, op, reference, from, to } of functions) {
      it(`${name} is within a few units of the last place`, () => {
        const x = numbers(4001, 3).map((u) => from + ((u + 1) / 2) * (to - from));
        const y = tf.tidy(() => op(tf.tensor1d(x)).dataSync());
        const worst = x.reduce((most, value, i) => {
          const exact = reference(value);
          return Math.max(most, Math.abs(y[i]! - exact) / Math.max(Math.abs(exact), 1e-37));
        }, 0);
        // A unit of the last place is up to 2^-23 = 1.2e-7 of the value.
        assert.ok(worst < 5e-7, `the largest relative error is ${worst}`);
      });

      it(`${name} of special numbers is what the definition says`, () => {
        const x = Float32Array.from(special);
        const y = tf.tidy(() => op(tf.tensor1d(x)).dataSync());
        x.forEach((value, i) => {
          const exact = Math.fround(reference(value));
          // Results below the smallest normal number may be cut to zero.
          if (Math.abs(exact) < 1.2e-38) assert.ok(Math.abs(y[i]!) < 1.2e-38, `${name}(${value})`);
          else assertClose([y[i]! / exact], [exact / exact], `${name}(${value}) = ${y[i]}`, 1e-6);
        });
      });
    }

    it('keeps NaN and infinity in every operation of one and two operands', async () => {
      const x = [...special, ...special.map((value) => -value), 2, -7];
      const other = [...x].reverse();
      for (const op of [tf.relu, tf.neg, tf.abs, tf.square, tf.reciprocal]) {
        await checkAgainstCpu(op.name, () => op(tf.tensor1d(x)));
      }
      for (const op of [tf.add, tf.sub, tf.mul, tf.div, tf.maximum, tf.minimum]) {
        await checkAgainstCpu(op.name, () => op(tf.tensor1d(x), tf.tensor1d(other)));
      }
      await checkAgainstCpu('a row with a NaN', () => [
        tf.max(tf.tensor2d([1, NaN, 3, 4, 5, 6], [2, 3]), 1),
        tf.max(tf.tensor2d([1, NaN, 3, 4, 5, 6], [2, 3]), 0),
        tf.sum(tf.tensor1d([1, Infinity, 3])),
        tf.mean(tf.tensor1d([1, NaN, 3])),
      ]);
    });

    it('lets the gradient of a ReLU through where the result is above zero', async () => {
      const x = [-2, -0, 0, 1e-30, 3, Infinity, -Infinity];
      const dy = [1, 2, 3, 4, 5, 6, 7];
      const dx = tf.tidy(() => tf.grad(relu)(tf.tensor1d(x), tf.tensor1d(dy)).dataSync());
      assert.deepEqual([...dx], [0, 0, 0, 4, 5, 6, 0]);
    });

    it('cuts off fractions towards 0, and counts as whole only what 32 bits hold', () => {
      const whole = (values: number[]) =>
        tf.tidy(() => [...tf.cast(tf.tensor1d(values), 'int32').dataSync()]);
      assert.deepEqual(whole([1.7, -1.7, 0, -0.5, 2 ** 24]), [1, -1, 0, 0, 2 ** 24]);
      assert.deepEqual(whole([-(2 ** 31), 2 ** 31 - 128]), [-(2 ** 31), 2 ** 31 - 128]);
      assert.deepEqual(whole([NaN, Infinity, -Infinity, 2 ** 31, -1e20]), [0, 0, 0, 0, 0]);
      const real = tf.tidy(() => [
        ...tf.cast(tf.tensor1d([-7, 0, 2 ** 24 + 1, -(2 ** 31)], 'int32'), 'float32').dataSync(),
      ]);
      assert.deepEqual(real, [-7, 0, 2 ** 24, -(2 ** 31)]);
    });

    it('leaves whole numbers, truth values, strings and complex numbers to the CPU kernels', async () => {
      await checkAgainstCpu('other types', () => [
        tf.add(tf.tensor1d([1, 2, 3], 'int32'), tf.tensor1d([5, 6, 7], 'int32')),
        tf.sum(tf.tensor1d([2147483000, 5], 'int32')),
        tf.logicalAnd(tf.tensor1d([true, false], 'bool'), tf.tensor1d([true, true], 'bool')),
        tf.sum(tf.tensor1d([true, true, false], 'bool')),
        tf.real(tf.fft(tf.complex([1, 2, 3, 5], [0, 1, 0, 2]))),
        tf.imag(tf.fft(tf.complex([1, 2, 3, 5], [0, 1, 0, 2]))),
        tf.cast(tf.tensor1d([true, false], 'bool'), 'float32'),
        tf.oneHot(tf.tensor1d([2, 0], 'int32'), 3),
        tf.argMax(tf.tensor2d([1, 5, 2, 9, 0, 3], [2, 3]), 1),
        tf.gather(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor1d([1, 0, 1], 'int32')),
      ]);
      assert.deepEqual(
        tf.tidy(() => tf.tensor1d(['light', 'bench']).dataSync()) as unknown as string[],
        ['light', 'bench'],
      );
    });
  });
}
