import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { backendName, type KernelBackend } from '../../../server/training/engine/backend/backend';
import { openEngine, type Engine } from '../../../server/training/engine/engine';
import { addCanaries, type Canaries } from './canaries';
import { titleOf, variants } from './support';

for (const variant of variants) {
  describe(`bytes that nobody may write, ${titleOf(variant)}`, () => {
    let engine: Engine;
    let backend: KernelBackend;
    let canaries: Canaries;
    before(async () => {
      engine = await openEngine(variant.engine, variant);
      backend = tf.findBackend(backendName) as unknown as KernelBackend;
      canaries = addCanaries(backend.heap);
    });
    after(() => engine.dispose());

    for (const [what, count] of [
      ['one element', 101],
      ['the slack', 132],
    ] as const) {
      it(`tell of a kernel that writes past the end by ${what}, once`, () => {
        const pointer = backend.heap.allocate(400);
        backend.kernels.fill(pointer, 1, 100);
        canaries.check();
        backend.kernels.fill(pointer, 1, count);
        const report = /past the end of the 400 bytes/;
        assert.throws(() => canaries.check(), report);
        canaries.check();
        backend.kernels.fill(pointer, 1, count);
        backend.heap.free(pointer);
        assert.throws(() => canaries.check(), report);
        canaries.check();
      });
    }

    it('are NaN, as is memory that nothing was written to, or no more', () => {
      const pointer = backend.heap.allocate(400);
      const values = new Float32Array(backend.heap.bytes, pointer, 132);
      assert.ok(values.every(Number.isNaN));
      values.subarray(0, 100).fill(1);
      backend.heap.free(pointer);
      assert.ok(values.every(Number.isNaN));
    });
  });
}
