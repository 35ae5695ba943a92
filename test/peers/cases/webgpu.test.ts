import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CACHE, npm } from '../../../scripts/processes';
import { openEngine, probeEngines, type Engine } from '../../../server/training/engine/engine';
import { executeRun } from '../../../server/training/run/execute';
import { makeRuns, readJson } from '../../training/support';
import { distance, type Outcome } from '../../unit/run/shortRun';
import { valueExperiments, valueRun } from '../../unit/run/valueExperiments';

const runs = makeRuns();
after(() => runs.remove());

const folder = path.join(CACHE, 'engines', 'webgpu');
const packages = ['webgpu@0.6.2', '@tensorflow/tfjs-backend-webgpu@4.22.0'];

/** Installs what users install, once for all runs of the tests. */
before(function (this: Mocha.Context) {
  this.timeout(900_000);
  process.env['LIGHTBENCH_ENGINES'] = path.dirname(folder);
  const stamp = path.join(folder, 'stamp.json');
  const wanted = JSON.stringify(packages);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing the engine "webgpu" into .cache/engines (half a minute) ...');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true }));
  npm(['install', ...packages], folder);
  writeFileSync(stamp, wanted);
});
after(() => delete process.env['LIGHTBENCH_ENGINES']);

/** What a GPU's functions and sums may differ by from the processor's after two steps, as a part. */
const tolerance = 1e-4;

describe('WebGPU as an engine', () => {
  it('is found where it was set up', async () => {
    const report = (await probeEngines({ folder: runs.root })).find(({ id }) => id === 'webgpu');
    assert.equal(report?.available, true, report?.reason);
    assert.match(report.reason, /An experiment.*\.cache.engines/);
  });

  it('says in run.json what computed, and where numbers ran away', async () => {
    const changes = {
      physics: [{ type: 'gaussianBlur', sigmaPx: 1.2, trainable: true }],
      training: { epochs: 1, batchSize: 48 },
    };
    const good = await runs.create(changes, { engine: 'webgpu' });
    const { status, message } = await executeRun(good);
    assert.equal(status, 'finished', message);
    const { engine } = readJson<{ readonly engine: { readonly id: string } }>(good, 'run.json');
    assert.equal(engine.id, 'webgpu');

    const huge = { kernelInitializer: { type: 'constant', value: 1e25 } };
    const layers = [
      { type: 'flatten' },
      { type: 'dense', units: 2, ...huge },
      { type: 'dense', units: 3, ...huge },
    ];
    const bad = await runs.create({ ...changes, model: { layers } }, { engine: 'webgpu' });
    const { message: told = '' } = await executeRun(bad);
    assert.match(told, /^Training stopped at epoch 1, step 1: the loss is .* layer `dense_1`/);
  });

  describe('trains as our own engine does', () => {
    const experiments = valueExperiments();
    const expected: Outcome[] = [];
    let engine: Engine;
    before(async function (this: Mocha.Context) {
      this.timeout(600_000);
      const native = await openEngine('native');
      for (const experiment of experiments) expected.push(await valueRun(experiment));
      native.dispose();
      engine = await openEngine('webgpu', { folder: runs.root });
    });
    after(() => engine.dispose());

    for (const [i, experiment] of experiments.entries()) {
      it(experiment.what, async () => {
        const difference = distance(expected[i]!, await valueRun(experiment));
        assert.ok(difference < tolerance, `${difference}`);
      });
    }
  });
});
