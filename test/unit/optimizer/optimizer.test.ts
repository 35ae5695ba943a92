import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerValue } from '#common/catalogue/optimizers';
import { CodedError } from '#common/protocol/rpc';
import { createOptimizer, type Optimizer } from '../../../server/training/optimizer/optimizer';
import { assertClose, useEngine } from '../engine/support';
import { experimentWith, ratesOf } from '../model/support';

/** An optimizer as a file names it, with all defaults. */
function optimizerOf(value: object): OptimizerValue {
  return experimentWith({ optimizer: value }).optimizer;
}

const adam = optimizerOf({ type: 'adam', learningRate: 0.1 });
const momentum = optimizerOf({ type: 'momentum', learningRate: 0.1 });

/** Takes a step as the training loop does. */
function takeStep(optimizer: Optimizer, gradients: () => ReadonlyMap<string, tf.Tensor>): void {
  tf.tidy(() => optimizer.apply(gradients(), ratesOf(optimizer)));
  optimizer.countStep();
}

/** Applies scalar gradients to a vector of equal entries. */
function step(optimizer: Optimizer, gradient: number, name = 'w'): void {
  takeStep(optimizer, () => new Map([[name, tf.fill([2], gradient)]]));
}

function weight(value = 1): tf.Variable {
  return tf.tidy(() => tf.variable(tf.fill([2], value)));
}

/** The weight after each gradient, starting at 1. */
function follow(value: OptimizerValue, gradients: readonly number[]): readonly number[] {
  const w = weight();
  const optimizer = createOptimizer(value, [{ name: 'all', variables: new Map([['w', w]]) }]);
  const path = gradients.map((gradient) => {
    step(optimizer, gradient);
    const [first, second] = w.dataSync();
    assert.equal(first, second);
    return first!;
  });
  optimizer.dispose();
  w.dispose();
  return path;
}

