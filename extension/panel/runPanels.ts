import * as vscode from 'vscode';
import { RunPanel, type RunPanelParts } from './runPanel';

export const runPanelType = 'lightbench.run';

/** The open run panels of the window: one for each run, kept over a reload. */
export class RunPanels implements vscode.Disposable {
  readonly #panels = new Map<string, RunPanel>();

  constructor(private readonly parts: RunPanelParts) {
    // Never unregistered: a window that closes would forget the panels before it has saved them.
    vscode.window.registerWebviewPanelSerializer(runPanelType, {
      deserializeWebviewPanel: async (panel: vscode.WebviewPanel, state: unknown) => {
        const folder = folderOf(state);
        if (folder === undefined || this.#panels.has(folder)) panel.dispose();
        else this.#adopt(folder, panel);
      },
    });
  }

  /** The run whose panel is in front, if one is. */
  get active(): string | undefined {
    return [...this.#panels.values()].find(({ panel }) => panel.active)?.folder;
  }

  /** Shows the panel of a run; a new one opens beside the editor and leaves the focus there. */
  show(folder: string, title: string, options: { readonly preserveFocus: boolean }): void {
    const { preserveFocus } = options;
    const open = this.#panels.get(folder);
    if (open !== undefined) return open.panel.reveal(undefined, preserveFocus);
    const hasEditor = vscode.window.activeTextEditor !== undefined;
    const viewColumn = hasEditor ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(
      runPanelType,
      title,
      { viewColumn, preserveFocus },
      {},
    );
    this.#adopt(folder, panel);
  }

  /** Closes the panel of a run that is deleted. */
  close(folder: string): void {
    this.#panels.get(folder)?.dispose();
  }

  /** Lets go of the runs. The panels stay: VS Code brings them back after a reload. */
  dispose(): void {
    for (const panel of this.#panels.values()) panel.release();
  }

  #adopt(folder: string, webviewPanel: vscode.WebviewPanel): void {
    const panel = new RunPanel(folder, webviewPanel, this.parts);
    this.#panels.set(folder, panel);
    panel.onDidDispose(() => this.#panels.delete(folder));
  }
}

/** What the page keeps with `setState`: the folder of its run. */
function folderOf(state: unknown): string | undefined {
  const { folder } = (state ?? {}) as { readonly folder?: unknown };
  return typeof folder === 'string' ? folder : undefined;
}
