import type { Node } from 'jsonc-parser';
import type { DataFacts } from '../catalogue/component';
import type { EngineChoice } from '../engine';
import { checkTraced, factsOf } from './check';
import { unsupportedOn } from './engineLimits';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Finding, Problem } from './problem';
import { readExperiment, type Reading } from './read';
import { traceExperiment, type Trace } from './trace';

/** Everything that editor, command line and trainer want to know of a text. */
export interface Diagnosis {
  /** With every default filled in; only when reading found no problem. Checking may have found some. */
  readonly experiment?: Experiment;
  /** In the order of the text. The experiment can be run when none of them is an error. */
  readonly problems: readonly Problem[];
  /** Shapes as far as they are known, even if other parts of the text are wrong. */
  readonly trace?: Trace;
  /** The syntax tree, for outlines and hints. */
  readonly root?: Node;
}

/**
 * Reads and checks a text and finds the place of every problem; `engine` is the one that is asked for.
 * Never throws.
 */
export function diagnoseExperiment(
  text: string,
  dataFacts?: DataFacts,
  engine: EngineChoice = 'auto',
): Diagnosis {
  const reading = readExperiment(text);
  const { experiment, root } = reading;
  const trace = traceDraft(reading, dataFacts);
  // After a syntax error the shapes are good for hints, but too much of a guess to blame anything on.
  const isSound = !reading.problems.some(({ code }) => code.startsWith('syntax/'));
  const findings =
    experiment === undefined || trace === undefined
      ? ((isSound ? trace?.findings : undefined) ?? [])
      : [
          ...checkTraced(experiment, dataFacts ?? factsOf(experiment.data.source), trace).filter(
            ({ isOfWritten, path }) => isOfWritten !== true || isWritten(reading, path),
          ),
          ...(engine === 'auto' ? [] : unsupportedOn(engine, trace)),
        ];
  const problems = [...reading.problems, ...findings.map((finding) => locate(reading, finding))];
  problems.sort((a, b) => a.offset - b.offset || a.length - b.length);
  return {
    problems,
    ...(experiment === undefined ? {} : { experiment }),
    ...(trace === undefined ? {} : { trace }),
    ...(root === undefined ? {} : { root }),
  };
}

/** Whether an experiment with these problems can be run. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}

/** Whether a value stands in the text, and is no default. */
function isWritten({ value }: Reading, path: JsonPath): boolean {
  let part = value;
  for (const key of path) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return false;
    part = (part as Readonly<Record<string | number, unknown>>)[key];
  }
  return true;
}

function locate(reading: Reading, finding: Finding): Problem {
  return { ...finding, ...reading.rangeOf(finding.path) };
}

/** Shapes need data, instrument and layers only, so that a slip elsewhere does not hide them. */
function traceDraft({ draft, problems }: Reading, dataFacts?: DataFacts): Trace | undefined {
  const source = draft?.data?.source;
  const layers = draft?.model?.layers;
  // A list that breaks off in the middle would be half an instrument, or half a block.
  const isBroken = problems.some(
    ({ path }) => path[0] === 'physics' || (path[0] === 'model' && path[1] === 'blocks'),
  );
  if (source === undefined || layers === undefined || isBroken) return undefined;
  const { shape } = dataFacts ?? factsOf(source);
  return traceExperiment(
    { physics: draft?.physics ?? [], model: { blocks: draft?.model?.blocks ?? {}, layers } },
    shape,
  );
}
