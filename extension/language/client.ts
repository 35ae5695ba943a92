import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

/**
 * The client of the language server. It is a bundle of its own, which is loaded when the first
 * experiment file is opened: the library is larger than the rest of the host.
 */
export async function startLanguageClient(serverModule: string): Promise<vscode.Disposable> {
  const channel = vscode.window.createOutputChannel('Lightbench Language Server', { log: true });
  const client = new LanguageClient(
    'lightbench.language',
    'Lightbench Language Server',
    { module: serverModule, transport: TransportKind.ipc },
    { documentSelector: [{ language: 'lightbench-experiment' }], outputChannel: channel },
  );
  try {
    await client.start();
  } catch (error) {
    channel.dispose();
    throw error;
  }
  return {
    dispose: () => {
      void client.dispose().finally(() => channel.dispose());
    },
  };
}
