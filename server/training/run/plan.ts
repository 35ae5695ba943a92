import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { EngineChoice } from '#common/engine';
import { engineIds } from '#common/engine';
import type { Experiment } from '#common/experiment/experiment';
import { formatPath } from '#common/experiment/path';
import { readExperiment } from '#common/experiment/read';
import { CodedError } from '#common/protocol/rpc';
import { runFiles, type RunRecord } from '#common/run/record';
import { diskError } from '#runs/disk';
import { readRun } from '#runs/folder';

/** What a run folder says is to be done. */
export interface RunPlan {
  readonly folder: string;
  readonly record: RunRecord;
  readonly experiment: Experiment;
}

/**
 * Reads a run folder. The experiment is read again as strictly as any file: somebody may have edited it.
 * Throws CodedError `run/…` or `disk/…`.
 */
export async function readPlan(folder: string): Promise<RunPlan> {
  const record = await readRun(folder);
  const file = path.join(folder, runFiles.resolved);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw diskError(error, `Could not read ${file}`);
  });
  const { experiment, problems } = readExperiment(text);
  if (experiment !== undefined) return { folder, record, experiment };
  const [problem] = problems;
  const fault = problem && `${formatPath(problem.path) || 'the file'}: ${problem.message}`;
  throw new CodedError(
    'run/broken-experiment',
    `${file} cannot be used: ${fault ?? 'it is empty'}. Start a new run from the experiment file.`,
  );
}

/** The engine that a run asks for, which is a text in `run.json`. */
export function engineChoiceOf({ request }: RunRecord): EngineChoice {
  const choice = ['auto' as const, ...engineIds].find((id) => id === request.engine);
  if (choice !== undefined) return choice;
  throw new CodedError(
    'engine/unknown',
    `There is no engine "${request.engine}". Ask for one of: auto, ${engineIds.join(', ')}.`,
  );
}
