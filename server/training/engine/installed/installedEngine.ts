import type { EngineReport } from '#common/engine';
import type { SearchOptions } from './packages';

/** How an engine is opened that uses what the user has installed. */
export interface InstalledOptions extends SearchOptions {
  /** Threads that compute on the processor. */
  readonly threads: number;
}

/** An engine that has become the TF.js backend of this process. */
export interface OpenedEngine {
  /** For people: "TensorFlow 2.21.0 on the CPU". */
  readonly description: string;
  readonly threads: number;
  usedBytes(): number;
  /** Bytes that it can get at most; undefined where it does not say. */
  mostBytes(): number | undefined;
  dispose(): void;
}

/** An engine that Lightbench does not bring along. */
export interface InstalledEngine {
  /** Throws NotInstalledError when it is not there, any other Error when it does not work. */
  open(options: InstalledOptions): Promise<OpenedEngine>;
  /** Says where it is and what it is, or throws as `open` would; loads nothing into this process. */
  probe(options: InstalledOptions): Promise<Pick<EngineReport, 'reason' | 'facts'>>;
}

/** Nobody has installed the engine, which is no fault; the message says how it is done. */
export class NotInstalledError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotInstalledError';
  }
}
