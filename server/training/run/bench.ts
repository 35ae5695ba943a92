import * as path from 'node:path';
import { checkExperiment } from '#common/experiment/check';
import { unsupportedOn } from '#common/experiment/engineLimits';
import { traceExperiment, type Trace } from '#common/experiment/trace';
import type { Experiment } from '#common/experiment/experiment';
import { CodedError } from '#common/protocol/rpc';
import { splits as names } from '#common/run/series';
import { openDataset, type Dataset } from '../data/dataset';
import { splitDataset, type Splits } from '../data/split';
import { splitFingerprints } from '../data/splitReport';
import { openEngine, type Engine } from '../engine/engine';
import { createBatchReader, type Batch, type BatchRequest } from './batches';
import { createLearner, type Learner } from './learner';
import { engineChoiceOf, type RunPlan } from './plan';

/** Everything that a run computes with, set up. */
export interface Bench {
  readonly experiment: Experiment;
  readonly trace: Trace;
  readonly engine: Engine;
  readonly dataset: Dataset;
  readonly splits: Splits;
  readonly learner: Learner;
  readonly readBatch: (request: BatchRequest) => Batch;
  dispose(): void;
}

export interface BenchOptions {
  readonly signal?: AbortSignal;
}

/** Opens data and engine and builds what learns. Throws CodedError. */
export async function openBench(plan: RunPlan, options: BenchOptions): Promise<Bench> {
  const { experiment, record } = plan;
  const { threads } = record.request;
  const folder = path.dirname(record.experimentFile);
  const dataset = await openDataset(experiment.data.source, {
    baseFolder: folder,
    seed: experiment.seed,
    signal: options.signal,
  });
  checkAgainstData(experiment, dataset);
  checkFingerprint(plan, dataset);
  const splits = splitDataset(dataset, experiment.data.split, experiment.seed);
  checkSplits(plan, dataset, splits);
  const trace = traceExperiment(experiment, dataset.facts.shape);
  const engine = await openEngine(engineChoiceOf(record), {
    folder,
    refusal: (id) => unsupportedOn(id, trace)[0]?.message,
    ...(threads === undefined ? {} : { threads }),
  });
  try {
    const learner = createLearner(trace, experiment);
    return {
      experiment,
      trace,
      engine,
      dataset,
      splits,
      learner,
      readBatch: createBatchReader(dataset),
      dispose() {
        learner.dispose();
        engine.dispose();
      },
    };
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** What could not be known before the data were read. */
function checkAgainstData(experiment: Experiment, { facts }: Dataset): void {
  const fault = checkExperiment(experiment, facts).find(({ severity }) => severity === 'error');
  if (fault !== undefined) throw new CodedError(fault.code, fault.message);
}

/** A run that goes on with other data would be neither the old run nor a new one. */
function checkFingerprint({ record, experiment }: RunPlan, { fingerprint }: Dataset): void {
  const known = record.dataFingerprint;
  if (known === undefined || known === fingerprint) return;
  throw new CodedError(
    'data/changed',
    `The data of this run have changed: \`data.source\` (${experiment.data.source.type}) had the fingerprint ${known.slice(0, 12)} when the run began and has ${fingerprint.slice(0, 12)} now. Put the images back as they were, or start a new run.`,
  );
}

/** Samples of the test split must not come into training by the way in which a version divides them. */
function checkSplits({ record }: RunPlan, dataset: Dataset, splits: Splits): void {
  const known = record.splitFingerprints;
  if (known === undefined) return;
  const found = splitFingerprints(dataset, splits);
  const changed = names.find((name) => known[name] !== found[name]);
  if (changed === undefined) return;
  const begun = record.versions['lightbench'] ?? 'another version';
  throw new CodedError(
    'data/split-changed',
    `The samples of this run are not divided as they were: its ${changed} split had the fingerprint ${known[changed].slice(0, 12)} when the run began (Lightbench ${begun}) and has ${found[changed].slice(0, 12)} now. Go on with the version it began with, or start a new run.`,
  );
}
