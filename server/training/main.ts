// The trainer as a process of its own:
//   training.js run FOLDER    trains the run in a folder to its end
//   training.js serve         answers the host that has forked it, over IPC
import { CodedError, messageOf } from '#common/protocol/rpc';
import { executeRun } from './index';
import { serve } from './service';

/** Exit codes, the same as those of the command line. */
const exitCodes = { good: 0, wrongInput: 1, runFailed: 3, interrupted: 130 } as const;

async function main([verb, folder, ...rest]: readonly string[]): Promise<number> {
  if (verb === 'serve' && folder === undefined && process.send !== undefined) {
    await serve();
    return exitCodes.good;
  }
  if (verb === 'run' && folder !== undefined && rest.length === 0) return runFolder(folder);
  say('Usage: training.js run FOLDER, or training.js serve from a forking host.');
  return exitCodes.wrongInput;
}

async function runFolder(folder: string): Promise<number> {
  const signal = stopOnSignals();
  try {
    const { status, message } = await executeRun(folder, { signal });
    if (message !== undefined) say(message);
    if (status === 'failed') return exitCodes.runFailed;
    return status === 'interrupted' || signal.aborted ? exitCodes.interrupted : exitCodes.good;
  } catch (error) {
    say(messageOf(error));
    const isOwnFault = error instanceof CodedError && !error.code.startsWith('disk/');
    return isOwnFault ? exitCodes.wrongInput : exitCodes.runFailed;
  }
}

/** The first signal stops softly, a second one at once. A closed terminal is no reason to stop. */
function stopOnSignals(): AbortSignal {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) process.exit(exitCodes.interrupted);
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', () => undefined);
  return abort.signal;
}

/** For whoever started the process and still listens; the run's own log is in its folder. */
function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

// Whoever started us may be gone: a closed pipe must not end a run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(exitCodes.runFailed);
  },
);
