import assert from 'node:assert/strict';
import { openEngine } from '../../../server/training/engine/engine';
import { variants, type Variant } from '../engine/support';
import { catalogueExperiments, layerExamples, netAround } from '../model/catalogueNets';
import { shortRun, type Outcome } from './shortRun';

const experiments = catalogueExperiments();

/** Trains every experiment. */
async function trainAll({ engine: id, ...options }: Variant): Promise<readonly Outcome[]> {
  const engine = await openEngine(id, options);
  assert.equal(engine.facts.threads, options.threads);
  const outcomes: Outcome[] = [];
  for (const experiment of experiments) outcomes.push(await shortRun(experiment));
  engine.dispose();
  return outcomes;
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

describe('experiments with everything in the catalogue', () => {
  it('have every kind of layer', () => {
    for (const example of layerExamples()) {
      const what = `no net of this test takes ${JSON.stringify(example)}`;
      assert.ok(netAround([example]).layers.includes(example), what);
    }
  });

  for (const [i, variant] of variants.entries()) {
    const { engine, kernels } = variant;
    // Threads are the same for all kernels of an engine: one of its variants is tried on every number.
    const isFirst = variants.findIndex((other) => other.engine === engine) === i;
    it(`end with the same bits on any number of threads, every time: ${engine}, ${kernels}`, async function () {
      this.timeout(600_000);
      const expected = await trainAll({ ...variant, threads: 1 });
      for (const threads of isFirst ? [1, 2, 3, 8] : [3]) {
        const actual = await trainAll({ ...variant, threads });
        for (const [place, outcome] of actual.entries()) {
          for (const [name, values] of outcome) {
            const what = `${name} of ${experiments[place]!.name} on ${threads} threads`;
            assert.ok(values.every(Number.isFinite), `${what} is not finite`);
            assert.ok(bytesOf(values).equals(bytesOf(expected[place]!.get(name)!)), what);
          }
        }
      }
    });
  }
});
