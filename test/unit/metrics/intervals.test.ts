import assert from 'node:assert/strict';
import { draws, streamKey } from '#common/rng';
import { bootstrap, wilson } from '../../../server/training/metrics/intervals';
import { keepRows } from '../../../server/training/metrics/kept';
import { addClasses, randomClasses, tallyOf } from './support';

function near(found: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(found - expected) <= tolerance, `${found}, expected ${expected}`);
}

describe("Wilson's interval", () => {
  // The roots of (p − x)² = z² x (1 − x) / n, with 40 digits.
  const cases = [
    [270, 300, 0.8608335, 0.9290521],
    [1, 10, 0.0178762, 0.40415],
    [0, 10, 0, 0.2775328],
    [10, 10, 0.7224672, 1],
    [1, 1, 0.2065493, 1],
  ] as const;
  for (const [right, count, low, high] of cases) {
    it(`of ${right} in ${count} is ${low}–${high}`, () => {
      const interval = wilson(right / count, count);
      near(interval.low, low, 2e-7);
      near(interval.high, high, 2e-7);
      assert.equal(interval.method, 'wilson');
    });
  }

  it('holds the truth in 95 of 100 cases', () => {
    const { uniform } = draws(streamKey(5, 'synthetic'));
    let held = 0;
    for (let trial = 0; trial < 2000; trial++) {
      let right = 0;
      for (let i = 0; i < 60; i++) right += Number(uniform() < 0.8);
      const { low, high } = wilson(right / 60, 60);
      held += Number(low <= 0.8 && 0.8 <= high);
    }
    // Binomial: 1900 ± 9.7; five deviations.
    assert.ok(held > 1851 && held < 1949, `${held} of 2000`);
  });
});

describe('the bootstrap', () => {
  it('has the normal interval of a mean', () => {
    const { normal } = draws(streamKey(9, 'synthetic'));
    const values = Float64Array.from({ length: 400 }, () => 3 + 2 * normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / 400;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400);
    const half = (1.96 * spread) / 20;
    const { low, high } = bootstrap(400, 1, (weights) => {
      const drawn = values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / 400;
      return new Map([['mean', drawn]]);
    }).get('mean')!;
    // An end of 1000 replicates is known to about a tenth of the half width.
    near(low, mean - half, 0.15 * half);
    near(high, mean + half, 0.15 * half);
  });

  it('draws as many samples as there are, from the seed only', () => {
    const seen = (seed: number) => {
      const all: number[] = [];
      bootstrap(20, seed, (weights) => {
        assert.equal(
          weights.reduce((sum, weight) => sum + weight, 0),
          20,
        );
        all.push(weights[0]!);
        return new Map();
      });
      return all;
    };
    assert.deepEqual(seen(1), seen(1));
    assert.notDeepEqual(seen(1), seen(2));
    assert.equal(seen(1).length, 1000);
  });

  it('agrees with Wilson on a part', () => {
    const tally = tallyOf('classification', ['accuracy', 'weightedRecall'], { keepsSamples: true });
    addClasses(tally, randomClasses(2, 500, 3));
    const { intervals, perClass } = tally.results('test');
    const [exact, drawn] = [intervals!['accuracy']!, intervals!['weightedRecall']!];
    assert.deepEqual([exact.method, drawn.method], ['wilson', 'bootstrap']);
    near(drawn.low, exact.low, 0.01);
    near(drawn.high, exact.high, 0.01);
    assert.deepEqual(Object.keys(perClass![0]!.intervals!), ['precision', 'recall', 'f1']);
  });

  it('leaves out what nothing is known of: the precision of a class that is never predicted', () => {
    const tally = tallyOf('classification', ['accuracy'], { keepsSamples: true });
    addClasses(tally, [
      [0, [1, 0, 0]],
      [1, [1, 0, 0]],
      [1, [0, 1, 0]],
    ]);
    const known = tally.results('test').perClass!.map(({ intervals }) => Object.keys(intervals!));
    assert.deepEqual(known, [['precision', 'recall', 'f1'], ['precision', 'recall', 'f1'], ['f1']]);
  });
});

describe('kept rows', () => {
  it('are all rows as long as there is room, then every second, fourth, eighth', () => {
    const keeper = keepRows(2, 16);
    const kept = () => {
      const { count, values } = keeper.rows;
      return Array.from({ length: count }, (_, row) => values[2 * row]);
    };
    for (let i = 0; i < 8; i++) keeper.add(Float64Array.of(i, -i));
    assert.deepEqual(kept(), [0, 1, 2, 3, 4, 5, 6, 7]);
    for (let i = 8; i < 40; i++) keeper.add(Float64Array.of(i, -i));
    assert.deepEqual(kept(), [0, 8, 16, 24, 32]);
    const other = keepRows(2, 16);
    other.restore(keeper.state());
    for (let i = 40; i < 100; i++) {
      keeper.add(Float64Array.of(i, -i));
      other.add(Float64Array.of(i, -i));
    }
    assert.deepEqual(other.state(), keeper.state());
    assert.deepEqual(kept(), [0, 16, 32, 48, 64, 80, 96]);
  });
});
