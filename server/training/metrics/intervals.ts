import type { Interval } from '#common/run/events';
import { fillBits, streamKey } from '#common/rng';

/** Quantile of the standard normal distribution that leaves 2.5 % on either side. */
const z = 1.959963984540054;

/** Wilson's 95 % interval for a part of independent samples: right even for few of them and for 0 and 1. */
export function wilson(part: number, count: number): Interval {
  const shrink = 1 + z ** 2 / count;
  const middle = (part + z ** 2 / (2 * count)) / shrink;
  const half = (z / shrink) * Math.sqrt((part * (1 - part)) / count + z ** 2 / (4 * count ** 2));
  // At the ends the two terms are equal and rounding alone would lead beyond them.
  const low = part === 0 ? 0 : middle - half;
  const high = part === 1 ? 1 : middle + half;
  return { low, high, method: 'wilson' };
}

/** So many draws in all take a second at most; fewer than so many replicates leave the ends to chance. */
const mostDraws = 2 ** 21;
const mostReplicates = 1000;
const leastReplicates = 200;

/**
 * 95 % intervals by the percentiles of figures over samples drawn with replacement. `figuresOf` gives
 * the figures for how often each sample was drawn; one that is undefined for a draw is left out of it.
 */
export function bootstrap(
  count: number,
  seed: number,
  figuresOf: (weights: Float64Array) => ReadonlyMap<string, number>,
): ReadonlyMap<string, Interval> {
  const replicates = Math.round(
    Math.min(mostReplicates, Math.max(leastReplicates, mostDraws / Math.max(1, count))),
  );
  const weights = new Float64Array(count);
  const bits = new Uint32Array(count);
  const drawn = new Map<string, number[]>();
  for (let replicate = 0; replicate < replicates; replicate++) {
    fillBits(streamKey(seed, 'bootstrap', 0, replicate), bits);
    weights.fill(0);
    for (const word of bits) weights[Math.floor(word * 2 ** -32 * count)]! += 1;
    for (const [name, value] of figuresOf(weights)) {
      const values = drawn.get(name);
      if (values === undefined) drawn.set(name, [value]);
      else values.push(value);
    }
  }
  return new Map([...drawn].map(([name, values]) => [name, percentiles(values)]));
}

function percentiles(values: readonly number[]): Interval {
  const sorted = Float64Array.from(values).sort();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975), method: 'bootstrap' };
}

/** Linear between the two nearest, as NumPy does. */
function quantile(sorted: Float64Array, part: number): number {
  const place = part * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (place - below) * (high - low);
}
