import * as path from 'node:path';
import * as vscode from 'vscode';
import { act, registerCommands } from './commands/index';
import { stopStartedHere } from './commands/control';
import { watchDataProblems } from './data/dataProblems';
import { TrainingService } from './data/service';
import { programsOf, type Host } from './host';
import { serveLanguage } from './language/index';
import { createChannels } from './log';
import { RunPanels } from './panel/runPanels';
import { RunStore } from './runs/runStore';
import { RunsTree } from './runs/runsTree';
import { RunWatches } from './runs/runWatch';
import { showStatusBar } from './runs/statusBar';
import { followExperiments } from './runs/experimentsContext';
import { readSettings } from './settings';

let active: Host | undefined;

/** Registers everything and starts nothing; the runs are read when this turn is over. */
export function activate(context: vscode.ExtensionContext): void {
  const { extensionUri, subscriptions } = context;
  const channels = createChannels(subscriptions);
  const log = (message: string) => channels.host.info(message);
  const watches = new RunWatches(log);
  const store = new RunStore(watches, context.workspaceState, log);
  const panels = new RunPanels({
    extensionUri,
    watches,
    log,
    act: (action, folder) => act(host, action, folder),
  });
  const host: Host = {
    extensionUri,
    channels,
    watches,
    store,
    panels,
    startedHere: new Set(),
  };
  const tree = new RunsTree(store);
  const service = new TrainingService(() => programsOf(host), log);
  subscriptions.push(
    panels,
    service,
    store,
    watches,
    tree,
    vscode.window.registerTreeDataProvider('lightbench.runs', tree),
    showStatusBar(store),
    followExperiments(),
    registerCommands(host),
    serveLanguage(path.join(extensionUri.fsPath, 'dist'), channels.host),
    watchDataProblems(service, log),
  );
  active = host;
  setImmediate(() => void store.entries());
}

/** VS Code waits a few seconds for this. It does not tell a reload from closing the window. */
export async function deactivate(): Promise<void> {
  const host = active;
  active = undefined;
  if (host !== undefined && readSettings().onWindowClose === 'stop') await stopStartedHere(host);
}
