import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { SplitResults } from '#common/run/events';
import { runFiles } from '#common/run/record';
import type { Split } from '#common/run/series';
import { replaceFile } from '#runs/disk';

/** What `results.json` holds; a split is there once it is known. */
export type Results = { readonly [S in Split]?: SplitResults };

/** Replaces `results.json`. */
export async function writeResults(folder: string, results: Results): Promise<void> {
  const text = JSON.stringify(results, undefined, 2);
  await replaceFile(path.join(folder, runFiles.results), `${text}\n`);
}

/** The results so far; none when the file is missing or cannot be read. */
export async function readResults(folder: string): Promise<Results> {
  try {
    const text = await readFile(path.join(folder, runFiles.results), 'utf8');
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Results) : {};
  } catch {
    // They can be worked out again from the checkpoints.
    return {};
  }
}
