// Sees a run folder change, by file events as anybody else who looks at it.
import { existsSync, mkdirSync, readFileSync, watch } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { runFiles, runsFolder, type RunRecord, type RunStatus } from '#common/run/record';
import { parseRecord } from '#runs/folder';

/** The folder of the workspace that the suites run in. */
export function workspaceFolder(): string {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) throw new Error('The suites need a window with a folder.');
  return folder.uri.fsPath;
}

/** Where its runs are. */
export function runsRoot(): string {
  return path.join(workspaceFolder(), runsFolder);
}

export function readRecordNow(folder: string): RunRecord {
  const file = path.join(folder, runFiles.record);
  return parseRecord(readFileSync(file, 'utf8'), file);
}

/** The record of a run as soon as the test accepts it; it may have got there already. */
export function untilRecord(
  folder: string,
  accept: (record: RunRecord) => boolean,
): Promise<RunRecord> {
  return new Promise((resolve, reject) => {
    const watcher = watch(folder, look);
    function look(): void {
      try {
        const record = readRecordNow(folder);
        if (!accept(record)) return;
        watcher.close();
        resolve(record);
      } catch (error) {
        watcher.close();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    look();
  });
}

export function untilStatus(folder: string, status: RunStatus): Promise<RunRecord> {
  return untilRecord(folder, (record) => record.status === status);
}

/** Notes the statuses that the runs which appear from now on go through, each once in a row. */
export function noteStatuses(): { readonly seen: RunStatus[]; dispose(): void } {
  const root = runsRoot();
  mkdirSync(root, { recursive: true });
  const seen: RunStatus[] = [];
  const watchers = [watch(root, (_event, name) => appeared(name))];
  const followed = new Set<string>();
  function appeared(name: string | null): void {
    if (name === null || name.startsWith('.') || followed.has(name)) return;
    followed.add(name);
    const folder = path.join(root, name);
    const look = (): void => {
      if (!existsSync(folder)) return;
      const { status } = readRecordNow(folder);
      if (seen.at(-1) !== status) seen.push(status);
    };
    watchers.push(watch(folder, look));
    look();
  }
  return { seen, dispose: () => watchers.forEach((watcher) => watcher.close()) };
}
