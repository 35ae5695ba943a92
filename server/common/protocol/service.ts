import type { DataFacts } from '../catalogue/component';
import type { DataSourceValue } from '../catalogue/data';
import type { EngineReport } from '../engine';
import type { SplitResults } from '../run/events';
import type { Split } from '../run/series';

/**
 * What the training service does for its host beside training: `training.js serve`, JSON-RPC over the IPC
 * channel of a forked process, or over stdin and stdout.
 */
export type ServiceRequests = {
  /** What every engine says about this machine, in the order of preference. */
  readonly 'engines/probe': (argument: Record<string, never>) => readonly EngineReport[];
  /**
   * Opens a data source and tells what is in it. Relative paths start at `baseFolder`. Rejects with
   * `data/…`, whose message says what is wrong where.
   */
  readonly 'data/inspect': (argument: {
    readonly source: DataSourceValue;
    readonly baseFolder: string;
    readonly seed?: number;
  }) => DataFacts;
  /**
   * Measures the final weights of a run on a split and writes `results.json`. Rejects with `test/sealed`
   * when the test split was never opened and there is no reason to.
   */
  readonly 'run/evaluate': (argument: {
    readonly folder: string;
    readonly split: Split;
    readonly openReason?: string;
  }) => SplitResults;
};
