import type { RunStatus } from '../run/record';

/**
 * How a live trainer is controlled, over its local socket with JSON-RPC. The first request must be
 * `control/authenticate` with the token from the file that `run.json` names; anything else before it
 * is refused.
 */
export type ControlRequests = {
  readonly 'control/authenticate': (argument: { readonly token: string }) => {
    readonly pid: number;
  };
  /** Takes effect after the step under way. */
  readonly 'run/pause': (argument: Record<string, never>) => { readonly status: RunStatus };
  readonly 'run/continue': (argument: Record<string, never>) => { readonly status: RunStatus };
  /** Soft: finishes the step, checkpoints, writes results; answers once the run has ended. */
  readonly 'run/stop': (argument: Record<string, never>) => { readonly status: RunStatus };
};

export type ControlEvents = {
  /**
   * The run folder has changed: new events in the logs or a new `run.json`. Sent after the write, at
   * most every 50 ms. What changed is read from disk, which is the truth.
   */
  readonly 'run/changed': { readonly status: RunStatus };
  /**
   * The last message of a trainer. It is handled after all others, so the client has every answer when
   * it hangs up, which it does now; the trainer waits for that.
   */
  readonly 'control/goodbye': Record<string, never>;
};
