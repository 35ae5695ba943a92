import assert from 'node:assert/strict';
import { executeRun } from '../../server/training/run/execute';
import { arraysOf, makeRuns, seriesOf } from './support';

const runs = makeRuns();
after(() => runs.remove());

const options = {
  type: 'adam',
  learningRate: 0.01,
  gradientAccumulationSteps: 2,
  emaMomentum: 0.8,
  globalClipNorm: 1,
  weightDecay: 0.01,
  schedule: { type: 'cosine', warmUpEpochs: 1 },
};

describe('an optimizer with everything', () => {
  it('learns, logs its rate, and resumes in the middle of an update bit by bit', async () => {
    const whole = await runs.create({ optimizer: options });
    assert.equal((await executeRun(whole)).status, 'finished');
    const parted = await runs.create({ optimizer: options });
    const controller = new AbortController();
    let steps = 0;
    // After 7 steps of 6 an epoch, so that an odd batch has been taken in.
    const first = await executeRun(parted, {
      signal: controller.signal,
      reportIntervalMs: 0,
      onEvent: (event) => {
        if (event.event === 'progress' && ++steps === 7) controller.abort();
      },
    });
    assert.equal(first.status, 'stopped');
    assert.equal((await executeRun(parted)).status, 'finished');
    assert.deepEqual(arraysOf(parted), arraysOf(whole));
    const { values } = await seriesOf(whole, 'train', 'batch_learning_rate');
    assert.equal(values.length, 18);
    assert.ok(
      values[0]! < values[5]! && values[5]! < 0.01 && values[17]! < 0.001,
      `${[...values]}`,
    );
  });

  it('ends a range test where the loss breaks away, and says which rate to take', async () => {
    const schedule = { type: 'rangeTest', largest: 500 };
    const folder = await runs.create({
      optimizer: { type: 'sgd', learningRate: 1e-3, schedule },
      training: { epochs: 20, batchSize: 8 },
    });
    const record = await executeRun(folder);
    assert.equal(record.status, 'finished', record.message);
    assert.match(record.message ?? '', /^Range test: the smoothed loss was lowest at/);
    assert.ok(record.progress.epoch < 20);
  });
});
