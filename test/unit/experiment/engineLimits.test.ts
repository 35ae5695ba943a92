import assert from 'node:assert/strict';
import { engineIds } from '#common/engine';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { unsupportedOn } from '#common/experiment/engineLimits';
import { baseText } from './base';

const { trace } = diagnoseExperiment(baseText);

describe('unsupportedOn', () => {
  it('has nothing against our own engines and TensorFlow', () => {
    for (const engine of engineIds.filter((id) => id !== 'webgpu')) {
      assert.deepEqual(unsupportedOn(engine, trace!), [], engine);
    }
  });

  it('says in three parts what WebGPU cannot train, and where it stands', () => {
    const [finding, ...others] = unsupportedOn('webgpu', trace!);
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, 'error');
    assert.equal(finding.code, 'engine/unsupported');
    assert.deepEqual(finding.path, ['physics', 1]);
    assert.match(
      finding.message,
      /^The engine "webgpu" cannot train "shotNoise" \(shotNoise\): .+\. Choose .+\.$/,
    );
  });

  it('is part of a diagnosis when an engine is asked for by name', () => {
    const codes = (engine?: 'auto' | 'native' | 'webgpu') =>
      diagnoseExperiment(baseText, undefined, engine).problems.map(({ code }) => code);
    assert.ok(!codes().includes('engine/unsupported'));
    assert.ok(!codes('auto').includes('engine/unsupported'));
    assert.ok(!codes('native').includes('engine/unsupported'));
    assert.ok(codes('webgpu').includes('engine/unsupported'));
  });
});
