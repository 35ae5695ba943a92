import assert from 'node:assert/strict';
import { metrics, type MetricKind } from '#common/catalogue/metrics';
import { tasks, type Task } from '#common/catalogue/tasks';
import { argmax } from '../../../server/training/metrics/classification';
import type { Tally } from '../../../server/training/metrics/metrics';
import { addClasses, addTargets, randomClasses, tallyOf } from './support';

/** Adds samples of three classes, given as true and predicted class and the loss. */
function add(tally: Tally, samples: readonly (readonly [number, number, number])[]): void {
  addClasses(
    tally,
    samples.map(([label, predicted]) => [label, [-1, -1, -1].with(predicted, 2)]),
    samples.map(([, , loss]) => loss),
  );
}

const first = [
  [0, 0, 0.5],
  [0, 1, 1.5],
  [1, 1, 0.25],
] as const;
const second = [
  [1, 1, 0.75],
  [2, 0, 2],
] as const;

describe('metrics', () => {
  it('take the mean over samples, not over batches', () => {
    const tally = tallyOf('classification', ['accuracy']);
    add(tally, first);
    add(tally, second);
    assert.deepEqual(tally.figures(), { loss: 1, accuracy: 0.6 });
  });

  it('count classes in a matrix with the true class as the row', () => {
    const tally = tallyOf('classification', ['accuracy']);
    add(tally, [...first, ...second]);
    const results = tally.results('validation');
    assert.deepEqual(results.confusionMatrix, [
      [1, 1, 0],
      [0, 2, 0],
      [1, 0, 0],
    ]);
    // By hand; a class that is never predicted has precision 0.
    assert.deepEqual(results.perClass, [
      { name: 'a', count: 2, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 },
      { name: 'b', count: 2, precision: 2 / 3, recall: 1, f1: 4 / 5 },
      { name: 'c', count: 1, precision: 0, recall: 0, f1: 0 },
    ]);
    assert.equal(results.split, 'validation');
    assert.equal(results.count, 5);
    assert.equal(results.loss, 1);
    assert.deepEqual(results.metrics, { accuracy: 0.6 });
  });

  it('give a tie to the first class', () => {
    assert.equal(argmax(Float32Array.of(9, 1, 3, 3, 2, 9), 1, 4), 1);
    assert.equal(argmax(Float32Array.of(0, 0), 0, 2), 0);
  });

  it('go on from a saved state as if nothing had happened', () => {
    const whole = tallyOf('classification', ['accuracy']);
    add(whole, [...first, ...second]);
    const before = tallyOf('classification', ['accuracy']);
    add(before, first);
    const after = tallyOf('classification', ['accuracy']);
    after.restore(JSON.parse(JSON.stringify(before.state())) as number[]);
    add(after, second);
    assert.deepEqual(after.results('train'), whole.results('train'));
  });

  it('sum the loss in double precision', () => {
    const tally = tallyOf('classification', []);
    const ones = new Float32Array(1000).fill(0.1);
    const truth = { labels: new Int32Array(1000) };
    for (let i = 0; i < 1000; i++) {
      tally.add([{ values: ones }], new Float32Array(3000), truth);
    }
    assert.ok(Math.abs(tally.figures()['loss']! - Math.fround(0.1)) < 1e-12);
  });

  it('leave out what is for other tasks', () => {
    const tally = tallyOf('regression', ['accuracy', 'meanAbsoluteError'], { classNames: [] });
    addTargets(tally, [[[1], [3]]]);
    assert.deepEqual(tally.figures(), { loss: 0, meanAbsoluteError: 2 });
  });

  for (const task of Object.keys(tasks) as Task[]) {
    it(`can all be worked out for ${task}, and come back from a saved state`, () => {
      const ofTask = (Object.keys(metrics) as MetricKind[]).filter((name) =>
        metrics[name].tasks.some((one) => one === task),
      );
      assert.ok(ofTask.length > 1);
      const isImage = task === 'reconstruction' || task === 'segmentation';
      const options = { keepsSamples: true, shape: isImage ? [1, 1, 3] : [3] };
      const before = tallyOf(task, ofTask, options);
      const whole = tallyOf(task, ofTask, options);
      const after = tallyOf(task, ofTask, options);
      const addTo = (tally: Tally, seed: number) => {
        const samples = randomClasses(seed, 20, 3);
        const target = samples.map(([label]) => [0, 1, 2].map((k) => Number(k <= label)));
        tally.add(
          [{ values: Float32Array.from(samples, (_, i) => i / 7) }],
          Float32Array.from(samples.flatMap(([, logits]) => logits)),
          {
            labels: Int32Array.from(samples, ([label]) => label),
            target: Float32Array.from(target.flat()),
          },
        );
      };
      addTo(before, 1);
      addTo(whole, 1);
      addTo(whole, 2);
      after.restore(JSON.parse(JSON.stringify(before.state())) as number[]);
      addTo(after, 2);
      const results = whole.results('train');
      assert.deepEqual(Object.keys(results.metrics).sort(), [...ofTask].sort());
      assert.ok(Object.values(results.metrics).every(Number.isFinite));
      assert.deepEqual(after.results('train'), results);
      assert.deepEqual(Object.keys(results.intervals ?? {}).sort(), ['loss', ...ofTask].sort());
      for (const [name, { low, high }] of Object.entries(results.intervals ?? {})) {
        const value = { loss: results.loss, ...results.metrics }[name]!;
        assert.ok(low <= high && low - 0.1 < value && value < high + 0.1, name);
      }
    });
  }
});
