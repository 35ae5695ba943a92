import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { engineIds } from '../../../server/common/engine';
import { openEngine, probeEngines } from '../../../server/training/engine/engine';

describe('openEngine', () => {
  it('takes the embedded engine for "auto" and says so', async () => {
    const engine = await openEngine('auto');
    assert.equal(engine.id, 'wasm');
    assert.equal(engine.facts.id, 'wasm');
    assert.equal(engine.facts.threads, 1);
    assert.match(engine.facts.description, /WebAssembly/);
    assert.equal(tf.getBackend(), 'lightbench-wasm');
    const used = engine.usedBytes();
    const x = tf.zeros([1000]);
    assert.ok(engine.usedBytes() - used >= 4000);
    x.dispose();
    engine.dispose();
  });

  it('refuses an engine that cannot train here, with a code, the reason and what to do', async () => {
    for (const id of engineIds.filter((id) => id !== 'wasm')) {
      await assert.rejects(openEngine(id), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'engine/unavailable');
        assert.match(error.message, new RegExp(`"${id}" is not available.*Use "auto"`));
        return true;
      });
    }
  });
});

describe('probeEngines', () => {
  it('has a row with a reason for every engine, and claims only what trains', async () => {
    const reports = await probeEngines();
    assert.deepEqual(
      reports.map(({ id }) => id),
      [...engineIds],
    );
    for (const { id, available, reason } of reports) {
      assert.match(reason, /\S.*\.$/);
      assert.equal(available, id === 'wasm', id);
    }
  });
});
