import { realpathSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '#common/protocol/rpc';
import { isLive, runFiles, runsFolder, type RunRecord } from '#common/run/record';
import { listRuns, readRun, type RunEntry } from '#runs/folder';
import type { RunWatches } from './runWatch';

/** What the store keeps of a folder of runs. */
interface Root {
  readonly folder: string;
  readonly entries: Map<string, RunEntry>;
  readonly watcher: vscode.Disposable;
}

/** A burst of file events is one change for those who look. */
const changeDelayMs = 50;
const extraRootsKey = 'lightbench.extraRunRoots';

/**
 * The runs of every workspace folder, newest first, kept true by file events; live ones are watched
 * closely. Reading begins when somebody asks for the first time.
 */
export class RunStore implements vscode.Disposable {
  readonly #roots = new Map<string, Root>();
  readonly #watched = new Map<string, vscode.Disposable>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[] = [];
  #loading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly watches: RunWatches,
    private readonly memento: vscode.Memento,
    private readonly log: (message: string) => void,
  ) {
    this.#subscriptions.push(
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.reload()),
    );
  }

  readonly onDidChange = this.#changed.event;

  /** Every run, newest first; reads them the first time. */
  async entries(): Promise<readonly RunEntry[]> {
    await (this.#loading ??= this.#load());
    return this.current();
  }

  /** What is known now. */
  current(): readonly RunEntry[] {
    const created = (entry: RunEntry) => entry.record?.created ?? '';
    return [...this.#roots.values()]
      .flatMap((root) => [...root.entries.values()])
      .sort((a, b) => compare(created(b), created(a)) || compare(b.folder, a.folder));
  }

  /** The live ones, newest first. */
  live(): readonly (RunEntry & { readonly record: RunRecord })[] {
    return this.current().flatMap((entry) =>
      entry.record !== undefined && isLive(entry.record.status)
        ? [{ ...entry, record: entry.record }]
        : [],
    );
  }

  /** Where runs of an experiment file go: the workspace folder that it is in, or else its own folder. */
  rootFor(experimentFile: vscode.Uri): string {
    const folder = vscode.workspace.getWorkspaceFolder(experimentFile);
    const base = folder?.uri.fsPath ?? path.dirname(experimentFile.fsPath);
    return path.join(base, runsFolder);
  }

  /** Reads one run again, for those who have just changed it. */
  async refresh(folder: string): Promise<void> {
    await this.entries();
    const rootFolder = path.dirname(folder);
    if (!this.#roots.has(rootFolder)) await this.#addExtraRoot(rootFolder);
    const root = this.#roots.get(rootFolder);
    if (root !== undefined) await this.#read(root, folder);
  }

  /** Reads those again that go on, or could by now: watching tells a moment late. */
  async refreshGoing(): Promise<void> {
    const entries = await this.entries();
    const going = entries.filter(
      ({ record }) =>
        record !== undefined && (isLive(record.status) || record.status === 'interrupted'),
    );
    await Promise.all(going.map(({ folder }) => this.refresh(folder)));
  }

  /** Reads everything again. */
  async reload(): Promise<void> {
    for (const root of this.#roots.values()) root.watcher.dispose();
    this.#roots.clear();
    this.#loading = this.#load();
    await this.#loading;
    this.#tell();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const root of this.#roots.values()) root.watcher.dispose();
    for (const watched of this.#watched.values()) watched.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  async #load(): Promise<void> {
    const bases = (vscode.workspace.workspaceFolders ?? []).filter(
      ({ uri }) => uri.scheme === 'file',
    );
    const own = bases.map(({ uri }) => path.join(uri.fsPath, runsFolder));
    const extra = this.memento.get<readonly string[]>(extraRootsKey, []);
    await Promise.all([...new Set([...own, ...extra])].map((folder) => this.#addRoot(folder)));
  }

  /** Runs of a file that is in no workspace folder are remembered with the window. */
  async #addExtraRoot(folder: string): Promise<void> {
    const known = this.memento.get<readonly string[]>(extraRootsKey, []);
    await this.memento.update(extraRootsKey, [...new Set([...known, folder])]);
    await this.#addRoot(folder);
  }

  async #addRoot(folder: string): Promise<void> {
    const root: Root = { folder, entries: new Map(), watcher: this.#watchRoot(folder) };
    this.#roots.set(folder, root);
    await this.#list(root);
  }

  async #list(root: Root): Promise<void> {
    try {
      const entries = await listRuns(root.folder);
      root.entries.clear();
      for (const entry of entries) root.entries.set(entry.folder, entry);
    } catch (error) {
      this.log(messageOf(error));
    }
    this.#watchLive(root);
    this.#tell();
  }

  async #read(root: Root, folder: string): Promise<void> {
    try {
      root.entries.set(folder, { folder, record: await readRun(folder) });
    } catch (error) {
      if (isGone(folder)) root.entries.delete(folder);
      else root.entries.set(folder, { folder, problem: messageOf(error) });
    }
    this.#watchLive(root);
    this.#tell();
  }

  /**
   * The pattern names few levels, so that the event files of a live run cause no events here. A folder
   * that is deleted as a whole tells only of itself, whichever folder that is.
   */
  #watchRoot(folder: string): vscode.Disposable {
    const base = vscode.Uri.file(path.dirname(path.dirname(folder)));
    const runs = runsFolder;
    const [top = ''] = runs.split('/');
    const pattern = new vscode.RelativePattern(
      base,
      `{${top},${runs},${runs}/*,${runs}/*/${runFiles.record}}`,
    );
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const look = (uri: vscode.Uri) => this.#look(folder, uri.fsPath);
    watcher.onDidCreate(look);
    watcher.onDidChange(look);
    watcher.onDidDelete(look);
    return watcher;
  }

  #look(rootFolder: string, file: string): void {
    const root = this.#roots.get(rootFolder);
    if (root === undefined) return;
    const run = path.basename(file) === runFiles.record ? path.dirname(file) : file;
    if (path.dirname(run) !== rootFolder) void this.#list(root);
    else if (!path.basename(run).startsWith('.')) void this.#read(root, run);
  }

  #watchLive(root: Root): void {
    for (const { folder, record } of root.entries.values()) {
      const isWanted = record !== undefined && isLive(record.status);
      if (isWanted && !this.#watched.has(folder)) this.#watchRun(root, folder);
    }
    for (const folder of this.#watched.keys()) {
      const record = this.#roots.get(path.dirname(folder))?.entries.get(folder)?.record;
      if (record === undefined || !isLive(record.status)) {
        this.#watched.get(folder)?.dispose();
        this.#watched.delete(folder);
      }
    }
  }

  #watchRun(root: Root, folder: string): void {
    const held = this.watches.acquire(folder);
    const listening = held.watch.onDidChange(() => {
      const { record, problem } = held.watch;
      root.entries.set(folder, {
        folder,
        ...(record === undefined ? {} : { record }),
        ...(problem === undefined ? {} : { problem }),
      });
      this.#watchLive(root);
      this.#tell();
    });
    this.#watched.set(folder, vscode.Disposable.from(listening, held));
  }

  #tell(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed.fire();
    }, changeDelayMs);
  }
}

function isGone(folder: string): boolean {
  try {
    realpathSync(folder);
    return false;
  } catch {
    return true;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
