import { exitCodes } from './exit';
import { style, type Terminal } from './terminal';

/** Ctrl+C and its kin while a run goes on. */
export interface Interrupts {
  /** Aborted by the first one: the run finishes its step, writes a checkpoint and ends. */
  readonly signal: AbortSignal;
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal stops softly; the second ends the process at once. */
export function listenForInterrupts(terminal: Pick<Terminal, 'warn'>): Interrupts {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
    const how = 'finishing the step and writing a checkpoint; press Ctrl+C again to end at once.';
    terminal.warn(style.yellow(`Stopping: ${how}`));
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    dispose() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
