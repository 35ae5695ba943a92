import assert from 'node:assert/strict';
import type { DataFacts } from '#common/catalogue/component';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { formatPath } from '#common/experiment/path';
import type { Severity } from '#common/experiment/problem';
import type { MarkedText } from './base';

export interface Case {
  readonly text: MarkedText;
  readonly facts?: DataFacts;
  readonly severity?: Severity;
  readonly code: string;
  readonly path: string;
  readonly message: RegExp | string;
  readonly suggestion?: string;
}

/** Diagnoses a text that has exactly one problem and compares it with what is expected. */
export function check({ text, facts, severity, code, path, message, suggestion }: Case): void {
  const { problems, experiment } = diagnoseExperiment(text.text, facts);
  assert.equal(problems.length, 1, problems.map((found) => found.message).join('\n'));
  const [problem] = problems;
  assert.ok(problem !== undefined && experiment !== undefined);
  assert.deepEqual([problem.severity, problem.code], [severity ?? 'error', code]);
  if (typeof message === 'string') assert.equal(problem.message, message);
  else assert.match(problem.message, message);
  assert.equal(formatPath(problem.path), path);
  const found = text.text.slice(problem.offset, problem.offset + problem.length);
  const wanted = text.text.slice(text.offset, text.offset + text.length);
  assert.deepEqual([problem.offset, found], [text.offset, wanted]);
  assert.equal(problem.suggestion, suggestion);
}
