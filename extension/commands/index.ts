import * as vscode from 'vscode';
import type { RunAction } from '#common/protocol/panel';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { Host } from '../host';
import { continueRun, pauseRun, resumeRun, stopRun } from './control';
import { newExperiment } from './newExperiment';
import { deleteRun, openExperiment, openLiveRun, openRun, revealRun, showLog } from './runFolder';
import { setUpTensorFlow } from './setUpTensorFlow';
import { openTestSet } from './testSet';
import { trainExperiment } from './train';

type Command = (host: Host, argument: unknown) => Promise<unknown>;

/** Every command by its id. They exist in every state and say what is missing. */
const commands: Readonly<Record<string, Command>> = {
  'lightbench.newExperiment': newExperiment,
  'lightbench.trainExperiment': trainExperiment,
  'lightbench.pauseRun': pauseRun,
  'lightbench.continueRun': continueRun,
  'lightbench.stopRun': stopRun,
  'lightbench.resumeRun': resumeRun,
  'lightbench.openRun': openRun,
  // For the status bar alone; not in the palette.
  'lightbench.openLiveRun': openLiveRun,
  'lightbench.openTestSet': openTestSet,
  'lightbench.showLog': showLog,
  'lightbench.openExperiment': openExperiment,
  'lightbench.revealRun': revealRun,
  'lightbench.deleteRun': deleteRun,
  'lightbench.setUpTensorFlowEngine': setUpTensorFlow,
  'lightbench.refreshRuns': (host) => host.store.reload(),
};

/** What the buttons of a run's page do: the same as the commands. */
const actions: Readonly<Record<RunAction, Command>> = {
  pause: pauseRun,
  continue: continueRun,
  stop: stopRun,
  resume: resumeRun,
  openLog: showLog,
  openTestSet,
  openExperiment,
  reveal: revealRun,
};

export function registerCommands(host: Host): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([id, command]) =>
      vscode.commands.registerCommand(id, (argument: unknown) =>
        tellErrors(host, command, argument),
      ),
    ),
  );
}

/** Does what a button of a page asks for; errors are told as those of commands are. */
export async function act(host: Host, action: RunAction, folder: string): Promise<void> {
  await tellErrors(host, actions[action], folder);
}

/** An error that was foreseen is told as it is; any other is logged with its origin as well. */
async function tellErrors(host: Host, command: Command, argument: unknown): Promise<unknown> {
  try {
    return await command(host, argument);
  } catch (error) {
    host.channels.host.error(error instanceof Error ? error : messageOf(error));
    const text = messageOf(error);
    const message =
      error instanceof CodedError ? text : `Lightbench failed: ${text}. The log has more.`;
    const show = 'Show Log';
    void vscode.window.showErrorMessage(message, show).then((answer) => {
      if (answer === show) host.channels.host.show();
    });
    return undefined;
  }
}
