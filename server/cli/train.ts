import type { EngineChoice } from '#common/engine';
import { hasErrors } from '#common/experiment/diagnose';
import { createRun } from '#runs/folder';
import { loadExperiment } from './diagnose';
import { executeAndShow } from './execute';
import { exitCodes, type ExitCode } from './exit';
import type { Override } from './overrides';
import { countText, sayProblems } from './problems';
import { style, type Terminal } from './terminal';

export interface TrainOptions {
  readonly engine: EngineChoice;
  readonly threads?: number;
  /** The folder of runs. */
  readonly root: string;
  readonly initialWeights?: string;
  readonly overrides: readonly Override[];
  /** Whether to show where the time goes. */
  readonly profile: boolean;
}

/** Checks a file, makes a run of it and trains it in this process. */
export async function train(
  terminal: Terminal,
  file: string,
  options: TrainOptions,
): Promise<ExitCode> {
  const { overrides, profile, ...run } = options;
  const { text, experiment, problems } = await loadExperiment(file, overrides, run.engine);
  sayProblems(terminal, file, text, problems);
  if (experiment === undefined || hasErrors(problems)) {
    terminal.warn(style.red(`${file} cannot be trained: ${countText(problems)}.`));
    return exitCodes.wrongInput;
  }
  const { folder } = await createRun({ ...run, experimentFile: file, text, experiment });
  return executeAndShow(terminal, folder, { profile });
}
