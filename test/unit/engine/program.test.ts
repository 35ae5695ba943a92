import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { NotFiniteValueError } from '../../../server/training/engine/backend/notFiniteValue';
import { dot, hostOp } from '../../../server/training/engine/hostOp';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  distributionCrossEntropy,
  fixedNorm,
  groupNorm,
  oneHot,
  pointLoss,
  prelu,
  relu,
  softmaxCrossEntropy,
  tversky,
  weightPenalty,
} from '../../../server/training/engine/ops';
import { createProgram, type ProgramSpec } from '../../../server/training/engine/program';
import {
  assign,
  moveTowards,
  requireFinite,
  update,
} from '../../../server/training/engine/updates';
import { valueAndGradients } from '../../../server/training/gradients';
import { onLaterBackend } from './laterBackend';
import { checkReplay, eager } from './replay';
import { assertClose, numbers, random, titleOf, useEngine, variants } from './support';

const float = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;

for (const variant of variants) {
  describe(`a recorded program, ${titleOf(variant)}`, () => {
    const { backend } = useEngine(variant);

    it('gives the bits that the single operations give', () =>
      checkReplay({
        inputs: { x: float(5, 9, 8, 3), w: float(3, 3, 3, 7), k: float(56, 4), b: float(4) },
        compute({ x, w, k, b }) {
          const y = relu(conv2d(x!, w!, { padding: 'same' }));
          const pooled = tf.maxPool(y as tf.Tensor4D, 3, [2, 4], 'valid');
          const z = dense(tf.reshape(pooled, [5, -1]), k!, { bias: b! });
          return { z, loss: tf.mean(tf.logSoftmax(z)), softmax: tf.softmax(z) };
        },
      }));

    it('runs tasks for some samples at a time, with the same bits', () =>
      checkReplay({
        inputs: { x: float(48, 16, 16, 8), w: float(3, 3, 8, 16), v: float(3, 3, 16, 16) },
        compute({ x, w, v }) {
          const [gamma, beta] = [tf.ones([16]), tf.zeros([16])];
          const f = (x: tf.Tensor, w: tf.Tensor, v: tf.Tensor): tf.Tensor => {
            const y = conv2d(x, w, { padding: 'same' });
            const normal = batchNorm(y, gamma, beta, 1e-3, 'relu').output;
            const z = relu(
              conv2d(tf.maxPool(normal as tf.Tensor4D, 2, 2, 'same'), v, { padding: 'same' }),
            );
            return tf.add(z, tf.avgPool(z as tf.Tensor4D, 3, 1, 'same'));
          };
          const y = f(x!, w!, v!);
          const [dx, dw, dv] = tf.grads(f)([x!, w!, v!]);
          return { y, dx: dx!, dw: dw!, dv: dv! };
        },
      }));

    it('replays gradients, and kernels that exist in JavaScript only', () =>
      checkReplay({
        inputs: { x: float(4, 6, 6, 2), labels: { shape: [4], dtype: 'int32' } },
        compute({ x, labels }) {
          const f = (value: tf.Tensor): tf.Scalar => {
            const up = tf.image.resizeBilinear(value as tf.Tensor4D, [9, 7]);
            const padded = tf.pad(up, [[0, 0], [1, 2], [0, 1], [0, 0]]); // prettier-ignore
            const rows = tf.sum(tf.slice(padded, [0, 1, 1, 0], [4, 5, 6, 2]), [1, 2]);
            const both = tf.concat([tf.tanh(rows), rows], 1);
            return tf.sum(tf.mul(both, tf.oneHot(labels!, 4)));
          };
          const { value, grad } = tf.valueAndGrad(f)(x!);
          return { value, grad };
        },
      }));

    it('replays normalizations, activations and losses with their gradients', () =>
      checkReplay({
        inputs: {
          x: float(5, 4, 3, 6),
          gamma: float(6),
          slope: float(6),
          labels: { shape: [5], dtype: 'int32' },
        },
        compute({ x, gamma, slope, labels }) {
          const f = (...[value, scale, a]: tf.Tensor[]): tf.Scalar => {
            const y = groupNorm(value!, scale!, tf.zeros([6]), { groups: 3, epsilon: 1e-3 });
            const z = activation(prelu(y, a!), 'gelu');
            const near = tf.localResponseNormalization(z as tf.Tensor4D, 1, 1, 0.5, 0.75);
            const logits = tf.mean(near, [1, 2]);
            const weights = tf.tensor1d([1, 2, 3, 4, 5, 6]);
            const losses = [
              softmaxCrossEntropy(logits, labels!, { weights, convention: 'weightedMean' }),
              pointLoss('sigmoid', logits, oneHot(labels!, 6), 3),
              distributionCrossEntropy(logits, oneHot(labels!, 6), { divergence: true }),
              tversky(logits, oneHot(labels!, 6), { alpha: 0.3, beta: 0.7, smooth: 1 }),
            ];
            const fixed = { mean: a!, variance: tf.ones([6]), gamma: scale!, beta: a! };
            const rest = tf.mean(fixedNorm(value!, { ...fixed, epsilon: 1e-3 }));
            const penalty = weightPenalty(scale!, { l1: 0.1, l2: 0.2 });
            return tf.addN([tf.sum(tf.addN(losses)), rest, penalty]) as tf.Scalar;
          };
          const { value, grads } = tf.valueAndGrads(f)([x!, gamma!, slope!]);
          return { value, dx: grads[0]!, dGamma: grads[1]!, dSlope: grads[2]! };
        },
      }));

    it('repeats what has no inputs, and outputs that are constants', () =>
      checkReplay({
        inputs: { x: float(2, 3) },
        compute: ({ x }) => ({
          sum: tf.add(x!, tf.fill([3], 2.5)),
          constant: tf.scalar(4),
          ramp: tf.mul(tf.range(0, 3), tf.onesLike(x!)),
        }),
      }));

    it('lets JavaScript work on values in place', () =>
      checkReplay({
        inputs: { x: float(6), n: { shape: [2], dtype: 'int32' } },
        compute({ x, n }) {
          const outputs = [{ shape: [6], dtype: 'float32' as const }];
          const [y] = hostOp([x!, n!], outputs, ([from, counts], [to]) => {
            for (let i = 0; i < 6; i++) to![i] = from![i]! * counts![i % 2]! + 1;
          });
          return { y: tf.mul(y!, 2), same: dot(y!, x!) };
        },
      }));

    it('changes variables in place, from run to run, as single steps do', async () => {
      const make = () => {
        const start = [1, 2, 3].map((seed) => tf.variable(random([7, 5], seed)));
        const slots = [4, 5, 6, 7].map(() => tf.variable(tf.zeros([7, 5])));
        const [a, b, c] = start as [tf.Variable, tf.Variable, tf.Variable];
        const [m1, m2, v2, average] = slots as [tf.Variable, tf.Variable, tf.Variable, tf.Variable];
        const spec: ProgramSpec = {
          inputs: { x: float(7, 5), rate: float(1), rates: float(2) },
          compute({ x, rate, rates }) {
            const variables = new Map(Object.entries({ a, b, c }));
            const { value, gradients } = valueAndGradients(
              () => tf.sum(tf.mul(tf.tanh(tf.mul(a, tf.add(b, tf.square(c)))), x!)),
              variables,
            );
            const one = rate as tf.Tensor1D;
            const gradientOf = (name: string) => gradients.get(name)!;
            update('sgd', { variable: a, gradient: gradientOf('a'), slots: [], rates: one });
            const two = rates as tf.Tensor1D;
            update('nesterov', { variable: b, gradient: gradientOf('b'), slots: [m1], rates: two });
            const adam = tf.concat([two, tf.tensor1d([0.9, 0.1, 0.999, 0.001, 1e-7])]);
            update('adam', {
              variable: c,
              gradient: gradientOf('c'),
              slots: [m2, v2],
              rates: adam,
            });
            moveTowards(average, x!, 0.75);
            assign(a, tf.minimum(a, 0.5));
            return { value };
          },
        };
        return { spec, all: [...start, ...slots] };
      };
      const [recorded, single] = [make(), make()];
      const program = createProgram(recorded.spec);
      for (const seed of [1, 2, 3]) {
        const values = {
          x: numbers(35, seed),
          rate: Float32Array.of(0.1 / seed),
          rates: Float32Array.of(0.01, 1 + seed),
        };
        const results = await program.run(values);
        assert.deepEqual(results, eager(single.spec, values));
        for (const [i, variable] of recorded.all.entries()) {
          assert.deepEqual(variable.dataSync(), single.all[i]!.dataSync(), `variable ${i}`);
        }
      }
      program.dispose();
      tf.dispose([...recorded.all, ...single.all]);
    });

    it('ends where a value is not finite, names it, and changes nothing after it', async () => {
      const w = tf.variable(random([9000]));
      const program = createProgram({
        inputs: { x: float(9000) },
        compute({ x }) {
          const root = tf.sqrt(x!);
          requireFinite(new Map([['input', x!], ['root', root]])); // prettier-ignore
          assign(w, root);
          return { root };
        },
      });
      const x = numbers(9000).map(Math.abs);
      const before = w.dataSync();
      for (const [at, value, name] of [
        [8999, -1, 'root'],
        [4096, Infinity, 'input'],
        [3, NaN, 'input'],
      ] as const) {
        const broken = x.slice();
        broken[at] = value;
        await assert.rejects(
          program.run({ x: broken }),
          (error) => error instanceof NotFiniteValueError && error.of === name,
        );
        assert.deepEqual(w.dataSync(), before);
      }
      await program.run({ x });
      assert.deepEqual(w.dataSync(), x.map(Math.sqrt));
      program.dispose();
      w.dispose();
    });

    it('tells at once, too, when nothing is recorded', () => {
      tf.tidy(() => {
        const x = tf.tensor1d([1, -Infinity]);
        assert.throws(() => requireFinite(new Map([['x', x]])), /"x" is not finite/);
        requireFinite(new Map([['x', tf.abs(tf.tensor1d([1, -3e38]))]]));
      });
    });

    it('keeps tensors and bytes flat, moves with the memory of larger programs, gives all back', async () => {
      const tensors = tf.memory().numTensors;
      const spec = (size: number): ProgramSpec => ({
        inputs: { x: float(size) },
        compute: ({ x }) => ({ y: tf.mul(tf.exp(tf.mul(x!, 2)), tf.tensor1d([3])) }),
      });
      const small = createProgram(spec(100));
      const first = await small.run({ x: numbers(100) });
      const used = backend().heap.usedBytes;
      for (let i = 0; i < 4; i++) await small.run({ x: numbers(100) });
      assert.equal(backend().heap.usedBytes, used);
      const large = createProgram(spec(1_000_000));
      await large.run({ x: numbers(1_000_000) });
      assert.ok(large.plannedBytes >= 8_000_000 && large.plannedBytes < 13_000_000);
      assert.deepEqual(await small.run({ x: numbers(100) }), first);
      // The memory that programs share stays; everything else comes back.
      const shared = backend().heap.usedBytes;
      small.dispose();
      large.dispose();
      assert.ok(backend().heap.usedBytes < shared);
      const again = createProgram(spec(1_000_000));
      await again.run({ x: numbers(1_000_000) });
      const held = backend().heap.usedBytes;
      again.dispose();
      const once = createProgram(spec(1_000_000));
      await once.run({ x: numbers(1_000_000) });
      assert.equal(backend().heap.usedBytes, held);
      once.dispose();
      assert.equal(tf.memory().numTensors, tensors);
    });

    it('refuses code that reads values, and forgets what it had recorded', () => {
      const used = backend().heap.usedBytes;
      const reading: ProgramSpec = {
        inputs: { x: float(3) },
        compute: ({ x }) => ({ y: tf.tensor1d(tf.square(x!).dataSync()) }),
      };
      assert.throws(() => createProgram(reading), /hostOp/);
      assert.equal(backend().heap.usedBytes, used);
      tf.tidy(() => assertClose(tf.square(tf.tensor1d([3])).dataSync(), [9], 'afterwards'));
    });

    it('tells how long each kernel took, and gives the same results', async () => {
      const program = createProgram({
        inputs: { x: float(2, 8, 8, 3), w: float(3, 3, 3, 4) },
        compute: ({ x, w }) => {
          const { output } = batchNorm(conv2d(x!, w!, { padding: 'same' }), tf.ones([4]), tf.zeros([4]), 1e-3); // prettier-ignore
          return { output };
        },
      });
      const values = { x: numbers(384), w: numbers(108) };
      const { outputs, times } = await program.profile!(values);
      assert.deepEqual(outputs, await program.run(values));
      assert.ok(times.some(({ name }) => name === 'conv2d'));
      for (const [i, { startMs }] of times.entries()) {
        if (i > 0) assert.ok(startMs >= times[i - 1]!.startMs + times[i - 1]!.durationMs);
      }
      program.dispose();
    });
  });
}

