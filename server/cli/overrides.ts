import { formatPath, parsePath, type JsonPath } from '#common/experiment/path';
import { readExperiment } from '#common/experiment/read';
import { withValue } from '#common/experiment/text';
import { messageOf } from '#common/protocol/rpc';
import { WrongInput } from './exit';

/** A value that the command line puts in the place of the file's. */
export interface Override {
  readonly path: JsonPath;
  readonly value: unknown;
}

/** Reads `optimizer.learningRate=1e-3`: JSON after the sign, or else a text. */
export function parseOverride(argument: string): Override {
  const sign = argument.indexOf('=');
  const path = parsePath(argument.slice(0, Math.max(sign, 0)));
  if (sign < 1 || path.length === 0) {
    const message = `--set takes path=value, as in --set optimizer.learningRate=0.001; got "${argument}".`;
    throw new WrongInput('argument/set', message);
  }
  const text = argument.slice(sign + 1);
  try {
    return { path, value: JSON.parse(text) as unknown };
  } catch {
    return { path, value: text };
  }
}

/**
 * The text with the values set, so that they are read and checked as if they stood in the file. A text
 * that cannot be parsed stays as it is: its own errors come first.
 */
export function applyOverrides(text: string, overrides: readonly Override[]): string {
  if (readExperiment(text).problems.some(isSyntaxProblem)) return text;
  return overrides.reduce((changed, { path, value }) => {
    try {
      return withValue(changed, path, value);
    } catch (error) {
      const message = `--set ${formatPath(path)} cannot be applied: ${messageOf(error)}. Check the path; "lightbench summary FILE --json" shows those of the layers.`;
      throw new WrongInput('argument/set', message);
    }
  }, text);
}

function isSyntaxProblem({ code }: { readonly code: string }): boolean {
  return code.startsWith('syntax/') || code.startsWith('file/');
}
