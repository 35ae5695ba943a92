import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createPyramid } from '../../../webviews/charts/pyramid';

/** Every point between two x, and the one before and the one after: what reducing may choose from. */
function pointsBetween(xs: readonly number[], ys: readonly number[], from: number, to: number) {
  const inside = xs.flatMap((x, i) => (x >= from && x <= to ? [i] : []));
  const finite = inside.map((i) => ys[i]!).filter(Number.isFinite);
  return { count: inside.length, low: Math.min(...finite), high: Math.max(...finite) };
}

describe('a pyramid', () => {
  it('keeps the one spike among a million points, in both directions', () => {
    const count = 1_000_000;
    const pyramid = createPyramid();
    const ys = new Float32Array(count).fill(1);
    ys[654_321] = 50;
    ys[123_456] = -50;
    pyramid.replace(
      0,
      Uint32Array.from(ys, (_, i) => i),
      ys,
    );
    const { x, y } = pyramid.reduce(0, count, 400);
    assert.ok(x.length <= 2 * 400 + 2, `${x.length} points`);
    assert.equal(y[x.indexOf(654_321)], 50);
    assert.equal(y[x.indexOf(123_456)], -50);
  });

  it('gives few points as they are', () => {
    const pyramid = createPyramid();
    pyramid.replace(0, [1, 2, 3], [5, 4, 6]);
    const { x, y } = pyramid.reduce(0, 10, 100);
    assert.deepEqual([...x], [1, 2, 3]);
    assert.deepEqual([...y], [5, 4, 6]);
  });

  it('gives one point beyond each end, so that the line leaves the picture', () => {
    const pyramid = createPyramid();
    pyramid.replace(0, [0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 0]);
    assert.deepEqual([...pyramid.reduce(1.5, 3.5, 100).x], [1, 2, 3, 4]);
  });

  it('forgets what a resumed run writes again', () => {
    const pyramid = createPyramid();
    const xs = Uint32Array.from({ length: 1000 }, (_, i) => i);
    pyramid.replace(0, xs, new Float32Array(1000));
    const again = new Float32Array(500);
    again[37] = 9;
    pyramid.replace(500, xs.subarray(500), again);
    const { x, y } = pyramid.reduce(0, 1000, 4);
    assert.equal(y[x.indexOf(537)], 9);
  });

  it('leaves out what is not finite', () => {
    const pyramid = createPyramid();
    pyramid.replace(0, [0, 1, 2, 3], [1, NaN, Infinity, 2]);
    assert.deepEqual([...pyramid.reduce(0, 3, 100).y], [1, 2]);
    const many = Float32Array.from({ length: 5000 }, () => NaN);
    pyramid.replace(
      0,
      Uint32Array.from(many, (_, i) => i),
      many,
    );
    assert.equal(pyramid.reduce(0, 5000, 10).x.length, 0);
  });

  it('shows the extremes of what is seen, whatever lies just beyond', () => {
    const pyramid = createPyramid();
    pyramid.replace(0, [0, 1, 2, 3, 4, 5], [-9, 2, 1, 3, 2, 9]);
    assert.deepEqual([...pyramid.reduce(1, 4, 1).y], [-9, 1, 3, 9]);
  });

  it('finds the last point at or before an x', () => {
    const pyramid = createPyramid();
    pyramid.replace(0, [10, 20, 30], [1, 2, 3]);
    assert.deepEqual(
      [5, 10, 19, 20, 99].map((x) => pyramid.indexAt(x)),
      [-1, 0, 0, 1, 2],
    );
  });

  it('has the same extremes in every column as all points have, however it grew', () => {
    const batch = fc.record({
      /** How many points back the batch begins: a resumed run writes them again. */
      back: fc.nat(40),
      values: fc.array(fc.oneof(fc.float(), fc.constant(NaN)), { minLength: 1, maxLength: 900 }),
    });
    fc.assert(
      fc.property(
        fc.array(batch, { minLength: 1, maxLength: 6 }),
        fc.nat(2000),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 40 }),
        (batches, from, span, columns) => {
          const pyramid = createPyramid();
          let ys: number[] = [];
          for (const { back, values } of batches) {
            const begin = Math.max(0, ys.length - back);
            ys = [...ys.slice(0, begin), ...values];
            pyramid.replace(
              begin,
              values.map((_, i) => begin + i),
              values,
            );
          }
          const xs = ys.map((_, i) => i);
          const { x, y } = pyramid.reduce(from, from + span, columns);
          assert.deepEqual(
            [...x].map((at) => ys[at]),
            [...y],
          );
          assert.deepEqual(
            [...x],
            [...x].sort((a, b) => a - b),
          );
          const all = pointsBetween(xs, ys, from, from + span);
          if (Number.isFinite(all.low)) {
            assert.ok(y.includes(all.low), `the smallest value ${all.low} is missing`);
            assert.ok(y.includes(all.high), `the largest value ${all.high} is missing`);
          }
        },
      ),
    );
  });
});
