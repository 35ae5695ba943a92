import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { CodedError } from '#common/protocol/rpc';
import { runFiles } from '#common/run/record';
import { diskError, errorCode } from '#runs/disk';

/** One look at the test split. */
export interface TestOpening {
  /** ISO 8601. */
  readonly time: string;
  readonly reason: string;
  /** SHA-256 of the line before, in hex; of nothing for the first one. */
  readonly previous: string;
}

/** The openings of a run's test split so far. */
export interface TestLog {
  readonly openings: readonly TestOpening[];
  /** Whether every line carries the hash of the one before it. */
  readonly isIntact: boolean;
}

/** Reads `test-log.jsonl`; there is none as long as the split is sealed. */
export async function readTestLog(folder: string): Promise<TestLog> {
  let previous = '';
  let isIntact = true;
  const openings: TestOpening[] = [];
  for (const line of await readLines(folder)) {
    const opening = parseOpening(line);
    if (opening !== undefined) openings.push(opening);
    isIntact &&= opening?.previous === hashOf(previous);
    previous = line;
  }
  return { openings, isIntact };
}

/** Throws CodedError `test/sealed` unless the split was opened before or a reason is given now. */
export async function checkSeal(folder: string, reason?: string): Promise<void> {
  if (hasText(reason) || (await readLines(folder)).length > 0) return;
  throw new CodedError(
    'test/sealed',
    'The test split of this run is sealed: it was never looked at, so that its figures are honest. Give a reason to open it, once the experiment is decided.',
  );
}

/**
 * Notes a look at the test split. The first one opens the seal for good, and every later one is noted as
 * well. Throws CodedError `test/sealed` or `disk/…`.
 */
export async function noteTestOpening(folder: string, reason?: string): Promise<void> {
  await checkSeal(folder, reason);
  const lines = await readLines(folder);
  const opening: TestOpening = {
    time: new Date().toISOString(),
    reason: hasText(reason) ? reason.trim() : 'Evaluated again.',
    previous: hashOf(lines.at(-1) ?? ''),
  };
  const file = path.join(folder, runFiles.testLog);
  const line = `${JSON.stringify(opening)}\n`;
  await appendFile(file, line, { flush: true }).catch((error: unknown) => {
    throw diskError(error, `Could not note the opening of the test split in ${file}`);
  });
}

function hasText(reason: string | undefined): reason is string {
  return reason !== undefined && reason.trim() !== '';
}

async function readLines(folder: string): Promise<readonly string[]> {
  const file = path.join(folder, runFiles.testLog);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw diskError(error, `Could not read ${file}`);
  });
  return text.split('\n').filter((line) => line !== '');
}

function parseOpening(line: string): TestOpening | undefined {
  try {
    const value = JSON.parse(line) as Partial<TestOpening> | null;
    const { time, reason, previous } = value ?? {};
    const isWhole = [time, reason, previous].every((part) => typeof part === 'string');
    return isWhole ? (value as TestOpening) : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}
