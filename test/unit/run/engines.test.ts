import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { openEngine } from '../../../server/training/engine/engine';
import { assign } from '../../../server/training/engine/updates';
import { numbers, variants, type Variant } from '../engine/support';
import { catalogueExperiments } from '../model/catalogueNets';
import { batchSize, distance, shortRun, type Outcome } from './shortRun';

/** The most products that one number of these networks is the sum of: a filter's gradient. */
const longestSum = batchSize * 14 * 14;
/**
 * What a computed sum of n products is probably wrong by, relative to the sum of their absolute values:
 * √n units in the last place of float32 (Higham and Mary, SIAM J. Sci. Comput. 41, 2019). It is the exact
 * sum of products with factors changed by as much.
 */
const roundingOfSums = Math.sqrt(longestSum) * 2 ** -24;

/** Lion steps by signs: where a sum is next to zero, rounding decides about a whole step. */
const experiments = catalogueExperiments().filter(({ optimizer }) => optimizer.type !== 'lion');

/** Runs on an engine, on two threads: their number changes nothing. */
async function onEngine<T>({ engine: id, kernels }: Variant, run: () => Promise<T>): Promise<T> {
  const engine = await openEngine(id, { kernels, threads: 2 });
  try {
    return await run();
  } finally {
    engine.dispose();
  }
}

async function trainAll(beforeStep?: Parameters<typeof shortRun>[1]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const experiment of experiments) outcomes.push(await shortRun(experiment, beforeStep));
  return outcomes;
}

/** Moves every weight up or down by so much of its size. */
function nudge(variables: ReadonlyMap<string, tf.Variable>, step: number): void {
  [...variables.values()].forEach((variable, i) => {
    const signs = numbers(variable.size, 1 + 1000 * step + i);
    const moved = variable.dataSync<'float32'>().map((value, j) => {
      return value * (1 + Math.sign(signs[j]!) * roundingOfSums);
    });
    tf.tidy(() => assign(variable, tf.tensor(moved, variable.shape)));
  });
}

describe('engines and instruction sets', () => {
  const [reference, ...others] = variants as [Variant, ...Variant[]];
  let expected: readonly Outcome[];
  let bounds: readonly number[];
  before(async function () {
    this.timeout(600_000);
    await onEngine(reference, async () => {
      expected = await trainAll();
      const nudged = await trainAll(nudge);
      bounds = nudged.map((outcome, i) => distance(expected[i]!, outcome));
    });
  });

  it('are held to bounds that mean something', () => {
    const sorted = [...bounds].sort((a, b) => a - b);
    assert.ok(sorted[0]! > roundingOfSums / 10, `smallest ${sorted[0]}`);
    const median = sorted[sorted.length >> 1]!;
    assert.ok(median < 1e-4, `median ${median}`);
  });

  for (const variant of others) {
    it(`end where rounding may lead them: ${variant.engine}, ${variant.kernels}`, async function () {
      this.timeout(600_000);
      const outcomes = await onEngine(variant, trainAll);
      for (const [i, outcome] of outcomes.entries()) {
        const [found, bound] = [distance(expected[i]!, outcome), bounds[i]!];
        assert.ok(found <= bound, `${experiments[i]!.name}: ${found}, more than ${bound}`);
      }
    });
  }
});