describe('a program on another backend', () => {
  useEngine();

  it('computes step by step, with the same contract', async () => {
    const previous = tf.getBackend();
    await tf.setBackend('cpu');
    const spec: ProgramSpec = {
      inputs: { x: float(2, 2) },
      compute({ x }) {
        requireFinite(new Map([['x', x!]]));
        return { y: tf.square(x!) };
      },
    };
    const program = createProgram(spec);
    const tensors = tf.memory().numTensors;
    assert.deepEqual(
      [...(await program.run({ x: Float32Array.of(1, 2, 3, 4) }))['y']!],
      [1, 4, 9, 16],
    );
    await assert.rejects(program.run({ x: Float32Array.of(1, NaN, 3, 4) }), NotFiniteValueError);
    assert.equal(tf.memory().numTensors, tensors);
    await tf.setBackend(previous);
  });

  it('puts back what changed after a value that is not finite, without reading on the way', () =>
    onLaterBackend(async () => {
      const names = ['before', 'after', 'average', 'weight', 'slot'];
      const all = names.map(() => tf.variable(tf.tensor1d([2, 4])));
      const [before, after, average, variable, slot] = all as [tf.Variable, tf.Variable, tf.Variable, tf.Variable, tf.Variable]; // prettier-ignore
      const program = createProgram({
        inputs: { x: float(2), rates: float(2) },
        compute({ x, rates }) {
          assign(before, x!);
          requireFinite(new Map([['good', tf.abs(x!)], ['root', tf.sqrt(x!)]])); // prettier-ignore
          assign(after, x!);
          assign(after, tf.add(after, 1));
          moveTowards(average, x!, 0.5);
          update('momentum', {
            variable,
            gradient: x!,
            slots: [slot],
            rates: rates as tf.Tensor1D,
          });
          return { y: tf.add(after, variable) };
        },
      });
      const tensors = tf.memory().numTensors;
      const rates = Float32Array.of(0.5, 0.25);
      const valuesNow = async () => Promise.all(all.map(async (one) => [...(await one.data())]));
      await assert.rejects(
        program.run({ x: Float32Array.of(3, -1), rates }),
        (error) => error instanceof NotFiniteValueError && error.of === 'root',
      );
      assert.deepEqual(await valuesNow(), [[3, -1], [2, 4], [2, 4], [2, 4], [2, 4]]); // prettier-ignore
      const { y } = await program.run({ x: Float32Array.of(4, 8), rates });
      // m = 0.25 · 2 + 4 and w = 2 − 0.5 m, and so for the second number.
      assert.deepEqual(await valuesNow(), [[4, 8], [5, 9], [3, 6], [-0.25, -0.5], [4.5, 9]]); // prettier-ignore
      assert.deepEqual([...y!], [4.75, 8.5]);
      assert.equal(tf.memory().numTensors, tensors);
      tf.dispose(all);
    }));

  it('computes on values that come from JavaScript, and refuses to be read', () =>
    onLaterBackend(async () => {
      const twice = (x: tf.Tensor) =>
        hostOp([x], [{ shape: [2], dtype: 'float32' }], ([from], [to]) => {
          to!.set(from!.map((value) => 2 * value));
        })[0]!;
      const spec = (of: (x: tf.Tensor) => tf.Tensor): ProgramSpec => ({
        inputs: { x: float(2) },
        compute: ({ x }) => ({ y: twice(of(x!)) }),
      });
      const x = Float32Array.of(1, 2);
      assert.deepEqual([...(await createProgram(spec((x) => x)).run({ x }))['y']!], [2, 4]);
      await assert.rejects(createProgram(spec((x) => tf.square(x))).run({ x }), /at once/);
    }));
});
