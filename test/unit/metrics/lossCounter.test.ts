import assert from 'node:assert/strict';
import { draws, streamKey } from '#common/rng';
import type { LossPartFacts, PartLosses } from '../../../server/training/metrics/lossCounter';
import { tallyOf } from './support';

const facts: readonly LossPartFacts[] = [
  { figure: 'loss.softmaxCrossEntropy', isWeighted: true },
  { figure: 'loss.dice', isWeighted: false },
];

interface Sample {
  /** Before any weight. */
  readonly loss: number;
  readonly weight: number;
  readonly dice: number;
}

/** A batch as a pass gives it: weighted losses are scaled so that their mean is Σ w ℓ / Σ w. */
function batchOf(samples: readonly Sample[]): readonly PartLosses[] {
  const total = samples.reduce((sum, { weight }) => sum + weight, 0);
  const scale = total === 0 ? 0 : samples.length / total;
  return [
    {
      values: Float32Array.from(samples, ({ loss, weight }) => loss * weight * scale),
      weights: Float32Array.from(samples, ({ weight }) => weight),
    },
    { values: Float32Array.from(samples, ({ dice }) => dice) },
  ];
}

function samplesOf(seed: number, count: number): readonly Sample[] {
  const { below, uniform } = draws(streamKey(seed, 'synthetic'));
  return Array.from({ length: count }, () => {
    return { loss: 5 * uniform(), weight: [0, 0.25, 8][below(3)]!, dice: uniform() };
  });
}

/** The figures of all samples, in batches of a size. */
function figuresOf(samples: readonly Sample[], batchSize: number) {
  const tally = tallyOf('classification', [], { lossParts: facts, keepsSamples: true });
  for (let at = 0; at < samples.length; at += batchSize) {
    const batch = samples.slice(at, at + batchSize);
    const labels = new Int32Array(batch.length);
    tally.add(batchOf(batch), new Float32Array(batch.length * 3), { labels });
  }
  return tally;
}

describe('the loss of a split', () => {
  it('is the total of weighted losses over that of weights, whatever the batches', () => {
    for (let seed = 0; seed < 20; seed++) {
      const samples = samplesOf(seed, 64);
      const total = samples.reduce((sum, { loss, weight }) => sum + loss * weight, 0);
      const weight = samples.reduce((sum, one) => sum + one.weight, 0);
      const dice = samples.reduce((sum, one) => sum + one.dice, 0) / 64;
      for (const size of [1, 7, 64]) {
        const figures = figuresOf(samples, size).figures();
        const exact = {
          loss: total / weight + dice,
          'loss.softmaxCrossEntropy': total / weight,
          'loss.dice': dice,
        };
        assert.deepEqual(Object.keys(figures), Object.keys(exact));
        for (const [name, value] of Object.entries(exact)) {
          assert.ok(Math.abs(figures[name]! / value - 1) < 1e-6, `seed ${seed}, ${size}, ${name}`);
        }
      }
    }
  });

  it('is 0 where no sample has any weight, and NaN before the first sample', () => {
    const none = [{ loss: 3, weight: 0, dice: 0.5 }];
    assert.equal(figuresOf(none, 1).figures()['loss'], 0.5);
    assert.ok(Number.isNaN(figuresOf([], 1).figures()['loss']));
  });

  it('has an interval like each of its terms', () => {
    const tally = figuresOf(samplesOf(3, 200), 50);
    const { loss, terms, intervals } = tally.results('validation');
    const exact: Record<string, number> = { loss, ...terms };
    assert.deepEqual(Object.keys(intervals!), Object.keys(exact));
    for (const [name, { low, high }] of Object.entries(intervals!)) {
      assert.ok(low < exact[name]! && exact[name]! < high, name);
    }
    // A mean of 200 uniform numbers, give or take two standard errors.
    const { low, high } = intervals!['loss.dice']!;
    assert.ok(Math.abs((high - low) / (4 / Math.sqrt(12 * 200)) - 1) < 0.15, `${high - low}`);
  });

  it('goes on from a saved state, and begins anew from one of another length', () => {
    const [first, all] = [samplesOf(1, 10), samplesOf(1, 10)];
    const restored = tallyOf('classification', [], { lossParts: facts, keepsSamples: true });
    restored.restore(figuresOf(first, 10).state());
    assert.deepEqual(restored.results('train'), figuresOf(all, 10).results('train'));
    const plain = tallyOf('classification', []);
    plain.add([{ values: Float32Array.of(4) }], new Float32Array(3), { labels: Int32Array.of(0) });
    const fresh = tallyOf('classification', [], { lossParts: facts });
    fresh.restore(plain.state());
    assert.ok(Number.isNaN(fresh.figures()['loss']));
  });
});
