/** Calls for changes that come in bursts. */
export interface Pace {
  /** Something may be new: the call follows soon, one at a time, and once more for nudges during it. */
  nudge(): void;
  dispose(): void;
}

/**
 * Calls at once for the first nudge and at most once every `intervalMs` after that. The call tells its
 * own errors.
 */
export function createPace(
  intervalMs: number,
  call: () => Promise<void>,
  clock: Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'> = globalThis,
): Pace {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBusy = false;
  let isNudged = false;
  let isDisposed = false;

  function run(): void {
    isNudged = false;
    isBusy = true;
    timer = clock.setTimeout(() => {
      timer = undefined;
      again();
    }, intervalMs);
    const finish = () => {
      isBusy = false;
      again();
    };
    void call().then(finish, finish);
  }
  function again(): void {
    if (isNudged && !isBusy && timer === undefined && !isDisposed) run();
  }
  return {
    nudge() {
      isNudged = true;
      again();
    },
    dispose() {
      isDisposed = true;
      clock.clearTimeout(timer);
    },
  };
}
