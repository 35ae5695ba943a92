import * as path from 'node:path';
import type * as vscode from 'vscode';
import type { Channels } from './log';
import type { RunPanels } from './panel/runPanels';
import type { Programs } from './programs';
import type { RunStore } from './runs/runStore';
import type { RunWatches } from './runs/runWatch';
import { readSettings } from './settings';

/** What the commands work with. */
export interface Host {
  readonly extensionUri: vscode.Uri;
  readonly channels: Channels;
  readonly watches: RunWatches;
  readonly store: RunStore;
  readonly panels: RunPanels;
  /** Runs that this window has started, for the setting that stops them with it. */
  readonly startedHere: Set<string>;
}

/** The programs of the extension, and what the settings say about running them. */
export function programsOf({ extensionUri }: Pick<Host, 'extensionUri'>): Programs {
  const { nodePath, tensorflowPath } = readSettings();
  return {
    distFolder: path.join(extensionUri.fsPath, 'dist'),
    ...(nodePath === undefined ? {} : { nodePath }),
    ...(tensorflowPath === undefined ? {} : { tensorflowPath }),
  };
}
