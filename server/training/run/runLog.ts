import { appendFileSync } from 'node:fs';
import * as path from 'node:path';
import { runFiles } from '#common/run/record';

/** What the trainer says, for people: `log.txt` of the run. */
export type RunLog = (message: string) => void;

/** Appends lines to the log of a run. */
export function openRunLog(folder: string): RunLog {
  const file = path.join(folder, runFiles.log);
  return (message) => {
    const line = `${new Date().toISOString()} ${message.replaceAll('\n', ' ')}\n`;
    try {
      appendFileSync(file, line);
    } catch {
      // A full disk is told by the writes that matter; a lost line must not end the run.
    }
  };
}