describe('optimizers', () => {
  useEngine();

  // The truth table of the reference, computed in double precision.
  const table: readonly (readonly [string, object, number[], number[]])[] = [
    ['sgd', { type: 'sgd' }, [0.8, 0.6, 0.4], [0.8, 0.9, 0.85]],
    ['momentum', { type: 'momentum' }, [0.8, 0.42, -0.122], [0.8, 0.72, 0.598]],
    [
      'Nesterov',
      { type: 'momentum', nesterov: true },
      [0.62, 0.078, -0.6098],
      [0.62, 0.648, 0.4882],
    ],
    ['adam', { type: 'adam' }, [0.9, 0.8, 0.7], [0.9, 0.8733663, 0.83932339]],
    ['adamax', { type: 'adamax' }, [0.9, 0.8, 0.7], [0.9, 0.8789263, 0.85637198]],
    [
      'adagrad',
      { type: 'adagrad' },
      [0.90122704, 0.8309542, 0.77345825],
      [0.90122704, 0.94550778, 0.9238909],
    ],
    [
      'rmsprop',
      { type: 'rmsprop' },
      [0.68377224, 0.45435651, 0.26226182],
      [0.68377224, 0.83121419, 0.75575056],
    ],
    [
      'centred rmsprop',
      { type: 'rmsprop', centered: true },
      [0.66666667, 0.4117603, 0.18677633],
      [0.66666667, 0.81514514, 0.73836875],
    ],
    [
      'adadelta',
      { type: 'adadelta', learningRate: 1, epsilon: 1e-6 },
      [0.99552788, 0.99099878, 0.98643114],
      [0.99552788, 0.99841462, 0.99684614],
    ],
    [
      'proximal gradient',
      { type: 'proximalGradient', l1: 0.5 },
      [0.75, 0.5, 0.25],
      [0.75, 0.8, 0.7],
    ],
  ];
  for (const [name, value, constant, changing] of table) {
    it(`step as the table says: ${name}`, () => {
      const optimizer = optimizerOf({ learningRate: 0.1, ...value });
      assertClose(follow(optimizer, [2, 2, 2]), constant, 'g = 2, 2, 2', 3e-7);
      assertClose(follow(optimizer, [2, -1, 0.5]), changing, 'g = 2, −1, ½', 3e-7);
    });
  }

  it('add ε to the corrected root, so that tiny gradients are told apart', () => {
    // The first step of Adam is η g / (|g| + ε).
    const epsilon = 1e-3;
    for (const gradient of [1e-3, -1e-4]) {
      const expected = 1 - (0.1 * gradient) / (Math.abs(gradient) + epsilon);
      assertClose(
        follow({ ...adam, epsilon } as OptimizerValue, [gradient]),
        [expected],
        'first step',
        3e-7,
      );
    }
  });

  it('step groups at their own rates, and follow a changed one', () => {
    const [w, sigma] = [weight(), weight()];
    const optimizer = createOptimizer(optimizerOf({ type: 'sgd', learningRate: 0.1 }), [
      { name: 'network', variables: new Map([['w', w]]) },
      { name: 'blur', learningRate: 0.5, variables: new Map([['sigma', sigma]]) },
    ]);
    const ones = () =>
      new Map([
        ['w', tf.ones([2])],
        ['sigma', tf.ones([2])],
      ]);
    const both = () => takeStep(optimizer, ones);
    both();
    assertClose([w.dataSync()[0]!, sigma.dataSync()[0]!], [0.9, 0.5], 'first', 1e-6);
    optimizer.factor = 2;
    assert.equal(optimizer.learningRate, 0.2);
    both();
    assertClose([w.dataSync()[0]!, sigma.dataSync()[0]!], [0.7, -0.5], 'second', 1e-6);
    assert.equal(optimizer.steps, 2);
    tf.dispose([w, sigma]);
  });

  it('leave a variable without a gradient as it is', () => {
    const [w, frozen] = [weight(), weight()];
    const variables = new Map([
      ['w', w],
      ['frozen', frozen],
    ]);
    const optimizer = createOptimizer(adam, [{ name: 'all', variables }]);
    step(optimizer, 1);
    assert.deepEqual([...frozen.dataSync()], [1, 1]);
    assert.deepEqual([...optimizer.state().get('frozen/m')!.dataSync()], [0, 0]);
    optimizer.dispose();
    tf.dispose([w, frozen]);
  });

  for (const value of [adam, momentum]) {
    it(`go on from a saved state bit by bit: ${value.type}`, () => {
      const variablesOf = (w: tf.Variable) => [{ name: 'all', variables: new Map([['w', w]]) }];
      const w = weight();
      const whole = createOptimizer(value, variablesOf(w));
      step(whole, 2);
      step(whole, -1);
      const saved = new Map(
        [...whole.state()].map(([name, slot]) => [name, slot.dataSync<'float32'>().slice()]),
      );
      assert.deepEqual([...saved.keys()], value.type === 'adam' ? ['w/m', 'w/v'] : ['w/m']);
      const resumed = weight(w.dataSync()[0]);
      const second = createOptimizer(value, variablesOf(resumed));
      tf.tidy(() =>
        second.restore(
          new Map([...saved].map(([name, values]) => [name, tf.tensor1d(values)])),
          whole.steps,
        ),
      );
      for (const optimizer of [whole, second]) step(optimizer, 0.5);
      assert.deepEqual(resumed.dataSync(), w.dataSync());
      assert.equal(second.steps, 3);
      tf.dispose([w, resumed]);
      whole.dispose();
      second.dispose();
    });
  }

  it('refuse a state that does not fit, and say which part', () => {
    const w = weight();
    const optimizer = createOptimizer(adam, [{ name: 'all', variables: new Map([['w', w]]) }]);
    tf.tidy(() => {
      const m = tf.zeros([2]);
      const isRefused = (state: ReadonlyMap<string, tf.Tensor>, pattern: RegExp) =>
        assert.throws(
          () => optimizer.restore(state, 5),
          (error) =>
            error instanceof CodedError &&
            error.code === 'run/checkpoint-mismatch' &&
            pattern.test(error.message),
        );
      isRefused(new Map([['w/m', m]]), /"w\/v".*missing/);
      isRefused(
        new Map<string, tf.Tensor>([
          ['w/m', m],
          ['w/v', tf.zeros([3])],
        ]),
        /"w\/v" of shape \[2\] has the shape \[3\]/,
      );
    });
    assert.equal(optimizer.steps, 0);
    optimizer.dispose();
    w.dispose();
  });

  it('keep the number of tensors', () => {
    const before = tf.memory().numTensors;
    const w = weight();
    const optimizer = createOptimizer(adam, [{ name: 'all', variables: new Map([['w', w]]) }]);
    const after = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) step(optimizer, i);
    assert.equal(tf.memory().numTensors, after);
    optimizer.dispose();
    w.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
