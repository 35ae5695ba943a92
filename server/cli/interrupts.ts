import { exitCodes } from './exit';
import { style, type Terminal } from './terminal';

/** Ctrl+C and its kin while something long goes on. */
export interface Interrupts {
  /** Aborted by the first one, which asks for an orderly end. */
  readonly signal: AbortSignal;
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on the Ctrl+C that the terminal has already sent us: two so close are one. */
const sameIntervalMs = 500;

const runEnds = 'finishing the step and writing a checkpoint';

/** The first signal stops softly, and says how; a second one ends the process at once. */
export function listenForInterrupts(
  terminal: Pick<Terminal, 'warn'>,
  howItEnds = runEnds,
): Interrupts {
  const { signal, interrupt } = createInterruption(
    terminal,
    {
      nowMs: () => performance.now(),
      exit: (code) => process.exit(code),
    },
    howItEnds,
  );
  for (const name of signals) process.on(name, interrupt);
  return {
    signal,
    dispose() {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}

/** What a signal does, with clock and exit given. */
export function createInterruption(
  terminal: Pick<Terminal, 'warn'>,
  host: { nowMs(): number; exit(code: number): void },
  howItEnds = runEnds,
): { readonly signal: AbortSignal; interrupt(): void } {
  const controller = new AbortController();
  let firstMs = 0;
  return {
    signal: controller.signal,
    interrupt() {
      if (!controller.signal.aborted) {
        firstMs = host.nowMs();
        controller.abort();
        const how = `${howItEnds}; press Ctrl+C again to end at once.`;
        terminal.warn(style.yellow(`Stopping: ${how}`));
      } else if (host.nowMs() - firstMs >= sameIntervalMs) {
        host.exit(exitCodes.interrupted);
      }
    },
  };
}
