import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { RunView, TestOpening } from '#common/protocol/panel';
import type { SplitResults } from '#common/run/events';
import { runFiles } from '#common/run/record';
import { splits, type Split } from '#common/run/series';

type Results = RunView['results'];

/** The results that a run has so far. */
export async function readResults(folder: string): Promise<Results> {
  return parseResults(await readText(path.join(folder, runFiles.results)));
}

/** When the test split was opened. */
export async function readTestOpenings(folder: string): Promise<readonly TestOpening[]> {
  return parseTestOpenings(await readText(path.join(folder, runFiles.testLog)));
}

/** The splits in the text of `results.json` that are whole; a broken file has none. */
export function parseResults(text: string): Results {
  const value = parseJson(text);
  if (!isObject(value)) return {};
  const results: { [S in Split]?: SplitResults } = {};
  for (const split of splits) {
    const part = Object.hasOwn(value, split) ? value[split] : undefined;
    if (isSplitResults(part)) results[split] = part;
  }
  return results;
}

/** The results that the command line prints for one split. Undefined when it is something else. */
export function parseSplitResults(text: string): SplitResults | undefined {
  const value = parseJson(text);
  return isSplitResults(value) ? value : undefined;
}

/** The whole lines of `test-log.jsonl`. */
export function parseTestOpenings(text: string): readonly TestOpening[] {
  return text.split('\n').flatMap((line) => {
    const value = parseJson(line);
    if (!isObject(value)) return [];
    const { time, reason } = value;
    return typeof time === 'string' && typeof reason === 'string' ? [{ time, reason }] : [];
  });
}

function isSplitResults(value: unknown): value is SplitResults {
  if (!isObject(value) || !splits.some((split) => split === value['split'])) return false;
  const { count, loss, terms, metrics, confusionMatrix, perClass, intervals, baseline } = value;
  const { curves, macroCurves, calibration, errors } = value;
  return (
    typeof count === 'number' &&
    (typeof loss === 'number' || loss === null) &&
    (terms === undefined || isObject(terms)) &&
    isObject(metrics) &&
    (confusionMatrix === undefined || isMatrix(confusionMatrix)) &&
    (perClass === undefined || (Array.isArray(perClass) && perClass.every(isClassFigures))) &&
    (intervals === undefined || isIntervals(intervals)) &&
    (baseline === undefined || isBaseline(baseline)) &&
    (curves === undefined || (Array.isArray(curves) && curves.every(isClassCurves))) &&
    (macroCurves === undefined || isCurvePair(macroCurves)) &&
    (calibration === undefined || (Array.isArray(calibration) && calibration.every(isBin))) &&
    (errors === undefined || isErrorSpread(errors))
  );
}

function isIntervals(value: unknown): boolean {
  const isInterval = (one: unknown) =>
    isObject(one) && typeof one['low'] === 'number' && typeof one['high'] === 'number';
  return isObject(value) && Object.values(value).every(isInterval);
}

function isBaseline(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, loss, metrics } = value;
  return typeof name === 'string' && typeof loss === 'number' && isObject(metrics);
}

function isClassCurves(value: unknown): boolean {
  return isObject(value) && typeof value['name'] === 'string' && isCurvePair(value);
}

function isCurvePair(value: unknown): boolean {
  const isCurve = (curve: unknown) =>
    isObject(curve) &&
    isNumbers(curve['x']) &&
    isNumbers(curve['y']) &&
    typeof curve['area'] === 'number';
  return isObject(value) && isCurve(value['roc']) && isCurve(value['precisionRecall']);
}

function isBin(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { count, confidence, accuracy } = value;
  const isMean = (mean: unknown) => mean === undefined || typeof mean === 'number';
  return typeof count === 'number' && isMean(confidence) && isMean(accuracy);
}

function isErrorSpread(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { largest, median, counts } = value;
  return typeof largest === 'number' && typeof median === 'number' && isNumbers(counts);
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'number');
}

function isMatrix(value: unknown): boolean {
  return Array.isArray(value) && value.every(isNumbers);
}

function isClassFigures(value: unknown): boolean {
  return isObject(value) && typeof value['name'] === 'string' && typeof value['count'] === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
