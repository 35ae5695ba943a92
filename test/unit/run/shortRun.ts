import type * as tf from '@tensorflow/tfjs-core';
import { traceExperiment } from '#common/experiment/trace';
import type { Experiment } from '#common/experiment/experiment';
import { openDataset, type Dataset } from '../../../server/training/data/dataset';
import { readAll } from '../../../server/training/engine/program';
import { createBatchReader, portions, type Batch } from '../../../server/training/run/batches';
import { createLearner } from '../../../server/training/run/learner';

/** Named arrays: variables and losses at the end of a run. */
export type Outcome = ReadonlyMap<string, Float32Array>;

type Variables = ReadonlyMap<string, tf.Variable>;

export const batchSize = 23;
const epochs = 2;

type BeforeStep = (variables: Variables, step: number) => void;

/** Trains an experiment on the open engine for some steps, of which the last of an epoch is smaller. */
export async function shortRun(experiment: Experiment, beforeStep?: BeforeStep): Promise<Outcome> {
  return shortRunOn(await dataOf(experiment), experiment, beforeStep);
}

/** The data that an experiment names. */
export function dataOf({ data: { source }, seed }: Experiment): Promise<Dataset> {
  return openDataset(source, { baseFolder: '.', seed });
}

/** Trains an experiment on other data than those that it names. */
export async function shortRunOn(
  dataset: Dataset,
  experiment: Experiment,
  beforeStep: BeforeStep = () => undefined,
): Promise<Outcome> {
  const readBatch = createBatchReader(dataset);
  const trace = traceExperiment(experiment, dataset.facts.shape);
  const learner = createLearner(trace, experiment);
  const all = Uint32Array.from(dataset.labels, (_, sample) => sample);
  function* batches(epoch: number, training: boolean): Generator<Batch> {
    for (const samples of portions(all, batchSize)) {
      yield readBatch({ samples, split: 'train', epoch, training });
    }
  }
  await learner.fitNormalization(batches(0, false));
  const losses: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const batch of batches(epoch, true)) {
      beforeStep(learner.variables, losses.length);
      const { perSampleLoss } = await learner.train(batch);
      losses.push(...perSampleLoss);
    }
  }
  const ends = await readAll(learner.variables);
  learner.dispose();
  return new Map([...ends, ['losses', Float32Array.from(losses)]]);
}

/** The distance between two outcomes, as a part of the first. */
export function distance(a: Outcome, b: Outcome): number {
  let [difference, size] = [0, 0];
  for (const [name, values] of a) {
    const others = b.get(name)!;
    values.forEach((value, i) => {
      difference += (value - others[i]!) ** 2;
      size += value ** 2;
    });
  }
  return Math.sqrt(difference / size);
}
