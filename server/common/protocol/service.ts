import type { DataFacts } from '../catalogue/component';
import type { Experiment } from '../experiment/experiment';

/**
 * What the training service does for its host beside training: `training.js serve`, JSON-RPC over the IPC
 * channel of a forked process. The editor asks it for what only the data themselves can tell.
 */
export type ServiceRequests = {
  /**
   * Opens the data of an experiment, divides them, and tells what is in them. Relative paths start at
   * `baseFolder`. Rejects with `data/…`, whose message says what is wrong where.
   */
  readonly 'data/inspect': (argument: {
    readonly data: Experiment['data'];
    readonly seed: number;
    readonly baseFolder: string;
  }) => DataFacts;
};
