import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { layers, type LayerKind } from '#common/catalogue/layers';
import { decodeSafetensors } from '#common/safetensors';
import { CACHE } from '../../../scripts/processes';
import { probeEngines } from '../../../server/training/engine/engine';
import { recipeFor } from '../../../server/training/engine/install/recipe';
import { executeRun } from '../../../server/training/run/execute';
import { exampleImage, netAround } from '../../unit/model/catalogueNets';
import { run } from '../../cli/cli';
import { checkpointFile, makeRuns, readJson, tinyExperiment } from '../../training/support';

const runs = makeRuns();
after(() => runs.remove());

const engines = path.join(CACHE, 'engines');

/** Sets TensorFlow's engine up as users do, once for all runs of the tests. */
before(async function (this: Mocha.Context) {
  this.timeout(900_000);
  process.env['LIGHTBENCH_ENGINES'] = engines;
  const stamp = path.join(engines, 'stamp.json');
  const wanted = JSON.stringify(recipeFor('tensorflow', `${process.platform}-${process.arch}`));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Setting up the engine "tensorflow" in .cache/engines (about a minute) ...');
  // The process that sets an engine up has loaded it from where it was built.
  const { code, stderr } = await run(['engines', 'install', 'tensorflow', '--json']);
  assert.equal(code, 0, stderr);
  writeFileSync(stamp, wanted);
});
after(() => delete process.env['LIGHTBENCH_ENGINES']);

describe('TensorFlow as an engine', () => {
  it('is found where it was set up', async () => {
    const report = (await probeEngines({ folder: runs.root })).find(
      ({ id }) => id === 'tensorflow',
    );
    assert.equal(report?.available, true, report?.reason);
    assert.match(report.reason, /\.cache.engines/);
  });

  it('says in run.json what computed, and why', async () => {
    const folder = await runs.create(
      { training: { epochs: 1 } },
      { engine: 'tensorflow', threads: 1 },
    );
    assert.equal((await executeRun(folder)).status, 'finished');
    const { engine } = readJson<{ readonly engine: object }>(folder, 'run.json');
    const description = 'TensorFlow 2.21.0, CPU';
    assert.deepEqual(engine, { id: 'tensorflow', description, threads: 1, reason: 'asked for' });
  });

  it('has the weights of our own engine after the same steps', async () => {
    await compare({ model: { layers: withoutBias } }, 2e-4);
  });

  for (const kind of Object.keys(layers) as LayerKind[]) {
    it(`trains the layer ${kind} as our own engine does`, async () => {
      await compare({ ...plain, model: modelWith(kind) }, 1e-4);
    });
  }
});

/** A bias before batch normalization has a gradient of rounding errors only, which Adam makes large. */
const withoutBias = tinyExperiment.model.layers.map((layer) =>
  layer.type === 'conv2d' ? { ...layer, useBias: false } : layer,
);

/** Nothing but the network, and an optimizer that does not enlarge differences of rounding. */
const plain = {
  data: {
    source: { type: 'synthetic', shape: exampleImage, classes: 2, count: 60, noise: 0.3 },
    split: tinyExperiment.data.split,
  },
  augmentation: [],
  physics: [],
  optimizer: { type: 'momentum', learningRate: 0.05 },
  training: { epochs: 1, batchSize: 8 },
};

/** A network with the first example of a layer in a place where it fits. */
function modelWith(kind: LayerKind): object {
  const [example] = layers[kind].examples;
  const model = netAround([example!]);
  assert.ok(model.layers.includes(example!), `The example of "${kind}" fits in no place.`);
  return model;
}

/** Trains an experiment on both engines and compares all that they have learned. */
async function compare(changes: object, tolerance: number): Promise<void> {
  const [ours, theirs] = [await learned(changes, 'native'), await learned(changes, 'tensorflow')];
  assert.deepEqual([...theirs.keys()], [...ours.keys()]);
  for (const [name, { initial, last }] of theirs) {
    const other = ours.get(name)!;
    assert.deepEqual(initial, other.initial);
    const difference = distance(last, other.last);
    assert.ok(difference <= tolerance, `${name} is off by ${difference}`);
  }
  // The comparison would be empty for weights that do not move.
  const moves = [...theirs.values()].map(({ initial, last }) => distance(last, initial));
  assert.ok(Math.min(...moves) > 10 * tolerance, `they move by ${moves.join(', ')}`);
}

interface Learned {
  readonly initial: readonly number[];
  readonly last: readonly number[];
}

/** Weights and learned physics of a run, before and after. */
async function learned(
  changes: object,
  engine: 'native' | 'tensorflow',
): Promise<ReadonlyMap<string, Learned>> {
  const folder = await runs.create(changes, { engine });
  const { status, message } = await executeRun(folder);
  assert.equal(status, 'finished', message);
  const initial = arraysIn(folder, 'initial');
  const last = arraysIn(folder, 'last');
  return new Map(
    [...last].map(([name, values]) => [name, { initial: initial.get(name)!, last: values }]),
  );
}

function arraysIn(folder: string, name: string): ReadonlyMap<string, readonly number[]> {
  const { tensors } = decodeSafetensors(
    Uint8Array.from(readFileSync(checkpointFile(folder, name))),
  );
  const ofModel = [...tensors].filter(([key]) => !/^(optimizer|state|normalization)\//.test(key));
  return new Map(ofModel.map(([key, { data }]) => [key, [...data]]));
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}
