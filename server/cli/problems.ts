import { formatPath } from '#common/experiment/path';
import type { Problem, Severity } from '#common/experiment/problem';
import { positionAt } from '#common/experiment/text';
import { style, type Terminal } from './terminal';

/** A problem as `validate --json` gives it; lines and characters are counted from 0. */
export function diagnosticOf(text: string, problem: Problem) {
  const { severity, code, message, path, offset, length } = problem;
  const range = { start: positionAt(text, offset), end: positionAt(text, offset + length) };
  return { severity, code, message, path: formatPath(path), range };
}

const colours: Readonly<Record<Severity, (text: string) => string>> = {
  error: style.red,
  warning: style.yellow,
  information: style.cyan,
};

/** Prints problems for people, one a line, with places counted from 1 as editors show them. */
export function sayProblems(
  terminal: Pick<Terminal, 'warn'>,
  file: string,
  text: string,
  problems: readonly Problem[],
): void {
  for (const problem of problems) {
    const { line, character } = positionAt(text, problem.offset);
    const place = style.dim(`${file}:${line + 1}:${character + 1}`);
    const path = formatPath(problem.path);
    const subject = path === '' ? '' : `${style.bold(path)}: `;
    const kind = colours[problem.severity](problem.severity);
    terminal.warn(`${place} ${kind} ${subject}${problem.message} ${style.dim(problem.code)}`);
  }
}

/** `2 errors, 1 warning`; empty when there is nothing. */
export function countText(problems: readonly Problem[]): string {
  const count = (severity: Severity, name: string) => {
    const found = problems.filter((problem) => problem.severity === severity).length;
    return found === 0 ? [] : [`${found} ${name}${found === 1 ? '' : 's'}`];
  };
  return [...count('error', 'error'), ...count('warning', 'warning')].join(', ');
}
