import { CodedError } from '#common/protocol/rpc';
import { figuresOf, notBetterThanBaseline } from '#common/run/comparison';
import type { ClassResults, Interval, SplitResults } from '#common/run/events';
import { runFiles, type Figures } from '#common/run/record';
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

function resultsText(results: SplitResults): string {
  const { split, count, perClass, confusionMatrix } = results;
  const figures = Object.entries(figuresOf(results)).map(
    ([name, value]) => `${name} ${style.bold(figureText(value))}`,
  );
  const blocks = [`${style.bold(split)} (${count} samples)  ${figures.join('  ')}`];
  blocks.push(...comparison(results));
  if (perClass !== undefined) blocks.push(classTable(perClass));
  if (confusionMatrix !== undefined && confusionMatrix.length <= 30) {
    const names = perClass?.map(({ name }) => name) ?? [];
    const head = ['true \\ predicted', ...names].map(style.dim);
    const rows = confusionMatrix.map((counts, idx) => [names[idx] ?? '', ...counts.map(String)]);
    blocks.push(table([head, ...rows]));
  }
  return blocks.join('\n\n');
}

/** How sure each figure is, and what guessing would give. */
function comparison(results: SplitResults): readonly string[] {
  const { intervals = {}, baseline } = results;
  const guesses: Figures = baseline === undefined ? {} : figuresOf(baseline);
  const rows = Object.entries(figuresOf(results)).map(([name, value]) => [
    name,
    figureText(value),
    intervalText(intervals[name]),
    guesses[name] === undefined ? '' : figureText(guesses[name]),
  ]);
  const guess = baseline === undefined ? '' : `baseline: ${baseline.name}`;
  const blocks = [table([['', 'value', '95 % interval', guess].map(style.dim), ...rows])];
  const poor = notBetterThanBaseline(results);
  if (poor.length > 0) {
    blocks.push(style.yellow(`No better than the baseline in ${poor.join(', ')}.`));
  }
  return blocks;
}

function intervalText(interval: Interval | undefined): string {
  if (interval === undefined) return '';
  return `${figureText(interval.low)} – ${figureText(interval.high)}`;
}

function classTable(perClass: readonly ClassResults[]): string {
  const hasOverlap = perClass.some(({ iou }) => iou !== undefined);
  const names = ['class', 'samples', 'precision', 'recall', 'F1', ...(hasOverlap ? ['IoU'] : [])];
  const rows = perClass.map(({ name, count, precision, recall, f1, iou }) => [
    name,
    String(count),
    ...[precision, recall, f1, ...(iou === undefined ? [] : [iou])].map(figureText),
  ]);
  return table([names.map(style.dim), ...rows]);
}
