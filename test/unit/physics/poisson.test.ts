import assert from 'node:assert/strict';
import { draws } from '#common/rng';
import {
  drawPoisson,
  inversePoisson,
  logProbability,
  rejectedPoisson,
} from '../../../server/training/engine/ops/poisson';
import { readGolden } from './golden';

const { tables } = readGolden('10-shot-read-noise.json');

describe('Poisson numbers', () => {
  it('invert the cumulative probability as the table does', () => {
    interface Table {
      readonly u: readonly number[];
      readonly rows: readonly { readonly lambda: number; readonly k: readonly number[] }[];
    }
    const { u, rows } = tables['poisson_inverse_transform'] as Table;
    for (const { lambda, k } of rows) {
      assert.deepEqual(
        u.map((value) => inversePoisson(lambda, value)),
        k,
        `mean ${lambda}`,
      );
    }
    assert.equal(inversePoisson(3, 0), 0);
    assert.ok(inversePoisson(9, 1 - 2 ** -32) < 60, 'the sum ends although it never reaches 1');
  });

  it('know their probabilities', () => {
    interface Row {
      readonly lambda: number;
      readonly k: readonly number[];
      readonly pmf: readonly number[];
    }
    for (const { lambda, k, pmf } of tables['poisson_pmf'] as readonly Row[]) {
      for (const [i, count] of k.entries()) {
        const found = Math.exp(logProbability(count, lambda));
        assert.ok(Math.abs(found / pmf[i]! - 1) < 1e-8, `mean ${lambda}, k ${count}: ${found}`);
      }
    }
    // At the mean the probability is close to 1/√(2πλ), however large λ is: nothing may cancel.
    const mean = 1e10;
    const stirling = -0.5 * Math.log(2 * Math.PI * mean) - 1 / (12 * mean);
    assert.ok(Math.abs(logProbability(mean, mean) - stirling) < 1e-9);
  });

  it('come out of the rejection method with exactly their probabilities', () => {
    for (const mean of [10, 12.5, 31, 200]) {
      const draw = draws([mean * 2, 1]);
      const count = 100_000;
      const seen = new Map<number, number>();
      for (let i = 0; i < count; i++) {
        const k = rejectedPoisson(mean, draw);
        seen.set(k, (seen.get(k) ?? 0) + 1);
      }
      let chiSquared = 0;
      let cells = 0;
      for (let k = 0; k < 2 * mean + 60; k++) {
        const expected = count * Math.exp(logProbability(k, mean));
        if (expected < 20) continue;
        chiSquared += ((seen.get(k) ?? 0) - expected) ** 2 / expected;
        cells++;
      }
      // χ² has mean `cells` and variance 2 · cells.
      const limit = cells + 4.5 * Math.sqrt(2 * cells);
      assert.ok(chiSquared < limit, `mean ${mean}: χ² = ${chiSquared} for ${cells} counts`);
    }
  });

  it('hold for huge means, and are 0 without light', () => {
    const draw = draws([5, 5]);
    const mean = 1e9;
    const values = Array.from({ length: 20_000 }, () => drawPoisson(mean, draw));
    const average = values.reduce((sum, value) => sum + value / values.length, 0);
    const variance = values.reduce((sum, v) => sum + (v - average) ** 2 / values.length, 0);
    assert.ok(Math.abs(average - mean) < 5 * Math.sqrt(mean / values.length));
    assert.ok(Math.abs(variance / mean - 1) < 5 * Math.sqrt(2 / values.length));
    assert.equal(drawPoisson(0, draw), 0);
    assert.equal(drawPoisson(-1, draw), 0);
  });
});
