import * as vscode from 'vscode';

/** The pattern of experiment files, and the folders in which none of the user's are. */
export const experimentFiles = '**/*.experiment.json';
export const ignoredFolders = '**/{node_modules,.lightbench}/**';

/** Keeps true whether the workspace has an experiment, for what the empty tree says. */
export function followExperiments(): vscode.Disposable {
  const look = async () => {
    const [found] = await vscode.workspace.findFiles(experimentFiles, ignoredFolders, 1);
    await vscode.commands.executeCommand(
      'setContext',
      'lightbench.hasExperiments',
      found !== undefined,
    );
  };
  const watcher = vscode.workspace.createFileSystemWatcher(experimentFiles, false, true, false);
  watcher.onDidCreate(look);
  watcher.onDidDelete(look);
  setImmediate(() => void look());
  return watcher;
}
