import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { engineIds } from '../../../server/common/engine';
import { backendName, type KernelBackend } from '../../../server/training/engine/backend/backend';
import { openEngine, probeEngines } from '../../../server/training/engine/engine';
import { loadNative } from '../../../server/training/engine/native/addon';
import { defaultThreads } from '../../../server/training/engine/threads';

const own: readonly string[] = ['native', 'wasm'];
/** What else the machine has is not what is tested. */
const ofOthers = (id: string) => (own.includes(id) ? undefined : 'It is not ours.');

describe('openEngine', () => {
  it('takes the native kernels for "auto" and says so', async () => {
    const engine = await openEngine('auto', { threads: 2, refusal: ofOthers });
    assert.equal(engine.id, 'native');
    assert.equal(engine.facts.id, 'native');
    assert.equal(engine.facts.threads, 2);
    assert.match(engine.facts.description, /^Native, (SSE4\.2|AVX2|AVX-512|NEON)$/);
    assert.match(engine.facts.reason, /fastest/);
    assert.equal(tf.getBackend(), backendName);
    const used = engine.usedBytes();
    const x = tf.zeros([1000]);
    assert.ok(engine.usedBytes() - used >= 4000);
    x.dispose();
    engine.dispose();
  });

  it('opens either of its own engines by name', async () => {
    for (const id of ['wasm', 'native'] as const) {
      const engine = await openEngine(id);
      assert.equal(engine.id, id);
      assert.equal(engine.facts.reason, 'asked for');
      assert.equal(engine.facts.threads, defaultThreads());
      engine.dispose();
    }
  });

  it('refuses to compute once it is closed', async () => {
    const engine = await openEngine('native');
    const { kernels } = tf.findBackend(backendName) as unknown as KernelBackend;
    assert.ok(kernels.panel_count(100) > 0);
    engine.dispose();
    assert.throws(() => kernels.panel_count(100), /engine is closed/);
  });

  it('falls back to WebAssembly where the native kernels do not run, and says why', async () => {
    // No instruction set has this name, so the add-on is refused and the module takes the name.
    const engine = await openEngine('auto', { kernels: 'plain', refusal: ofOthers });
    assert.equal(engine.id, 'wasm');
    assert.match(engine.facts.reason, /not native: .*do not run on this processor/);
    engine.dispose();
  });
});

describe('loadNative', () => {
  const { platform, arch } = process;
  const pretend = (name: 'platform' | 'arch', value: string): void => {
    Object.defineProperty(process, name, { value });
  };
  afterEach(() => {
    pretend('platform', platform);
    pretend('arch', arch);
  });

  it('says when there are no kernels for a platform', () => {
    pretend('arch', 'sparc');
    assert.throws(() => loadNative(), /no native kernels for \w+-sparc/);
  });

  it('says what the system has against a binary', () => {
    pretend('platform', platform === 'win32' ? 'linux' : 'win32');
    pretend('arch', 'x64');
    assert.throws(() => loadNative(), /were refused by this system: \S/);
  });
});

describe('defaultThreads', () => {
  it('leaves one processor to the editor where there are more than two', () => {
    assert.deepEqual([1, 2, 3, 8].map(defaultThreads), [1, 2, 2, 7]);
  });
});

describe('probeEngines', () => {
  it('has a row with a reason for every engine, and has its own always', async () => {
    const reports = await probeEngines();
    assert.deepEqual(
      reports.map(({ id }) => id),
      [...engineIds],
    );
    for (const { id, available, reason } of reports) {
      assert.match(reason, /\S.*\.$/);
      // What else there is depends on the machine.
      if (own.includes(id)) assert.ok(available, id);
    }
  });
});
