import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { netA, netB } from './nets';
import { backendName } from '../../../server/training/engine/backend/backend';
import {
  assertClose,
  checkAgainstCpu,
  numbers,
  random,
  titleOf,
  useEngine,
  variants,
} from './support';

for (const variant of variants) {
  describe(`the engine's backend, ${titleOf(variant)}`, () => {
    const { backend } = useEngine(variant);

    it('keeps tensors and bytes flat, and gives every byte back', () => {
      // Scratch memory stays with the backend, at the size of the largest request: ask for it first.
      withSmallNets((step) => step());
      const before = { ...tf.memory(), used: backend().heap.usedBytes };
      withSmallNets((step) => {
        step();
        const first = { tensors: tf.memory().numTensors, used: backend().heap.usedBytes };
        assert.ok(first.used > before.used);
        for (let i = 0; i < 5; i++) step();
        assert.deepEqual(
          { tensors: tf.memory().numTensors, used: backend().heap.usedBytes },
          first,
        );
      });
      assert.deepEqual({ ...tf.memory(), used: backend().heap.usedBytes }, before);
    });

    it('frees what inherited kernels leave behind', () => {
      const run = (): void =>
        tf.tidy(() => {
          tf.fft(tf.complex(numbers(16), numbers(16)));
          tf.cumsum(random([3, 5]), 1);
          tf.image.resizeBilinear(random([1, 4, 4, 2]) as tf.Tensor4D, [7, 5]);
          tf.gather(random([4, 3]), tf.tensor1d([0, 2], 'int32'));
        });
      run();
      const used = backend().heap.usedBytes;
      const ids = backend().numDataIds();
      for (let i = 0; i < 3; i++) run();
      assert.equal(backend().heap.usedBytes, used);
      assert.equal(backend().numDataIds(), ids);
    });

    it('takes the same steps bit by bit when it is run again', () => {
      const runs = [1, 2].map(() =>
        withSmallNets((step) => Array.from({ length: 4 }, () => step())),
      );
      assert.deepEqual(runs[0], runs[1]);
      assert.ok(runs[0]!.every(Number.isFinite), `losses ${runs[0]}`);
      assert.notEqual(runs[0]![0], runs[0]![3]);
    });

    it('hands out values that survive the tensor', () => {
      const x = tf.tensor1d([1, 2, 3]);
      const values = x.dataSync();
      x.dispose();
      const y = tf.tensor1d([7, 8, 9]);
      assert.deepEqual([...values], [1, 2, 3]);
      y.dispose();
    });

    it('takes over tensors of another backend', async () => {
      await tf.setBackend('cpu');
      const [x, flags] = [random([3, 4], 5), tf.tensor1d([true, false], 'bool')];
      const expected = x.dataSync().map((value) => value * 2);
      await tf.setBackend(backendName);
      const y = tf.mul(x, 2);
      assertClose(y.dataSync(), expected, 'moved tensor');
      assert.deepEqual([...tf.logicalNot(flags).dataSync()], [0, 1]);
      tf.dispose([x, y, flags]);
    });

    it('multiplies matrices of a batch that is repeated on both sides', () => {
      tf.tidy(() => {
        const [a, b] = [random([2, 1, 3, 4], 1), random([1, 3, 4, 5], 2)];
        const whole = tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1]));
        assertClose(tf.matMul(a, b).dataSync(), whole.dataSync(), 'broadcast batch', 0);
      });
    });

    it('handles tensors without elements', async () => {
      await checkAgainstCpu('empty tensors', () => [
        tf.add(tf.zeros([0, 3]), tf.ones([3])),
        tf.sum(tf.zeros([0, 3]), 0),
        tf.concat([tf.zeros([0, 2]), tf.ones([1, 2])], 0),
        tf.slice(tf.ones([2, 2]), [0, 0], [0, 2]),
      ]);
    });

    it('says what is wrong with matrices that do not fit', () => {
      const [a, b] = [tf.ones([2, 3]), tf.ones([4, 2])];
      assert.throws(() => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), /inner|[iI]nner/);
      tf.dispose([a, b]);
    });
  });
}

/** Trains nets with every layer of the probe networks, small enough for a test. */
function withSmallNets<T>(use: (step: () => number) => T): T {
  const nets = [netA({ batchSize: 2, width: 4 }), netB({ batchSize: 2, width: 4 })];
  const result = use(() => nets.reduce((sum, net) => sum + net.step(), 0));
  nets.forEach((net) => net.dispose());
  return result;
}
