import * as path from 'node:path';
import * as vscode from 'vscode';
import type { RunRecord } from '#common/run/record';
import type { RunEntry } from '#runs/folder';
import type { Host } from '../host';
import { RunItem } from '../runs/runsTree';
import { describeRun, statusIcons } from '../runs/runText';

/** A run that a command can work on. */
export interface ChosenRun {
  readonly folder: string;
  readonly record: RunRecord;
}

/** Which runs a command is for, and what it says when there is none. */
export interface Choice {
  readonly accepts: (record: RunRecord) => boolean;
  readonly title: string;
  readonly none: string;
}

/**
 * The run that a command means: the one it was called on, the one whose panel is in front, the only one
 * that it can be for, or the one that the user picks. Undefined after saying why there is none.
 */
export async function chooseRun(
  host: Host,
  argument: unknown,
  choice: Choice,
): Promise<ChosenRun | undefined> {
  const given = folderOf(argument);
  if (given !== undefined) return acceptGiven(host, given, choice);
  // A command without a run must not take one for the only one because the other was not seen yet.
  await host.store.refreshGoing();
  const fitting = host.store
    .current()
    .flatMap(({ folder, record }) =>
      record !== undefined && choice.accepts(record) ? [{ folder, record }] : [],
    );
  const inFront = fitting.find(({ folder }) => folder === host.panels.active);
  if (inFront !== undefined) return inFront;
  if (fitting.length > 1) return pickRun(fitting, choice.title);
  if (fitting[0] === undefined) void vscode.window.showInformationMessage(choice.none);
  return fitting[0];
}

async function acceptGiven(
  host: Host,
  folder: string,
  choice: Choice,
): Promise<ChosenRun | undefined> {
  await host.store.refresh(folder);
  const entry = host.store.current().find((one) => one.folder === folder);
  const { record } = entry ?? {};
  if (record !== undefined && choice.accepts(record)) return { folder, record };
  const message =
    record === undefined
      ? `The run ${path.basename(folder)} cannot be read: ${entry?.problem ?? 'its folder is gone'}.`
      : `The run "${record.name}" is ${record.status}. ${choice.none}`;
  void vscode.window.showInformationMessage(message);
  return undefined;
}

async function pickRun(runs: readonly ChosenRun[], title: string): Promise<ChosenRun | undefined> {
  const items = runs.map((run) => ({
    label: `$(${statusIcons[run.record.status].icon}) ${run.record.name}`,
    description: describeRun(run),
    detail: run.record.id,
    run,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return picked?.run;
}

/** The folder in what a menu, the status bar or another extension passes to a command. */
function folderOf(argument: unknown): string | undefined {
  if (argument instanceof RunItem) return argument.entry.folder;
  return typeof argument === 'string' ? argument : undefined;
}

/** Every run, also one that cannot be read. */
export async function chooseEntry(
  host: Host,
  argument: unknown,
  title: string,
): Promise<RunEntry | undefined> {
  const given = folderOf(argument);
  if (given !== undefined) return { folder: given };
  const run = await chooseRun(host, undefined, { accepts: () => true, title, none: noRuns });
  return run;
}

/** Said by commands that are for any run when there is none. */
export const noRuns = 'There are no runs yet. Open an experiment and choose Train.';
