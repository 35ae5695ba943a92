import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { planMemory, type Lifetime } from '../../../server/training/engine/backend/memoryPlan';

describe('the memory plan of a recorded program', () => {
  const piece = (sizeBytes: number, first: number, last: number): Lifetime => ({
    sizeBytes,
    first,
    last,
  });

  it('puts what is used at the same time side by side, and else in one place', () => {
    const plan = planMemory([piece(64, 0, 1), piece(64, 1, 2), piece(64, 2, 3), piece(64, 3, 4)]);
    assert.equal(plan.peakBytes, 128);
    const [a, b, c, d] = plan.offsets;
    assert.equal(a, c);
    assert.equal(b, d);
    assert.notEqual(a, b);
  });

  it('fills the gap under a large piece that lives on', () => {
    const pieces = [piece(640, 0, 1), piece(512, 1, 9), piece(320, 2, 3), piece(320, 4, 5)];
    assert.equal(planMemory(pieces).peakBytes, 640 + 512);
  });

  it('never overlaps what is in use together, and needs no more than all at once', () => {
    const arbitrary = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 40 }), fc.nat(30), fc.nat(12))
        .map(([blocks, first, length]) => piece(64 * blocks, first, first + length)),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(arbitrary, (pieces) => {
        const { offsets, peakBytes } = planMemory(pieces);
        const inUse = (step: number) =>
          pieces.filter(({ first, last }) => first <= step && step <= last);
        const sum = (some: readonly Lifetime[]) =>
          some.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
        for (let i = 0; i < pieces.length; i++) {
          assert.ok(offsets[i]! + pieces[i]!.sizeBytes <= peakBytes);
          for (let j = 0; j < i; j++) {
            const [a, b] = [pieces[i]!, pieces[j]!];
            if (a.last < b.first || b.last < a.first) continue;
            const apart =
              offsets[i]! + a.sizeBytes <= offsets[j]! || offsets[j]! + b.sizeBytes <= offsets[i]!;
            assert.ok(apart, `pieces ${i} and ${j}`);
          }
        }
        assert.ok(peakBytes <= sum(pieces));
        for (let step = 0; step < 43; step++) assert.ok(peakBytes >= sum(inUse(step)));
      }),
    );
  });
});
