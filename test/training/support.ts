// Small experiments that are trained in tests, and what is read from their run folders.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Experiment } from '#common/experiment/experiment';
import { readExperiment } from '#common/experiment/read';
import type { Series, Split } from '#common/run/series';
import { decodeSafetensors } from '#common/safetensors';
import { openRunFollower } from '#runs/follow';
import { createRun, type NewRun } from '#runs/folder';

/**
 * Something random in every part, so that whatever a resumed run forgets shows in its weights: 6 steps
 * an epoch, of which the last one is smaller.
 */
export const tinyExperiment = {
  version: 1,
  name: 'tiny',
  seed: 11,
  data: {
    source: { type: 'synthetic', shape: [8, 8, 1], classes: 3, count: 120, noise: 0.3 },
    split: { train: 0.7, validation: 0.15, test: 0.15 },
  },
  augmentation: [{ type: 'flipLeftRight' }, { type: 'gaussianNoise', sigma: 0.05 }],
  physics: [
    { type: 'gaussianBlur', sigmaPx: 1.2, trainable: true, learningRate: 0.05 },
    { type: 'shotNoise', photons: 500, readNoise: 1 },
  ],
  normalization: { type: 'standardize' },
  model: {
    layers: [
      { type: 'conv2d', filters: 4, kernelSize: 3 },
      { type: 'batchNormalization' },
      { type: 'activation', function: 'relu' },
      { type: 'flatten' },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: 3 },
    ],
  },
  loss: { type: 'softmaxCrossEntropy' },
  regularization: { type: 'l2', lambda: 0.001 },
  optimizer: { type: 'adam', learningRate: 0.01 },
  training: { epochs: 3, batchSize: 16 },
  metrics: ['accuracy'],
} as const;

export const tinyStepsPerEpoch = 6;

/** An experiment as a file has it, with some sections replaced. */
export function resolve(changes: object = {}): Experiment {
  const { experiment, problems } = readExperiment(
    JSON.stringify({ ...tinyExperiment, ...changes }),
  );
  if (experiment !== undefined) return experiment;
  throw new Error(problems.map(({ message }) => message).join('\n'));
}

/** Folders of one test file, removed at its end. */
export interface Runs {
  readonly root: string;
  create(changes?: object, more?: Partial<NewRun>): Promise<string>;
  remove(): void;
}

export function makeRuns(): Runs {
  const root = mkdtempSync(path.join(tmpdir(), 'lightbench-training-'));
  return {
    root,
    async create(changes = {}, more = {}) {
      const { folder } = await createRun({
        root,
        experimentFile: path.join(root, 'tiny.experiment.json'),
        text: JSON.stringify({ ...tinyExperiment, ...changes }),
        experiment: resolve(changes),
        engine: 'auto',
        ...more,
      });
      return folder;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export function checkpointFile(folder: string, name: string): string {
  return path.join(folder, 'checkpoints', `${name}.safetensors`);
}

/** Every array of a checkpoint as bytes in hex: equal texts are equal bits. */
export function arraysOf(folder: string, name = 'last'): Readonly<Record<string, string>> {
  const { tensors } = decodeSafetensors(
    Uint8Array.from(readFileSync(checkpointFile(folder, name))),
  );
  return Object.fromEntries(
    [...tensors].map(([key, { data }]) => [
      key,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );
}

/** Steps and values of every series, without times: what two equal runs have in common. */
export async function curvesOf(folder: string): Promise<Readonly<Record<string, number[][]>>> {
  const follower = await openRunFollower(folder);
  const all = follower.series();
  follower.dispose();
  return Object.fromEntries(
    all
      .map((one): [string, number[][]] => [`${one.split} ${one.tag}`, columnsOf(one)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

export async function seriesOf(folder: string, split: Split, tag: string): Promise<Series> {
  const follower = await openRunFollower(folder);
  const found = follower.series().find((one) => one.split === split && one.tag === tag);
  follower.dispose();
  if (found === undefined) throw new Error(`There is no series ${split} ${tag} in ${folder}.`);
  return found;
}

function columnsOf({ steps, values }: Series): number[][] {
  return [[...steps], [...values]];
}

export function readJson<T>(folder: string, name: string): T {
  return JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as T;
}

export function logOf(folder: string): string {
  return readFileSync(path.join(folder, 'log.txt'), 'utf8');
}
