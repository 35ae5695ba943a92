import assert from 'node:assert/strict';
import { argmax, createTally, type Tally } from '../../../server/training/metrics/metrics';

const classNames = ['a', 'b', 'c'];

/** Adds samples of three classes, given as true and predicted class and the loss. */
function add(tally: Tally, samples: readonly (readonly [number, number, number])[]): void {
  const outputs = new Float32Array(samples.length * 3).fill(-1);
  for (const [row, [, predicted]] of samples.entries()) outputs[row * 3 + predicted] = 2;
  tally.add(
    Float32Array.from(samples, ([, , loss]) => loss),
    outputs,
    Int32Array.from(samples, ([label]) => label),
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
    const tally = createTally(['accuracy'], classNames);
    add(tally, first);
    add(tally, second);
    assert.deepEqual(tally.figures(), { loss: 1, accuracy: 0.6 });
  });

  it('count classes in a matrix with the true class as the row', () => {
    const tally = createTally(['accuracy'], classNames);
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
    const whole = createTally(['accuracy'], classNames);
    add(whole, [...first, ...second]);
    const before = createTally(['accuracy'], classNames);
    add(before, first);
    const after = createTally(['accuracy'], classNames);
    after.restore(JSON.parse(JSON.stringify(before.state())) as number[]);
    add(after, second);
    assert.deepEqual(after.results('train'), whole.results('train'));
  });

  it('keep to the loss where there are no classes', () => {
    const tally = createTally(['accuracy'], undefined);
    tally.add(Float32Array.of(1, 2), new Float32Array(8), new Int32Array(2));
    assert.deepEqual(tally.results('test'), { split: 'test', count: 2, loss: 1.5, metrics: {} });
  });

  it('sum the loss in double precision', () => {
    const tally = createTally([], undefined);
    const ones = new Float32Array(1000).fill(0.1);
    for (let i = 0; i < 1000; i++) tally.add(ones, new Float32Array(0), new Int32Array(0));
    assert.ok(Math.abs(tally.figures()['loss']! - Math.fround(0.1)) < 1e-12);
  });
});
