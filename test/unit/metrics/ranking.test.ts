import assert from 'node:assert/strict';
import { draws, streamKey } from '#common/rng';
import {
  areaUnderRoc,
  averagePrecision,
  precisionRecallCurve,
  rank,
  rocCurve,
} from '../../../server/training/metrics/ranking';
import { assertClose } from '../engine/support';

function ranking(scores: readonly number[], truth: readonly number[]) {
  return rank(Float64Array.from(scores), Uint8Array.from(truth));
}

/** Mann and Whitney's count of pairs, ties as half. */
function pairs(scores: readonly number[], truth: readonly number[], weights: Float64Array): number {
  let won = 0;
  let all = 0;
  for (const [i, a] of scores.entries()) {
    for (const [j, b] of scores.entries()) {
      if (truth[i] !== 1 || truth[j] !== 0) continue;
      const weight = weights[i]! * weights[j]!;
      all += weight;
      won += weight * (a > b ? 1 : a === b ? 0.5 : 0);
    }
  }
  return won / all;
}

describe('a ranking', () => {
  it('has the area under the ROC curve that counting pairs gives, weighted and with ties', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { below, uniform } = draws(streamKey(seed, 'synthetic'));
      const truth = Array.from({ length: 40 }, () => below(2));
      const scores = truth.map((y) => Math.round(6 * uniform() + 2 * y));
      const weights = Float64Array.from(truth, () => below(4));
      const ones = new Float64Array(40).fill(1);
      const found = ranking(scores, truth);
      assertClose([areaUnderRoc(found)!], [pairs(scores, truth, ones)], `seed ${seed}`, 1e-13);
      const drawn = areaUnderRoc(found, weights)!;
      assertClose([drawn], [pairs(scores, truth, weights)], `seed ${seed}, weighted`, 1e-13);
    }
  });

  it('has the average precision of the example in the documentation of scikit-learn', () => {
    const found = ranking([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);
    assertClose([averagePrecision(found)!], [0.8333333333333333], 'precision', 1e-15);
    assert.equal(areaUnderRoc(found), 0.75);
  });

  it('is perfect, reversed or chance', () => {
    assert.equal(areaUnderRoc(ranking([3, 2, 1, 0], [1, 1, 0, 0])), 1);
    assert.equal(areaUnderRoc(ranking([0, 1, 2, 3], [1, 1, 0, 0])), 0);
    assert.equal(areaUnderRoc(ranking([5, 5, 5, 5], [1, 0, 1, 0])), 0.5);
    assert.equal(averagePrecision(ranking([5, 5, 5, 5], [1, 0, 1, 0])), 0.5);
  });

  it('has no area without both kinds of samples', () => {
    assert.equal(areaUnderRoc(ranking([1, 2], [1, 1])), undefined);
    assert.equal(areaUnderRoc(ranking([1, 2], [0, 0])), undefined);
    assert.equal(averagePrecision(ranking([1, 2], [0, 0])), undefined);
    assert.equal(areaUnderRoc(ranking([], [])), undefined);
  });

  it('has curves through the thresholds', () => {
    const found = ranking([4, 3, 3, 1], [1, 0, 1, 0]);
    assert.deepEqual(rocCurve(found), { x: [0, 0, 0.5, 1], y: [0, 0.5, 1, 1] });
    assert.deepEqual(precisionRecallCurve(found), { x: [0.5, 1, 1], y: [1, 2 / 3, 0.5] });
  });
});
