import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { isLive, runFiles } from '#common/run/record';
import type { Host } from '../host';
import { chooseEntry, chooseRun, noRuns } from './chooseRun';

const any = { accepts: () => true, none: noRuns };

export async function openRun(host: Host, argument: unknown): Promise<void> {
  const run = await chooseRun(host, argument, { ...any, title: 'Open which run?' });
  if (run !== undefined) host.panels.show(run.folder, run.record.name, { preserveFocus: false });
}

/** The run that the status bar shows: the newest live one. */
export async function openLiveRun(host: Host): Promise<void> {
  await openRun(host, host.store.live()[0]?.folder);
}

export async function showLog(host: Host, argument: unknown): Promise<void> {
  const entry = await chooseEntry(host, argument, 'Show the log of which run?');
  if (entry === undefined) return;
  const file = path.join(entry.folder, runFiles.log);
  if (await isThere(file)) await vscode.window.showTextDocument(vscode.Uri.file(file));
  else
    void vscode.window.showInformationMessage('The trainer of this run has not said anything yet.');
}

/** Opens the file that a run was started from, or its copy in the run when that is gone. */
export async function openExperiment(host: Host, argument: unknown): Promise<void> {
  const run = await chooseRun(host, argument, {
    ...any,
    title: 'Open the experiment of which run?',
  });
  if (run === undefined) return;
  const { experimentFile } = run.record;
  const copy = path.join(run.folder, runFiles.experiment);
  const file = (await isThere(experimentFile)) ? experimentFile : copy;
  const doc = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  await vscode.window.showTextDocument(doc, { viewColumn: vscode.ViewColumn.One });
}

export async function revealRun(host: Host, argument: unknown): Promise<void> {
  const entry = await chooseEntry(host, argument, 'Reveal the folder of which run?');
  if (entry === undefined) return;
  const file = vscode.Uri.file(path.join(entry.folder, runFiles.record));
  // In a browser there is no file manager; the explorer shows the folder then.
  const isDesktop =
    vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  await vscode.commands.executeCommand(isDesktop ? 'revealFileInOS' : 'revealInExplorer', file);
}

export async function deleteRun(host: Host, argument: unknown): Promise<void> {
  const entry = await chooseEntry(host, argument, 'Delete which run?');
  if (entry === undefined) return;
  await host.store.refresh(entry.folder);
  const { record } = host.store.current().find(({ folder }) => folder === entry.folder) ?? {};
  const name = record?.name ?? path.basename(entry.folder);
  if (record !== undefined && isLive(record.status)) {
    void vscode.window.showInformationMessage(`"${name}" is ${record.status}. Stop it first.`);
    return;
  }
  const remove = 'Move to Trash';
  const answer = await vscode.window.showWarningMessage(
    `Delete the run "${name}"?`,
    { modal: true, detail: `Its curves, checkpoints and results go with it: ${entry.folder}` },
    remove,
  );
  if (answer !== remove) return;
  host.panels.close(entry.folder);
  await moveAway(vscode.Uri.file(entry.folder), name);
  await host.store.refresh(entry.folder);
}

/** Not every machine has a trash, and losing a run for good is asked for once more. */
async function moveAway(folder: vscode.Uri, name: string): Promise<void> {
  try {
    await vscode.workspace.fs.delete(folder, { recursive: true, useTrash: true });
  } catch {
    const remove = 'Delete Permanently';
    const answer = await vscode.window.showWarningMessage(
      `"${name}" could not be moved to the trash. Delete it for good?`,
      { modal: true },
      remove,
    );
    if (answer === remove) await vscode.workspace.fs.delete(folder, { recursive: true });
  }
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
