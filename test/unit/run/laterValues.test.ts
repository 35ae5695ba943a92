import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { family } from '#common/catalogue/index';
import type { Experiment } from '#common/experiment/experiment';
import { traceExperiment } from '#common/experiment/trace';
import { createBatchReader } from '../../../server/training/run/batches';
import { createLearner } from '../../../server/training/run/learner';
import { onLaterBackend } from '../engine/laterBackend';
import { useEngine } from '../engine/support';
import { experimentWith } from '../model/support';
import { dataOf, distance, type Outcome } from './shortRun';
import { valueExperiments, valueRun } from './valueExperiments';

/** What rounding moves these networks by in two steps, many times over. */
const tolerance = 1e-4;

/** Computes on the backend and sees to it that nothing is left behind. */
function frugally<T>(compute: () => Promise<T>): Promise<T> {
  return onLaterBackend(async () => {
    const before = tf.memory().numTensors;
    const result = await compute();
    assert.equal(tf.memory().numTensors, before);
    return result;
  });
}

describe('a backend that gives values only later', () => {
  useEngine();

  async function checkAgainstOurs(run: () => Promise<Outcome>): Promise<void> {
    const ours = await run();
    const difference = distance(ours, await frugally(run));
    assert.ok(difference < tolerance, `${difference}`);
  }

  it('is tried with every loss', () => {
    const tried = valueExperiments().map(({ experiment: { loss } }) => JSON.stringify(loss));
    const missing = Object.keys(family('losses').components).filter(
      (type) => !tried.some((loss) => loss.includes(`"type":"${type}"`)),
    );
    assert.deepEqual(missing, []);
  });

  for (const each of valueExperiments()) {
    it(`trains as our own engine does: ${each.what}`, () => checkAgainstOurs(() => valueRun(each)));
  }

  it('evaluates with running averages, and has its weights back', async () => {
    const optimizer = { type: 'sgd', learningRate: 0.5, emaMomentum: 0.5 };
    await checkAgainstOurs(() => lossesOf(experimentWith({ ...tiny, optimizer })));
  });

  it('says where numbers ran away', async () => {
    const huge = { kernelInitializer: { type: 'constant', value: 1e25 } };
    const dense = [2, 3].map((units) => ({ type: 'dense', units, ...huge }));
    const model = { layers: [{ type: 'flatten' }, ...dense] };
    const place = { kind: 'layer', name: 'dense_1' };
    await assert.rejects(
      frugally(() => lossesOf(experimentWith({ ...tiny, model }))),
      { place },
    );
  });
});

const tiny = {
  data: { source: { type: 'synthetic', shape: [6, 6, 1], classes: 2, count: 4, noise: 0.2 } },
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
};

/** The losses of a step, of an evaluation after it, and of the next step. */
async function lossesOf(experiment: Experiment): Promise<Outcome> {
  const dataset = await dataOf(experiment);
  const learner = createLearner(traceExperiment(experiment, dataset.facts.shape), experiment);
  const samples = Uint32Array.of(0, 1, 2, 3);
  const batch = createBatchReader(dataset)({ samples, split: 'train', epoch: 1, training: true });
  try {
    const first = await learner.train(batch);
    const evaluated = await learner.evaluate({ ...batch, training: false });
    const second = await learner.train(batch);
    const all = Object.entries({ first, evaluated, second });
    return new Map(all.map(([name, { perSampleLoss }]) => [name, perSampleLoss]));
  } finally {
    learner.dispose();
  }
}
