import type { DataFacts } from '../catalogue/component';
import type { EngineChoice } from '../engine';
import { CodedError } from '../protocol/rpc';
import { diagnoseExperiment, hasErrors, type Diagnosis } from './diagnose';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Finding } from './problem';
import { readExperiment } from './read';

/** Opens the data of an experiment and tells what is in them; rejects with CodedError `data/…`. */
export type InspectData = (experiment: Experiment) => Promise<DataFacts>;

/**
 * Reads and checks a text, then checks it again with what the data themselves say. What is wrong with
 * the data is a problem at the place in the file that names them.
 */
export async function diagnoseWithData(
  text: string,
  inspect: InspectData,
  engine?: EngineChoice,
): Promise<Diagnosis> {
  const diagnosis = diagnoseExperiment(text, undefined, engine);
  const { experiment, problems } = diagnosis;
  if (experiment === undefined || hasErrors(problems)) return diagnosis;
  try {
    return diagnoseExperiment(text, await inspect(experiment), engine);
  } catch (error) {
    if (!(error instanceof CodedError) || !error.code.startsWith('data/')) throw error;
    const finding = dataFinding(experiment, error);
    const problem = { ...finding, ...readExperiment(text).rangeOf(finding.path) };
    return { ...diagnosis, problems: [...problems, problem] };
  }
}

function dataFinding(experiment: Experiment, { code, message }: CodedError): Finding {
  return { severity: 'error', code, message, path: placeOf(experiment, code) };
}

function placeOf({ data }: Experiment, code: string): JsonPath {
  const key = splitKeys.get(code);
  if (key !== undefined) return ['data', 'split', ...key];
  if (!('path' in data.source)) return ['data', 'source'];
  return ['data', 'source', sourceKeys.get(code) ?? 'path'];
}

/** Errors of the data that are about a key of the split, or about all of it. */
const splitKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['data/empty-split', []],
  ['data/class-missing', []],
  ['data/too-few-groups', []],
  ['data/no-assignment', ['by']],
  ['data/no-times', ['order']],
]);

/** Errors of the data that are about another key of the source than its folder. */
const sourceKeys: ReadonlyMap<string, string> = new Map([
  ['data/mixed-sizes', 'size'],
  ['data/wrong-size', 'size'],
  ['data/bad-table', 'table'],
  ['data/needs-table', 'target'],
  ['data/bad-mask', 'target'],
  ['data/no-split-folder', 'layout'],
]);
