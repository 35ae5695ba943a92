import * as path from 'node:path';
import * as vscode from 'vscode';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { SplitResults } from '#common/run/events';
import { isLive } from '#common/run/record';
import { programsOf, type Host } from '../host';
import { parseSplitResults, readTestOpenings } from '../panel/runResults';
import { runCommandLine } from '../programs';
import { describeFigures } from '../runs/runText';
import { chooseRun, type ChosenRun } from './chooseRun';

/** Opens the sealed test split of a run, once the user has said why, and shows what it gives. */
export async function openTestSet(host: Host, argument: unknown): Promise<void> {
  const run = await chooseRun(host, argument, {
    accepts: ({ status }) => !isLive(status),
    title: 'Open the test set of which run?',
    none: 'The test set can be opened when a run has ended.',
  });
  if (run === undefined) return;
  const reason = await askReason(run);
  if (reason === undefined) return;
  const results = await evaluate(host, run, reason);
  if (results === undefined) return;
  const held = host.watches.acquire(run.folder);
  held.watch.nudge();
  held.dispose();
  await host.store.refresh(run.folder);
  const figures = describeFigures({ loss: results.loss, ...results.metrics });
  const message = `Test set of "${run.record.name}": ${figures}, on ${results.count} samples.`;
  const open = 'Open Run';
  // Not waited for: the command is done, and a notification can stay for long.
  void vscode.window.showInformationMessage(message, open).then((answer) => {
    if (answer === open) host.panels.show(run.folder, run.record.name, { preserveFocus: false });
  });
}

/** Warns, asks for the reason, and gives it; undefined when the user thinks better of it. */
async function askReason({ folder, record }: ChosenRun): Promise<string | undefined> {
  const openings = await readTestOpenings(folder);
  const open = 'Open Test Set';
  const answer = await vscode.window.showWarningMessage(
    openings.length === 0
      ? `Open the test set of "${record.name}"?`
      : `Open the test set of "${record.name}" again? It was opened ${timesText(openings.length)} before.`,
    {
      modal: true,
      detail:
        'It can be done honestly once. Whoever changes the experiment after seeing these figures is fitting it to the test set, and they no longer tell how well it works on new data. Every opening is noted in the run with its reason.',
    },
    open,
  );
  if (answer !== open) return undefined;
  const reason = await vscode.window.showInputBox({
    title: `Open the test set of "${record.name}"`,
    prompt: 'Why is it opened now? The reason is kept with the run.',
    placeHolder: 'The experiment is decided; these are the figures to report.',
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? 'Say why, in a few words.' : undefined),
  });
  return reason?.trim();
}

function timesText(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function evaluate(
  host: Host,
  { folder, record }: ChosenRun,
  reason: string,
): Thenable<SplitResults | undefined> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Measuring "${record.name}" on its test set`,
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (_progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    try {
      const args = ['evaluate', folder, '--split', 'test', '--open-test', reason, '--json'];
      const { signal } = abort;
      const output = await runCommandLine(programsOf(host), args, path.dirname(folder), signal);
      const results = parseSplitResults(output);
      if (results !== undefined) return results;
      throw new CodedError('program/failed', 'it gave no results. Look at the log of the run.');
    } catch (error) {
      if (error instanceof CodedError && error.code === 'program/cancelled') return undefined;
      const message = `The test set of "${record.name}" could not be measured: ${messageOf(error)}`;
      throw new CodedError('test/failed', message);
    }
  });
}
