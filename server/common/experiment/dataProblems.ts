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
  if (code === 'data/empty-split' || code === 'data/class-missing') return ['data', 'split'];
  if (!('path' in data.source)) return ['data', 'source'];
  const isAboutSize = code === 'data/mixed-sizes' || code === 'data/wrong-size';
  return ['data', 'source', isAboutSize ? 'size' : 'path'];
}
