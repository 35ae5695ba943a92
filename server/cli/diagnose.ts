import * as path from 'node:path';
import type { EngineChoice } from '#common/engine';
import { diagnoseWithData } from '#common/experiment/dataProblems';
import type { Experiment } from '#common/experiment/experiment';
import type { Problem } from '#common/experiment/problem';
import { readExperiment } from '#common/experiment/read';
import type { Trace } from '#common/experiment/trace';
import { inspectData } from '../training/index';
import { readText } from './input';
import { applyOverrides, type Override } from './overrides';

/** An experiment file as a verb needs it. */
export interface Loaded {
  readonly file: string;
  /** As it is in the file. */
  readonly text: string;
  /** With overrides and defaults; absent when it could not be read. */
  readonly experiment?: Experiment;
  readonly trace?: Trace;
  /** At their places in the file. The experiment can be run when none is an error. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a file, applies what the command line sets, checks it, and checks it again with what the data
 * themselves say. Throws WrongInput when there is no file to read.
 */
export async function loadExperiment(
  file: string,
  overrides: readonly Override[] = [],
  engine?: EngineChoice,
): Promise<Loaded> {
  const text = await readText(file);
  const changed = applyOverrides(text, overrides);
  const baseFolder = path.dirname(path.resolve(file));
  const inspect = (experiment: Experiment) => inspectData(experiment, baseFolder);
  const { experiment, trace, problems } = await diagnoseWithData(changed, inspect, engine);
  return {
    file,
    text,
    ...(experiment && { experiment }),
    ...(trace && { trace }),
    problems: locator(text, changed)(problems),
  };
}

/** Places in the file as it is, not in the text with the command line's values in it. */
function locator(text: string, changed: string) {
  const { rangeOf } = readExperiment(text);
  return (problems: readonly Problem[]): readonly Problem[] =>
    text === changed
      ? problems
      : problems.map((problem) => ({ ...problem, ...rangeOf(problem.path) }));
}
