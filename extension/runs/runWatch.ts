import { watch, type FSWatcher } from 'node:fs';
import * as vscode from 'vscode';
import type { ControlRequests } from '#common/protocol/control';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { isLive, type RunRecord } from '#common/run/record';
import { attachToRun, type RunConnection } from '#runs/control';
import { readRecord, readRun } from '#runs/folder';

type Method = Exclude<keyof ControlRequests, 'control/authenticate'>;

/** How often a live run without a line to its trainer is looked at; file events come sooner. */
const lookIntervalMs = 1_000;

/**
 * Keeps an eye on one run: reads its record whenever the trainer or the file system says that something
 * has changed, and holds the line to a live trainer.
 */
export class RunWatch implements vscode.Disposable {
  readonly #nudged = new vscode.EventEmitter<void>();
  readonly #changed = new vscode.EventEmitter<void>();
  #record: RunRecord | undefined;
  #problem: string | undefined;
  #connection: RunConnection | undefined;
  #attaching: Promise<void> | undefined;
  #files: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;
  #isDisposed = false;

  constructor(
    readonly folder: string,
    private readonly log: (message: string) => void,
  ) {}

  /** Something in the folder may be new. */
  readonly onDidNudge = this.#nudged.event;
  /** The record, or why there is none, has changed. */
  readonly onDidChange = this.#changed.event;

  get record(): RunRecord | undefined {
    return this.#record;
  }

  /** Why the record cannot be read. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Begins to watch; resolves when the record has been read once. */
  start(): Promise<void> {
    this.#watchFiles();
    return this.refresh();
  }

  /** Reads the record; calls while it is read make it be read once more. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Asks the live trainer. Throws CodedError `control/not-live` when there is none. */
  async request(method: Method): Promise<void> {
    await this.refresh();
    await this.#attach();
    if (this.#connection === undefined) {
      const message = 'The run has no trainer to talk to. Resume it to go on.';
      throw new CodedError('control/not-live', message);
    }
    await this.#connection.request(method, {});
    await this.refresh();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#files?.close();
    clearTimeout(this.#timer);
    this.#connection?.dispose();
    this.#nudged.dispose();
    this.#changed.dispose();
  }

  async #read(): Promise<void> {
    while (this.#isStale && !this.#isDisposed) {
      this.#isStale = false;
      const before = JSON.stringify([this.#record, this.#problem]);
      try {
        // An open line is proof of life; without it the socket is tried.
        const read = this.#connection === undefined ? readRun : readRecord;
        this.#record = await read(this.folder);
        this.#problem = undefined;
      } catch (error) {
        this.#problem = messageOf(error);
      }
      if (this.#isDisposed) return;
      if (JSON.stringify([this.#record, this.#problem]) !== before) this.#changed.fire();
    }
    void this.#attach();
    this.#scheduleLook();
  }

  /** Opens the line to the trainer where there is one and it is not open. */
  #attach(): Promise<void> {
    const record = this.#record;
    const isWanted = record?.process !== undefined && isLive(record.status);
    if (!isWanted || this.#connection !== undefined || this.#isDisposed) return Promise.resolve();
    this.#attaching ??= this.#connect(record).finally(() => (this.#attaching = undefined));
    return this.#attaching;
  }

  async #connect(record: RunRecord): Promise<void> {
    try {
      const connection = await attachToRun(record);
      if (this.#isDisposed) return connection.dispose();
      this.#connection = connection;
      connection.onChanged(() => this.nudge());
      connection.onClosed(() => {
        this.#connection = undefined;
        connection.dispose();
        this.nudge();
      });
      this.log(`Attached to the trainer of ${record.id}.`);
      this.nudge();
    } catch (error) {
      // It may have ended this very moment; the record tells at the next look.
      this.log(`Could not attach to the trainer of ${record.id}: ${messageOf(error)}`);
    }
  }

  /** Something in the folder may be new: those who look at the run read it again. */
  nudge(): void {
    if (this.#isDisposed) return;
    this.#nudged.fire();
    void this.refresh();
  }

  /** File events are quick, but network disks have none, and a killed trainer leaves no event. */
  #watchFiles(): void {
    try {
      this.#files = watch(this.folder, () => this.nudge());
      this.#files.on('error', () => this.#files?.close());
    } catch (error) {
      this.log(`Cannot watch ${this.folder}: ${messageOf(error)}`);
    }
  }

  #scheduleLook(): void {
    clearTimeout(this.#timer);
    const { status } = this.#record ?? {};
    if (this.#isDisposed || status === undefined || !isLive(status)) return;
    this.#timer = setTimeout(() => this.nudge(), lookIntervalMs);
    this.#timer.unref();
  }
}

/** The watches of a window: whoever looks at a run shares the one watch of it. */
export class RunWatches implements vscode.Disposable {
  readonly #watches = new Map<string, { readonly watch: RunWatch; users: number }>();

  constructor(private readonly log: (message: string) => void) {}

  /** Gives the watch of a run; it ends when everybody has let go of it. */
  acquire(folder: string): { readonly watch: RunWatch } & vscode.Disposable {
    let entry = this.#watches.get(folder);
    if (entry === undefined) {
      entry = { watch: new RunWatch(folder, this.log), users: 0 };
      this.#watches.set(folder, entry);
      void entry.watch.start();
    }
    const shared = entry;
    shared.users++;
    let isHeld = true;
    return {
      watch: shared.watch,
      dispose: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--shared.users > 0) return;
        this.#watches.delete(folder);
        shared.watch.dispose();
      },
    };
  }

  dispose(): void {
    for (const { watch } of this.#watches.values()) watch.dispose();
    this.#watches.clear();
  }
}
