import * as vscode from 'vscode';

/** The channels of the output view: one for the host, one for what trainers are told and tell. */
export interface Channels {
  readonly host: vscode.LogOutputChannel;
  readonly training: vscode.LogOutputChannel;
}

export function createChannels(subscriptions: vscode.Disposable[]): Channels {
  const host = vscode.window.createOutputChannel('Lightbench', { log: true });
  const training = vscode.window.createOutputChannel('Lightbench Training', { log: true });
  subscriptions.push(host, training);
  return { host, training };
}
