import assert from 'node:assert/strict';
import {
  circle,
  draws,
  fillBits,
  fillNormal,
  fillUniform,
  permutation,
  streamKey,
  symmetricBeta,
  threefry,
  type Key,
} from '#common/rng';
import { assertDistribution, symmetricBetaCdf } from './augmentation/distributions';

const key: Key = [0x13198a2e, 0x03707344];

describe('counter-based random numbers', () => {
  it('are those of Threefry-2x32-20, by the known answers of its authors', () => {
    // kat_vectors of Random123: key, counter, result.
    const cases = [
      { key: [0, 0], counter: [0, 0], result: [0x6b200159, 0x99ba4efe] },
      {
        key: [0xffffffff, 0xffffffff],
        counter: [0xffffffff, 0xffffffff],
        result: [0x1cb996fc, 0xbb002be7],
      },
      {
        key: [0x13198a2e, 0x03707344],
        counter: [0x243f6a88, 0x85a308d3],
        result: [0xc4923a9c, 0x483df7a0],
      },
    ] as const;
    for (const { key, counter, result } of cases) {
      assert.deepEqual(threefry(key, counter[0], counter[1]), result);
    }
  });

  it('do not depend on how many are taken at once', () => {
    const whole = new Uint32Array(11);
    fillBits(key, whole);
    const parts = [new Uint32Array(4), new Uint32Array(7)] as const;
    fillBits(key, parts[0]);
    fillBits(key, parts[1], 4);
    assert.deepEqual([...parts[0], ...parts[1]], [...whole]);
  });

  it('differ by seed, purpose, epoch and sample', () => {
    const keys = [
      streamKey(1, 'shuffle'),
      streamKey(2, 'shuffle'),
      streamKey(1, 'split'),
      streamKey(1, 'dropout/a', 1, 2),
      streamKey(1, 'dropout/a', 2, 1),
      streamKey(1, 'dropout/b', 1, 2),
    ];
    assert.equal(new Set(keys.map(String)).size, keys.length);
    assert.deepEqual(streamKey(1, 'dropout/a', 1, 2), keys[3]);
  });

  it('are even over [0, 1)', () => {
    const values = new Float32Array(200_000);
    fillUniform(key, values);
    const bins = new Float64Array(10);
    for (const value of values) {
      assert.ok(value >= 0 && value < 1);
      bins[Math.floor(value * 10)]! += 1;
    }
    // χ² with 9 degrees of freedom; 33.7 is exceeded once in 10 000 keys.
    const chiSquared = bins.reduce((sum, count) => sum + (count - 20_000) ** 2 / 20_000, 0);
    assert.ok(chiSquared < 33.7, `χ² = ${chiSquared}`);
  });

  it('are normal, with the moments of the normal distribution', () => {
    const values = new Float32Array(200_000);
    fillNormal(key, values);
    const moment = (power: number) =>
      values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    // Five standard errors: √(var(xᵖ) / n) with var = 1, 2, 15, 96.
    for (const [power, expected, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ] as const) {
      const error = Math.abs(moment(power) - expected);
      assert.ok(error < 5 * Math.sqrt(variance / values.length), `moment ${power} off by ${error}`);
    }
  });

  it('come one by one as they come in bulk', () => {
    const bits = new Uint32Array(6);
    fillBits(key, bits);
    const { uniform } = draws(key);
    assert.deepEqual(
      Array.from({ length: 6 }, uniform),
      Array.from(bits, (word) => word / 2 ** 32),
    );
  });

  it('put every item into a shuffle once, in every place alike', () => {
    const places = new Float64Array(5);
    for (let i = 0; i < 5000; i++) {
      const order = permutation([i, 7], 5);
      assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4]);
      places[order.indexOf(0)]! += 1;
    }
    // χ² with 4 degrees of freedom.
    const chiSquared = places.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    assert.ok(chiSquared < 23.5, `χ² = ${chiSquared}`);
  });

  it('put all items into one circle, and none after itself', () => {
    const circles = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const next = circle(draws([i, 9]), 4);
      const visited = [0];
      while (next[visited.at(-1)!] !== 0) visited.push(next[visited.at(-1)!]!);
      assert.equal(visited.length, 4);
      circles.set(visited.join(), (circles.get(visited.join()) ?? 0) + 1);
    }
    // Six circles of four; χ² with 5 degrees of freedom.
    assert.equal(circles.size, 6);
    const chiSquared = [...circles.values()].reduce(
      (sum, count) => sum + (count - 1000) ** 2 / 1000,
      0,
    );
    assert.ok(chiSquared < 25.7, `χ² = ${chiSquared}`);
    assert.deepEqual([...circle(draws(key), 1)], [0]);
  });

  for (const [alpha, cdf] of Object.entries(symmetricBetaCdf)) {
    it(`follow Beta(${alpha}, ${alpha})`, () => {
      const draw = draws(key);
      assertDistribution(
        Array.from({ length: 20_000 }, () => symmetricBeta(draw, Number(alpha))),
        cdf,
      );
    });
  }

  it('follow Beta(α, α) in its moments for every α, with all shares in 0 … 1', () => {
    for (const alpha of [1e-3, 0.02, 0.2, 5, 1000]) {
      const draw = draws([3, 5]);
      const n = 20_000;
      const values = Array.from({ length: n }, () => symmetricBeta(draw, alpha));
      assert.ok(values.every((value) => value >= 0 && value <= 1));
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      const variance = values.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / n;
      const expected = 1 / (4 * (2 * alpha + 1));
      // Five standard errors; those of the variance by the kurtosis 3 − 6 / (2 α + 3).
      assert.ok(Math.abs(mean - 0.5) < 5 * Math.sqrt(expected / n), `mean ${mean} for ${alpha}`);
      const error = expected * Math.sqrt((2 - 6 / (2 * alpha + 3)) / n);
      assert.ok(Math.abs(variance - expected) < 5 * error + 1e-12, `${variance} for ${alpha}`);
    }
  });

  it('give a beta number at the ends of what is drawn', () => {
    const of = (...numbers: number[]) => symmetricBeta({ uniform: () => numbers.shift()! }, 1e-3);
    const last = 1 - 2 ** -32;
    for (const u of [0, 0.5, last]) {
      for (const v of [0, 0.25, 0.5, 0.75, last]) {
        const value = of(u, v);
        assert.ok(value >= 0 && value <= 1, `${value} of ${u}, ${v}`);
      }
    }
  });
});
