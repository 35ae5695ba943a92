import * as vscode from 'vscode';
import { settingsOf, type Settings } from './settingValues';

/** The settings that hold for a file or folder. */
export function readSettings(scope?: vscode.Uri): Settings {
  const configuration = vscode.workspace.getConfiguration('lightbench', scope);
  return settingsOf((name) => configuration.get<unknown>(name));
}
