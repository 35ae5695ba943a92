import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '#common/protocol/rpc';
import type * as client from './client';

export const languageId = 'lightbench-experiment';

/** Starts the language server when the first experiment file is open. */
export function serveLanguage(distFolder: string, log: vscode.LogOutputChannel): vscode.Disposable {
  let running: Promise<vscode.Disposable | undefined> | undefined;
  let isDisposed = false;

  async function start(): Promise<vscode.Disposable | undefined> {
    try {
      const load = createRequire(__filename);
      const { startLanguageClient } = load(
        path.join(distFolder, 'languageClient.js'),
      ) as typeof client;
      return await startLanguageClient(path.join(distFolder, 'language.js'));
    } catch (error) {
      log.error(error instanceof Error ? error : messageOf(error));
      const message = `Lightbench's language server did not start: ${messageOf(error)}. Experiments are not checked while you type; training works. Reload the window to try again.`;
      void vscode.window.showErrorMessage(message);
      return undefined;
    }
  }
  const look = (doc: vscode.TextDocument) => {
    if (isDisposed || doc.languageId !== languageId) return;
    running ??= start();
  };
  vscode.workspace.textDocuments.forEach(look);
  const listening = vscode.workspace.onDidOpenTextDocument(look);
  return {
    dispose: () => {
      isDisposed = true;
      listening.dispose();
      void running?.then((client) => client?.dispose());
    },
  };
}
