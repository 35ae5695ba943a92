import * as os from 'node:os';
import * as vscode from 'vscode';
import type { EngineInstallEvent, TensorflowEngineId } from '#common/engine';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { programsOf, type Host } from '../host';
import { runCommandLine } from '../programs';
import { parseInstallEvent } from './installEvents';

interface Choice extends vscode.QuickPickItem {
  readonly engine: TensorflowEngineId;
}

const choices: readonly Choice[] = [
  {
    engine: 'tensorflow',
    label: 'TensorFlow',
    description: 'on the processor',
    detail: 'Fetches about 280 MB from PyPI and takes 0.8 GB on disk.',
  },
  {
    engine: 'cuda',
    label: 'TensorFlow with CUDA',
    description: 'on an NVIDIA GPU; Linux on x64',
    detail: 'Fetches about 4 GB from PyPI and takes 8 GB on disk.',
  },
];

/** Builds an engine of TensorFlow for this machine and offers to train with it. */
export async function setUpTensorFlow(host: Host): Promise<void> {
  const title = 'Set up which engine?';
  const choice = await vscode.window.showQuickPick(choices, { title });
  if (choice === undefined) return;
  const { engine, label } = choice;
  const done = await install(host, engine, label);
  if (done === undefined) return;
  const use = 'Use It';
  const message = `${label} is ready: ${done.description}. Runs take it when the setting "lightbench.engine" is "${engine}".`;
  // Not waited for: the command is done, and a notification can stay for long.
  void vscode.window.showInformationMessage(message, use).then(async (answer) => {
    if (answer !== use) return;
    const { Global } = vscode.ConfigurationTarget;
    await vscode.workspace.getConfiguration('lightbench').update('engine', engine, Global);
  });
}

/** What came of it; undefined when the user thinks better of it. */
function install(
  host: Host,
  engine: TensorflowEngineId,
  label: string,
): Thenable<Extract<EngineInstallEvent, { event: 'end' }> | undefined> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Setting up ${label}`,
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    let done: Extract<EngineInstallEvent, { event: 'end' }> | undefined;
    const follow = (line: string) => {
      const event = parseInstallEvent(line);
      if (event?.event === 'end') done = event;
      if (event?.event !== 'step') return;
      host.channels.host.info(`Setting up ${label}: ${event.title}.`);
      progress.report({ message: event.title, increment: event.step > 1 ? 100 / event.steps : 0 });
    };
    try {
      const args = ['engines', 'install', engine, '--json'];
      await runCommandLine(programsOf(host), args, os.homedir(), abort.signal, follow);
    } catch (error) {
      if (error instanceof CodedError && error.code === 'program/cancelled') return undefined;
      throw new CodedError('engine/not-installed', messageOf(error));
    }
    return done;
  });
}
