import { CodedError } from '#common/protocol/rpc';
import type { SplitResults } from '#common/run/events';
import { runFiles } from '#common/run/record';
import type { Split } from '#common/run/series';
import { findRun } from '#runs/folder';
import { evaluateRun } from '../training/index';
import { exitCodes, WrongInput, type ExitCode } from './exit';
import { figureText, style, table, type Terminal } from './terminal';

export interface EvaluateOptions {
  readonly root: string;
  readonly split: Split;
  /** Why the test split is opened, for its log. */
  readonly openReason?: string;
}

/** Measures the weights that a run ended with on one split. */
export async function evaluate(
  terminal: Terminal,
  run: string,
  { root, split, openReason }: EvaluateOptions,
): Promise<ExitCode> {
  const folder = await findRun(root, run);
  const options = openReason === undefined ? {} : { openReason };
  const results = await evaluateRun(folder, split, options).catch((error: unknown) => {
    if (!(error instanceof CodedError) || error.code !== 'test/sealed') throw error;
    const how = `Do it with --open-test "why"; the reason is written to ${runFiles.testLog}.`;
    throw new WrongInput(error.code, `${error.message} ${how}`);
  });
  if (terminal.json) terminal.answer(results);
  else terminal.say(resultsText(results));
  return exitCodes.good;
}

function resultsText({ split, count, loss, metrics, perClass, confusionMatrix }: SplitResults) {
  const figures = Object.entries({ loss, ...metrics }).map(
    ([name, value]) => `${name} ${style.bold(figureText(value))}`,
  );
  const blocks = [`${style.bold(split)} (${count} samples)  ${figures.join('  ')}`];
  if (perClass !== undefined) {
    const head = ['class', 'samples', 'precision', 'recall', 'F1'].map(style.dim);
    const rows = perClass.map((entry) => [
      entry.name,
      String(entry.count),
      ...[entry.precision, entry.recall, entry.f1].map(figureText),
    ]);
    blocks.push(table([head, ...rows]));
  }
  if (confusionMatrix !== undefined && confusionMatrix.length <= 30) {
    const names = perClass?.map(({ name }) => name) ?? [];
    const head = ['true \\ predicted', ...names].map(style.dim);
    const rows = confusionMatrix.map((counts, idx) => [names[idx] ?? '', ...counts.map(String)]);
    blocks.push(table([head, ...rows]));
  }
  return blocks.join('\n\n');
}
