import * as path from 'node:path';
import * as vscode from 'vscode';
import { isLive, type RunRecord } from '#common/run/record';
import type { RunEntry } from '#runs/folder';
import type { RunStore } from './runStore';
import { describeRun, runTooltip, statusIcons } from './runText';

/** A run in the tree; commands of its menus get it as their argument. */
export class RunItem extends vscode.TreeItem {
  constructor(readonly entry: RunEntry) {
    super(entry.record?.name ?? path.basename(entry.folder));
    const { folder, record } = entry;
    this.id = folder;
    this.description = describeRun(entry);
    this.tooltip = new vscode.MarkdownString(runTooltip(entry));
    this.iconPath = iconOf(record);
    this.contextValue = contextOf(record);
    this.accessibilityInformation = {
      label: `${String(this.label)}, ${record?.status ?? 'cannot be read'}, ${String(this.description)}`,
    };
    if (record !== undefined) {
      this.command = { command: 'lightbench.openRun', title: 'Open Run', arguments: [this] };
    }
  }
}

/** The runs as a flat list, newest first. */
export class RunsTree implements vscode.TreeDataProvider<RunItem>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #listening: vscode.Disposable;

  constructor(private readonly store: RunStore) {
    this.#listening = store.onDidChange(() => this.#changed.fire());
  }

  readonly onDidChangeTreeData = this.#changed.event;

  getTreeItem(item: RunItem): vscode.TreeItem {
    return item;
  }

  async getChildren(item?: RunItem): Promise<RunItem[]> {
    if (item !== undefined) return [];
    return (await this.store.entries()).map((entry) => new RunItem(entry));
  }

  /** Without this a row cannot be revealed. */
  getParent(): undefined {
    return undefined;
  }

  dispose(): void {
    this.#listening.dispose();
    this.#changed.dispose();
  }
}

function iconOf(record: RunRecord | undefined): vscode.ThemeIcon {
  const { icon, colour } =
    record === undefined ? { icon: 'warning', colour: undefined } : statusIcons[record.status];
  return new vscode.ThemeIcon(
    icon,
    colour === undefined ? undefined : new vscode.ThemeColor(colour),
  );
}

/** What the menus of the manifest look at: `run`, how it stands, and what can be done with it. */
function contextOf(record: RunRecord | undefined): string {
  if (record === undefined) return 'run broken';
  const { status } = record;
  const resumable = ['stopped', 'interrupted', 'failed'].includes(status) ? ' resumable' : '';
  return `run ${status} ${isLive(status) ? 'live' : 'ended'}${resumable}`;
}
