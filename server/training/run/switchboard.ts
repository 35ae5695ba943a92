import type { RunStatus } from '#common/run/record';

/** Why a run is to end before its time. */
export type StopReason = 'request' | 'signal' | 'idle';

/** What was asked of the run last. */
export type Wish =
  { readonly kind: 'go' | 'pause' } | { readonly kind: 'stop'; readonly reason: StopReason };

/**
 * Passes requests of other processes to the training loop, which looks between two steps. A request is
 * answered when it has taken effect.
 */
export interface Switchboard {
  readonly wish: Wish;
  /** Aborted by a stop, for work that takes a signal. */
  readonly signal: AbortSignal;
  /** For requests: each answers with the status once it is so. */
  pause(): Promise<RunStatus>;
  continue(): Promise<RunStatus>;
  /** Answers when the run has ended. */
  stop(reason: StopReason): Promise<RunStatus>;
  /** For the run: tells those who wait what it does now. */
  report(status: RunStatus): void;
  /** For the run: no request has an effect from now on. */
  end(status: RunStatus): void;
  /** Resolves at the next wish. */
  nextWish(): Promise<void>;
}

export function createSwitchboard(): Switchboard {
  const abort = new AbortController();
  let wish: Wish = { kind: 'go' };
  let status: RunStatus = 'running';
  let hasEnded = false;
  const onStatus = new Set<() => void>();
  const onWish = new Set<() => void>();

  function ask(next: Wish): void {
    // Nothing takes back a stop.
    if (wish.kind === 'stop' || hasEnded) return;
    wish = next;
    if (next.kind === 'stop') abort.abort();
    notify(onWish);
  }
  async function until(isReached: () => boolean): Promise<RunStatus> {
    while (!hasEnded && !isReached()) {
      await new Promise<void>((resolve) => onStatus.add(resolve));
    }
    return status;
  }
  return {
    get wish() {
      return wish;
    },
    signal: abort.signal,
    pause() {
      ask({ kind: 'pause' });
      return until(() => status === 'paused' || wish.kind !== 'pause');
    },
    continue() {
      ask({ kind: 'go' });
      return until(() => status === 'running' || wish.kind !== 'go');
    },
    stop(reason) {
      ask({ kind: 'stop', reason });
      return until(() => false);
    },
    report(next) {
      status = next;
      notify(onStatus);
    },
    end(next) {
      status = next;
      hasEnded = true;
      notify(onStatus);
    },
    nextWish: () => new Promise((resolve) => onWish.add(resolve)),
  };
}

function notify(listeners: Set<() => void>): void {
  const waiting = [...listeners];
  listeners.clear();
  for (const listener of waiting) listener();
}
