import * as path from 'node:path';
import type { DataFacts } from '#common/catalogue/component';
import { diagnoseExperiment, hasErrors } from '#common/experiment/diagnose';
import type { Experiment } from '#common/experiment/experiment';
import type { JsonPath } from '#common/experiment/path';
import type { Finding, Problem } from '#common/experiment/problem';
import { readExperiment } from '#common/experiment/read';
import type { Trace } from '#common/experiment/trace';
import { CodedError } from '#common/protocol/rpc';
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
): Promise<Loaded> {
  const text = await readText(file);
  const changed = applyOverrides(text, overrides);
  const first = diagnoseExperiment(changed);
  const locate = locator(text, changed);
  const loaded = { file, text, ...partsOf(first), problems: locate(first.problems) };
  if (first.experiment === undefined || hasErrors(first.problems)) return loaded;
  const data = await readFacts(first.experiment, path.dirname(path.resolve(file)));
  if ('finding' in data) {
    return { ...loaded, problems: [...loaded.problems, ...locate([data.finding])] };
  }
  const second = diagnoseExperiment(changed, data.facts);
  return { ...loaded, ...partsOf(second), problems: locate(second.problems) };
}

function partsOf({ experiment, trace }: Pick<Loaded, 'experiment' | 'trace'>) {
  return { ...(experiment && { experiment }), ...(trace && { trace }) };
}

/** Places in the file as it is, not in the text with the command line's values in it. */
function locator(text: string, changed: string) {
  const { rangeOf } = readExperiment(text);
  return (findings: readonly (Finding | Problem)[]): readonly Problem[] =>
    findings.map((finding) =>
      'offset' in finding && text === changed ? finding : { ...finding, ...rangeOf(finding.path) },
    );
}

async function readFacts(
  experiment: Experiment,
  baseFolder: string,
): Promise<{ readonly facts: DataFacts } | { readonly finding: Finding }> {
  try {
    return { facts: await inspectData(experiment, baseFolder) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message } = error;
    return { finding: { severity: 'error', code, message, path: placeOf(experiment, code) } };
  }
}

/** What to mark in the file for an error of the data. */
function placeOf({ data }: Experiment, code: string): JsonPath {
  if (code.startsWith('data/split') || code.startsWith('data/empty-')) return ['data', 'split'];
  return 'path' in data.source ? ['data', 'source', 'path'] : ['data', 'source'];
}
