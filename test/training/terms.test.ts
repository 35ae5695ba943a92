import assert from 'node:assert/strict';
import type { RunEvent } from '#common/run/events';
import { portions } from '../../server/training/run/batches';
import { openBench } from '../../server/training/run/bench';
import { evaluateRun } from '../../server/training/run/evaluate';
import { createTallyFor } from '../../server/training/run/evaluation';
import { executeRun } from '../../server/training/run/execute';
import { readPlan } from '../../server/training/run/plan';
import type { Results } from '../../server/training/run/results';
import { curvesOf, makeRuns, readJson } from './support';

const runs = makeRuns();
after(() => runs.remove());

const weighted = { type: 'softmaxCrossEntropy', classWeights: [0.2, 1, 9] };
const schedule = { startWeight: 0, startEpoch: 1, epochs: 1 };
const mixture = {
  type: 'mixture',
  terms: [
    { loss: weighted, weight: 0.7 },
    { loss: { type: 'hinge' }, schedule },
    { loss: { type: 'softmaxCrossEntropy', labelSmoothing: 0.1 } },
  ],
};
const terms = ['loss.softmaxCrossEntropy', 'loss.hinge', 'loss.softmaxCrossEntropy_1'];

function assertSum(parts: readonly number[], whole: number, what: string): void {
  const sum = parts.reduce((total, part) => total + part, 0);
  assert.ok(Math.abs(sum - whole) <= 2e-6 * Math.abs(whole), `${what}: ${sum} of ${whole}`);
}

describe('the terms of a mixture', () => {
  let folder = '';
  const events: RunEvent[] = [];
  before(async () => {
    folder = await runs.create({ loss: mixture });
    const record = await executeRun(folder, { onEvent: (event) => events.push(event) });
    assert.equal(record.status, 'finished', record.message);
  });

  it('are series of their own for steps and epochs, whose sum is the loss', async () => {
    const curves = await curvesOf(folder);
    for (const series of ['train batch_', 'train epoch_', 'validation epoch_']) {
      const [steps, losses] = curves[`${series}loss`]!;
      assert.equal(steps!.length, series.endsWith('batch_') ? 18 : 3);
      const found = terms.map((name) => curves[series + name]!);
      for (const [i, loss] of losses!.entries()) {
        const parts = found.map(([, values]) => values![i]!);
        assertSum(parts, loss, `${series}loss ${i}`);
      }
      // The weight of this term is 0 up to its second epoch, and then 1.
      const hinge = curves[`${series}loss.hinge`]![1]!;
      assert.ok(hinge[0] === 0 && hinge.at(-1)! > 0.1, `${hinge}`);
    }
    const [steps, penalties] = curves['train batch_penalty']!;
    assert.deepEqual(steps, curves['train batch_loss']![0]);
    assert.ok(penalties!.every((value) => value > 0));
  });

  it('are told of every epoch, and in the results, with what a guess gives', async () => {
    const epoch = events.findLast((event) => event.event === 'epoch')!;
    const end = events.findLast((event) => event.event === 'end')!;
    const results = readJson<Results>(folder, 'results.json');
    for (const split of ['train', 'validation'] as const) {
      const { loss, terms: found, baseline, intervals } = results[split]!;
      assert.deepEqual(Object.keys(found!), terms);
      assertSum(Object.values(found!), loss, split);
      assertSum(Object.values(baseline!.terms!), baseline!.loss, `${split} baseline`);
      assert.ok(terms.every((name) => intervals![name] !== undefined));
      for (const figures of [epoch[split], end.results[split]!]) {
        assert.deepEqual(Object.keys(figures), ['loss', ...terms, 'accuracy']);
      }
    }
    const ofTest = await evaluateRun(folder, 'test', { openReason: 'a test' });
    const [, logged] = (await curvesOf(folder))['test epoch_loss.hinge']!;
    assert.deepEqual(logged!.map(Math.fround), [Math.fround(ofTest.terms!['loss.hinge']!)]);
  });

  it('are not there for a loss of one part', async () => {
    const plain = await runs.create({ loss: weighted, training: { epochs: 1, batchSize: 16 } });
    await executeRun(plain);
    const tags = Object.keys(await curvesOf(plain));
    assert.ok(tags.every((tag) => !tag.includes('.')));
    assert.equal(readJson<Results>(plain, 'results.json').train!.terms, undefined);
  });
});

describe('the loss of a split', () => {
  const losses: Readonly<Record<string, object>> = {
    'weights of classes in the mean': weighted,
    'a mixture of such a loss and others': mixture,
    'weights of classes without the mean': { ...weighted, weighting: 'sampleMean' },
  };
  for (const [name, loss] of Object.entries(losses)) {
    it(`does not depend on the batch size with ${name}`, async () => {
      const folder = await runs.create({ loss, training: { epochs: 1, batchSize: 16 } });
      await executeRun(folder);
      const bench = await openBench(await readPlan(folder), {});
      try {
        const { splits, readBatch, learner } = bench;
        const found: Record<string, number>[] = [];
        for (const size of [1, 7, 64]) {
          const tally = createTallyFor(bench);
          for (const samples of portions(splits.train, size)) {
            const batch = readBatch({ samples, split: 'train', epoch: 2, training: false });
            const { losses: parts, outputs } = await learner.evaluate(batch);
            tally.add(parts, outputs, batch);
          }
          found.push(tally.figures());
        }
        const [alone, ...others] = found;
        for (const figures of others) {
          for (const [figure, value] of Object.entries(figures)) {
            const exact = alone![figure]!;
            assert.ok(Math.abs(value - exact) <= 1e-6 * Math.abs(exact), `${figure} ${value}`);
          }
        }
      } finally {
        bench.dispose();
      }
    });
  }
});
