import assert from 'node:assert/strict';
import { draws, streamKey } from '#common/rng';
import { curvesOf, thin } from '../../../server/training/metrics/curves';
import { rank, type Curve } from '../../../server/training/metrics/ranking';
import { assertClose } from '../engine/support';

interface Scored {
  readonly scores: Float64Array;
  readonly truth: Uint8Array;
}

/** Samples of which one in so many is of the class, with scores that overlap. */
function scored(seed: number, count: number, oneIn: number): Scored {
  const { below, uniform } = draws(streamKey(seed, 'synthetic'));
  const truth = Uint8Array.from({ length: count }, () => Number(below(oneIn) === 0));
  return { truth, scores: Float64Array.from(truth, (y) => uniform() + 0.4 * y) };
}

/** The points of both curves at every threshold, counted one threshold after another. */
function counted({ scores, truth }: Scored): { readonly roc: Curve; readonly precision: Curve } {
  const positives = truth.reduce((sum, y) => sum + y, 0);
  const points = [...new Set(scores)].sort((a, b) => b - a);
  const found = points.map((threshold) => {
    const taken = [...truth].filter((_, i) => scores[i]! >= threshold);
    const right = taken.filter((y) => y === 1).length;
    return { right, wrong: taken.length - right };
  });
  const recalls = found.map(({ right }) => right / positives);
  return {
    roc: {
      x: [0, ...found.map(({ wrong }) => wrong / (truth.length - positives))],
      y: [0, ...recalls],
    },
    precision: { x: recalls, y: found.map(({ right, wrong }) => right / (right + wrong)) },
  };
}

/** How far the farthest point is from a line through the points of a curve. */
function farthest(points: Curve, { x, y }: Curve): number {
  const toSegment = (px: number, py: number, i: number): number => {
    const [dx, dy] = [x[i + 1]! - x[i]!, y[i + 1]! - y[i]!];
    const along = ((px - x[i]!) * dx + (py - y[i]!) * dy) / (dx * dx + dy * dy);
    const part = Math.min(1, Math.max(0, along));
    return Math.hypot(px - x[i]! - part * dx, py - y[i]! - part * dy);
  };
  const nearest = points.x.map((px, k) =>
    Math.min(...x.slice(1).map((_, i) => toSegment(px, points.y[k]!, i))),
  );
  return Math.max(...nearest);
}

/** The way along a curve, across and up. */
function lengthOf({ x, y }: Curve): number {
  let way = 0;
  for (let i = 1; i < x.length; i++) {
    way += Math.abs(x[i]! - x[i - 1]!) + Math.abs(y[i]! - y[i - 1]!);
  }
  return way;
}

describe('curves of rankings', () => {
  for (const oneIn of [2, 8]) {
    it(`stay near all their points when one in ${oneIn} is of the class`, () => {
      const samples = scored(oneIn, 1500, oneIn);
      const [curves] = curvesOf([rank(samples.scores, samples.truth)], ['a']).curves!;
      const all = counted(samples);
      const pairs = [
        [curves!.roc, all.roc],
        [curves!.precisionRecall, all.precision],
      ] as const;
      for (const [{ x, y }, full] of pairs) {
        assert.ok(x.length > 50 && x.length <= 200, `${x.length} points`);
        const known = new Set(full.x.map((value, i) => `${value} ${full.y[i]}`));
        assert.ok(x.every((value, i) => known.has(`${value} ${y[i]}`)));
        const bound = lengthOf(full) / 198 + 1e-12;
        assert.ok(farthest(full, { x, y }) <= bound, `${farthest(full, { x, y })} of ${bound}`);
        const ends = (curve: Curve) => [curve.x[0], curve.y[0], curve.x.at(-1), curve.y.at(-1)];
        assert.deepEqual(ends({ x, y }), ends(full));
      }
    });
  }

  it('lose only what is on straight stretches when they are short', () => {
    const x = [0, 0, 0, 0.25, 0.5, 0.75, 1, 1];
    const y = [0, 0.25, 0.5, 0.5, 0.5, 0.75, 0.75, 1];
    const corners = { x: [0, 0, 0.5, 0.75, 1, 1], y: [0, 0.5, 0.5, 0.75, 0.75, 1] };
    assert.deepEqual(thin({ x, y }), corners);
    assert.deepEqual(thin({ x: [0.5], y: [1] }), { x: [0.5], y: [1] });
    assert.deepEqual(thin({ x: [], y: [] }), { x: [], y: [] });
  });

  it('have a mean over the classes, with the mean of their areas', () => {
    const truth = Uint8Array.from([1, 1, 0, 0]);
    const perfect = rank(Float64Array.from([4, 3, 2, 1]), truth);
    const chance = rank(Float64Array.from([1, 1, 1, 1]), truth);
    const { roc, precisionRecall } = curvesOf([perfect, chance], ['a', 'b']).macroCurves!;
    assert.deepEqual([roc.area, precisionRecall.area], [0.75, 0.75]);
    const at = (curve: Curve, place: number) => curve.y[curve.x.lastIndexOf(place)]!;
    assertClose(
      [0, 0.5, 1].map((place) => at(roc, place)),
      [0.5, 0.75, 1],
      'rates',
      1e-15,
    );
    assertClose(
      [0, 0.5, 1].map((place) => at(precisionRecall, place)),
      [0.75, 0.75, 0.75],
      'p',
      1e-15,
    );
    assert.deepEqual([roc.x[0], roc.y[0], roc.x.length], [0, 0, 102]);
  });

  it('have an area below their mean that is the mean of the areas', () => {
    const rankings = [2, 3, 5].map((oneIn) => {
      const { scores, truth } = scored(oneIn, 500, oneIn);
      return rank(scores, truth);
    });
    const { curves, macroCurves } = curvesOf(rankings, ['a', 'b', 'c']);
    const { x, y, area } = macroCurves!.roc;
    const mean = curves!.reduce((sum, { roc }) => sum + roc.area / 3, 0);
    assertClose([area], [mean], 'area', 1e-15);
    let below = 0;
    for (let i = 1; i < x.length; i++) below += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
    // Between two of the hundred places a mean of rates rises by little.
    assert.ok(Math.abs(below - area) < 2e-3, `${below} below the line, ${area} told`);
  });

  it('are left out for classes without samples of both kinds', () => {
    const all = rank(Float64Array.from([1, 2]), Uint8Array.from([1, 1]));
    const both = rank(Float64Array.from([1, 2]), Uint8Array.from([0, 1]));
    assert.deepEqual(curvesOf([all], ['a']), {});
    const { curves, macroCurves } = curvesOf([all, both], ['a', 'b']);
    assert.deepEqual([curves!.map(({ name }) => name), macroCurves], [['b'], undefined]);
  });
});
