// What the command line takes from the trainer. TF.js and the engine are loaded when something is computed,
// so that checking a file answers at once.
import type { DataFacts } from '#common/catalogue/component';
import type { EngineReport, TensorflowEngineId } from '#common/engine';
import type { Experiment } from '#common/experiment/experiment';
import type { SplitResults } from '#common/run/events';
import type { RunRecord } from '#common/run/record';
import type { Split } from '#common/run/series';
import type { Installed, InstallOptions } from './engine/install/install';
import type { EvaluateOptions } from './run/evaluate';
import type { ExecuteOptions } from './run/execute';

export { initialFigures, type InitialFigures } from './initializers/figures';
export type { EvaluateOptions, ExecuteOptions, InstallOptions };

/** Starts a queued run or resumes one that has ended early: see `run/execute.ts`. */
export async function executeRun(folder: string, options?: ExecuteOptions): Promise<RunRecord> {
  const trainer = await import('./run/execute');
  return trainer.executeRun(folder, options);
}

/** Measures the final weights of a run on one split: see `run/evaluate.ts`. */
export async function evaluateRun(
  folder: string,
  split: Split,
  options?: EvaluateOptions,
): Promise<SplitResults> {
  const trainer = await import('./run/evaluate');
  return trainer.evaluateRun(folder, split, options);
}

/** Opens the data of an experiment, divides them, and tells what is in them. Throws CodedError `data/…`. */
export async function inspectData(
  { data, seed }: Pick<Experiment, 'data' | 'seed'>,
  baseFolder: string,
  signal?: AbortSignal,
): Promise<DataFacts> {
  const [{ openDataset }, { splitDataset }, { splitNotices }] = await Promise.all([
    import('./data/dataset'),
    import('./data/split'),
    import('./data/splitReport'),
  ]);
  const dataset = await openDataset(data.source, { baseFolder, seed, signal });
  const splits = splitDataset(dataset, data.split, seed);
  const notices = splitNotices(dataset, splits, data.split);
  return notices.length === 0 ? dataset.facts : { ...dataset.facts, notices };
}

/** What every engine says about this machine, in the order of preference. */
export async function probeEngines(): Promise<readonly EngineReport[]> {
  const engine = await import('./engine/engine');
  return engine.probeEngines();
}

/** Builds an engine for this machine from npm and PyPI: see `engine/install/install.ts`. */
export async function installEngine(
  id: TensorflowEngineId,
  options: InstallOptions,
): Promise<Installed> {
  const { installEngine: install } = await import('./engine/install/install');
  return install(id, options);
}
