import assert from 'node:assert/strict';
import { executeRun } from '../../server/training/run/execute';
import { createWatch } from '../../server/training/run/bestEpoch';
import { arraysOf, makeRuns, readJson, resolve, seriesOf } from './support';
import type { Results } from '../../server/training/run/results';

interface Case {
  readonly name: string;
  readonly earlyStopping: object | undefined;
  readonly losses: readonly number[];
  readonly accuracies?: readonly number[];
  /** Counted from 1; undefined when it goes on to the end. */
  readonly stopsAfter: number | undefined;
  readonly best: number;
}

const cases: readonly Case[] = [
  {
    name: 'goes on as long as it improves',
    earlyStopping: { patience: 1 },
    losses: [4, 3, 2, 1],
    stopsAfter: undefined,
    best: 4,
  },
  {
    name: 'stops after so many epochs without improvement',
    earlyStopping: { patience: 2 },
    losses: [4, 3, 3.5, 3, 2],
    stopsAfter: 4,
    best: 2,
  },
  {
    name: 'begins to count anew at an improvement',
    earlyStopping: { patience: 2 },
    losses: [4, 5, 3, 6, 6, 1],
    stopsAfter: 5,
    best: 3,
  },
  {
    name: 'with no patience stops at the first epoch that is no better',
    earlyStopping: { patience: 0 },
    losses: [4, 4, 1],
    stopsAfter: 2,
    best: 1,
  },
  {
    // 3.95 is less than 0.1 better than 4, 3.85 is not; the best weights are the best all the same.
    name: 'asks for a smallest change',
    earlyStopping: { patience: 2, minDelta: 0.1 },
    losses: [4, 3.95, 3.85, 3.8, 3.79, 1],
    stopsAfter: 5,
    best: 5,
  },
  {
    name: 'takes larger accuracy for better',
    earlyStopping: { patience: 1, monitor: 'validation/accuracy' },
    losses: [4, 3, 2],
    accuracies: [0.5, 0.7, 0.6],
    stopsAfter: 3,
    best: 2,
  },
  {
    name: 'keeps the best epoch without early stopping too',
    earlyStopping: undefined,
    losses: [4, 2, 3, 5],
    stopsAfter: undefined,
    best: 2,
  },
];

describe('early stopping', () => {
  for (const { name, earlyStopping, losses, accuracies, stopsAfter, best } of cases) {
    it(name, () => {
      const watch = createWatch(resolve({ training: { epochs: 100, earlyStopping } }));
      const verdicts = losses.map((loss, i) => {
        const validation = { loss, accuracy: accuracies?.[i] ?? 0 };
        // Only what is watched may matter.
        return watch.observe(i + 1, { train: { loss: -i, accuracy: i }, validation });
      });
      const stop = verdicts.findIndex(({ stops }) => stops) + 1;
      assert.equal(stop === 0 ? undefined : stop, stopsAfter);
      const seen = verdicts.slice(0, stopsAfter);
      assert.equal(seen.findLastIndex(({ isBest }) => isBest) + 1, best);
    });
  }

  it('goes on from its state as if nothing had happened', () => {
    const experiment = resolve({ training: { epochs: 9, earlyStopping: { patience: 2 } } });
    const losses = [4, 3, 3.5, 3.2];
    const figures = losses.map((loss) => ({ train: {}, validation: { loss } }));
    const whole = createWatch(experiment);
    const expected = figures.map((one, i) => whole.observe(i + 1, one));
    const first = createWatch(experiment);
    first.observe(1, figures[0]!);
    first.observe(2, figures[1]!);
    const second = createWatch(experiment);
    second.restore(JSON.parse(JSON.stringify(first.state)) as typeof first.state);
    assert.deepEqual(second.observe(3, figures[2]!), expected[2]);
    assert.deepEqual(second.observe(4, figures[3]!), expected[3]);
    assert.equal(expected[3]?.stops, true);
  });
});

describe('a run with early stopping', () => {
  const runs = makeRuns();
  after(() => runs.remove());
  // A rate that is too high for its own good: validation loss gets worse at some time.
  const training = { epochs: 40, batchSize: 16, earlyStopping: { patience: 2 } };
  const optimizer = { type: 'adam', learningRate: 0.08 };

  it('ends early and with the weights of the best epoch', async () => {
    const folder = await runs.create({ training, optimizer });
    const record = await executeRun(folder);
    assert.equal(record.status, 'finished');
    const best = record.best?.epoch ?? 0;
    assert.equal(record.progress.epoch, best + 2, 'patience ran out two epochs after the best');
    assert.ok(record.progress.epoch < 40);
    assert.match(record.message ?? '', /validation\/loss had not improved for 2 epochs/);
    const { steps, values } = await seriesOf(folder, 'validation', 'epoch_loss');
    assert.equal(steps[values.indexOf(Math.min(...values))], best);
    // The results are those of the best epoch, not of the last one.
    const { validation } = readJson<Results>(folder, 'results.json');
    assert.equal(validation?.loss, record.best?.validation?.['loss']);
    assert.notDeepEqual(arraysOf(folder, 'best'), arraysOf(folder, 'last'));
  });

  it('ends with the last weights when it need not restore the best', async () => {
    const earlyStopping = { patience: 2, restoreBest: false };
    const folder = await runs.create({ training: { ...training, earlyStopping }, optimizer });
    const record = await executeRun(folder);
    const { validation } = readJson<Results>(folder, 'results.json');
    assert.equal(validation?.loss, record.latest?.validation?.['loss']);
    assert.notEqual(validation?.loss, record.best?.validation?.['loss']);
  });
});
