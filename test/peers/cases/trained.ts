// Networks that are trained by us and by others: the same data in the same order, from the same weights.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Experiment } from '#common/experiment/experiment';
import { traceExperiment } from '#common/experiment/trace';
import { tags } from '#common/run/series';
import { decodeSafetensors } from '#common/safetensors';
import { openDataset } from '../../../server/training/data/dataset';
import { splitDataset } from '../../../server/training/data/split';
import { createBatchReader, portions } from '../../../server/training/run/batches';
import { executeRun } from '../../../server/training/run/execute';
import { checkpointFile, resolve, type Runs } from '../../training/support';
import { runPython } from '../environment';
import { type Values, valuesOf } from './support';

/** 100 steps of 16 samples, in the order of the data. */
const [epochs, batchSize, stepsPerEpoch] = [5, 16, 20];
export const penalty = 0.002;
const shared = {
  data: {
    source: { type: 'synthetic', shape: [8, 8, 2], classes: 4, count: 400, noise: 0.2 },
    split: { train: 0.8, validation: 0.1, test: 0.1 },
  },
  augmentation: [],
  physics: [],
  normalization: undefined,
  regularization: { type: 'l2', lambda: penalty },
  training: { epochs, batchSize, shuffle: false },
};

type Weights = ReadonlyMap<string, readonly number[]>;

/** What a script gives back of its training. */
interface Theirs {
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly losses: readonly number[];
}

/** What is trained, and the script that trains it as another library does. */
export interface Training {
  /** Sections of an experiment in place of those that all share. */
  readonly changes: object;
  readonly script: string;
  /** What the script gets beside network, weights and batches. */
  readonly more: object;
  /** Numbers of classes as labels, or rows with a one. */
  readonly sparse: boolean;
}

/** Trains as we do and as a script does, and asserts that all weights agree. */
export async function assertTrainsAs(
  runs: Runs,
  { changes, script, more, sparse }: Training,
): Promise<void> {
  const experiment = resolve({ ...shared, ...changes });
  const folder = await runs.create({ ...shared, ...changes });
  const { status, message } = await executeRun(folder);
  assert.equal(status, 'finished', message);
  const [before, last] = [weightsIn(folder, 'initial'), weightsIn(folder, 'last')];
  const batches = await batchesOf(experiment, runs.root, sparse);
  assert.equal(batches.length, stepsPerEpoch);
  const task = { ...networkOf(experiment), weights: tensorsOf(before), epochs, batches, ...more };
  const [theirs] = await runPython<readonly Theirs[]>(script, [task]);
  assert.equal(theirs!.losses.length, epochs * stepsPerEpoch);
  assert.deepEqual(Object.keys(theirs!.weights).sort(), [...last.keys()].sort());
  const frozen = frozenIn(experiment);
  for (const [name, values] of Object.entries(theirs!.weights)) {
    const ours = last.get(name)!;
    assert.equal(ours.length, values.length);
    const off = distance(ours, values);
    // Each step rounds by 1e-7 of a weight; what comes of it is 4e-6 at most, in the dense layers.
    assert.ok(off < 2e-5, `${name} is off by ${off}`);
    const moved = distance(ours, before.get(name.replace(/\/average$/, ''))!);
    if (frozen.has(name)) assert.equal(moved, 0, name);
    // The comparison would be empty for weights that hardly move.
    else assert.ok(moved > 5e-3, `${name} has not moved`);
  }
}

/** The network of an experiment as the scripts build it, with the names of its weights by layer. */
function networkOf(experiment: Experiment): object {
  const { shape } = shared.data.source;
  const { layers } = traceExperiment(experiment, shape);
  const names = layers
    .filter((layer) => layer.weights.length > 0)
    .map((layer) => [layer.name, layer.weights.map(({ name }) => name)]);
  const inOrder = layers.map(({ name, inputs, outputShape }) => ({ name, inputs, outputShape }));
  return {
    subject: { experiment, image: shape, layers: inOrder },
    names: Object.fromEntries(names) as object,
  };
}

/** Names of the weights of layers that do not learn, running averages included. */
function frozenIn(experiment: Experiment): ReadonlySet<string> {
  const { layers } = traceExperiment(experiment, shared.data.source.shape);
  const frozen = layers.filter(({ value }) => 'trainable' in value && !value.trainable);
  return new Set(
    frozen.flatMap((layer) => layer.weights.map(({ name }) => tags.weight(layer.name, name))),
  );
}

function tensorsOf(weights: Weights): object {
  const tensors = [...weights].map(([name, values]) => [name, valuesOf([values.length], values)]);
  return Object.fromEntries(tensors) as object;
}

/** The arrays of a checkpoint that belong to layers, and the running averages of those that have any. */
function weightsIn(folder: string, name: string): Weights {
  const bytes = Uint8Array.from(readFileSync(checkpointFile(folder, name)));
  const { tensors } = decodeSafetensors(bytes);
  const ofLayers = [...tensors]
    .map(([key, { data }]) => [key.replace(/^optimizer\/(.*\/average)$/, '$1'), data] as const)
    .filter(([key]) => !/^(optimizer|state|normalization)\//.test(key));
  return new Map(ofLayers.map(([key, data]) => [key, [...data]]));
}

interface Batch {
  readonly images: Values;
  /** Numbers of classes, or rows with a one. */
  readonly labels: Values;
}

async function batchesOf(
  { seed, data }: Experiment,
  baseFolder: string,
  sparse: boolean,
): Promise<readonly Batch[]> {
  const dataset = await openDataset(data.source, { baseFolder, seed });
  const { train } = splitDataset(dataset, data.split, seed);
  const readBatch = createBatchReader(dataset);
  const { classes } = shared.data.source;
  return [...portions(train, batchSize)].map((samples) => {
    const batch = readBatch({ samples, split: 'train', epoch: 0, training: true });
    const labels = [...batch.labels];
    const rows = labels.flatMap((label) =>
      Array.from({ length: classes }, (_, i) => +(i === label)),
    );
    return {
      images: valuesOf(batch.shape, batch.images),
      labels: sparse ? valuesOf([labels.length], labels) : valuesOf([labels.length, classes], rows),
    };
  });
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

/** What the titles of the tests say. */
export const steps = epochs * stepsPerEpoch;
