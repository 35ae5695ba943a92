import { CodedError, messageOf } from '#common/protocol/rpc';
import { figuresOf } from '#common/run/comparison';
import type { SplitResults } from '#common/run/events';
import type { RunStatus } from '#common/run/record';
import { fitBaseline } from './baseline';
import type { Bench } from './bench';
import type { CheckpointFiles } from './checkpointFiles';
import { measureSplit } from './evaluation';
import type { Session } from './execute';
import { noiseEpoch, restoreFinalWeights } from './finalWeights';
import { writeResults, type Results } from './results';
import type { Ending, TrainingResult } from './training';

/** Measures the final weights, writes the results and ends the record. */
export async function conclude(
  session: Session,
  bench: Bench,
  files: CheckpointFiles,
  { ending, state }: TrainingResult,
): Promise<void> {
  let results: Results = {};
  if (ending.kind !== 'failed') {
    const final = await restoreFinalWeights(bench, files, state, session.log);
    results = await measure(bench, noiseEpoch(final));
    // The figures of an opened test split belonged to earlier weights.
    await writeResults(session.plan.folder, results);
  }
  await end(session, statusOf(ending), messageFor(ending), results);
}

async function measure(bench: Bench, epoch: number): Promise<Results> {
  const results: { train?: SplitResults; validation?: SplitResults } = {};
  const baseline = fitBaseline(bench);
  for (const split of ['train', 'validation'] as const) {
    results[split] = await measureSplit(bench, split, epoch, baseline);
  }
  return results;
}

function statusOf(ending: Ending): RunStatus {
  if (ending.kind !== 'stopped') return ending.kind;
  return ending.reason === 'idle' ? 'interrupted' : 'stopped';
}

function messageFor(ending: Ending): string | undefined {
  if (ending.kind !== 'stopped') return ending.message;
  switch (ending.reason) {
    case 'request':
      return undefined;
    case 'signal':
      return 'Stopped by a signal. Resume to go on where it was.';
    case 'idle':
      return 'Ended because it was paused for long with nobody attached. Resume to go on where it was.';
  }
}

/** The last word of a session. When even that cannot be written, it is at least told. */
async function end(
  session: Session,
  wanted: RunStatus,
  wantedMessage: string | undefined,
  results: Results,
): Promise<void> {
  const { plan, options, keeper, log, times, beganMs } = session;
  const ended = { ended: new Date().toISOString(), process: undefined };
  try {
    await keeper.save({ ...ended, status: wanted, message: wantedMessage });
  } catch (error) {
    const failure = { ...ended, status: 'failed' as const, message: messageOf(error) };
    await keeper.save(failure).catch(() => log(failure.message));
  }
  const { status, message } = keeper.record;
  log(`Ended: ${status}.${message === undefined ? '' : ` ${message}`}`);
  const figures = {
    ...(results.train && { train: figuresOf(results.train) }),
    ...(results.validation && { validation: figuresOf(results.validation) }),
  };
  options.onEvent?.({
    event: 'end',
    status,
    ...(message === undefined ? {} : { message }),
    run: { id: plan.record.id, folder: plan.folder },
    results: figures,
    seconds: (Date.now() - beganMs) / 1000,
    ...times.summary(),
  });
}

/**
 * Ends a session that an error has ended. Once training has begun, the run has failed. Before that it
 * goes back to what it was, and the error is the caller's; a stop while data were read is just a stop.
 */
export async function settle(session: Session, hasBegun: boolean, error: unknown): Promise<void> {
  const { plan, switchboard, keeper, log } = session;
  const { wish } = switchboard;
  const isExpected = error instanceof CodedError;
  if (!hasBegun && wish.kind === 'stop' && isAbort(error)) {
    return end(session, 'stopped', messageFor({ kind: 'stopped', reason: wish.reason }), {});
  }
  const message = messageOf(error);
  if (!isExpected) log(error instanceof Error ? (error.stack ?? message) : message);
  if (hasBegun) {
    await end(session, 'failed', message, {});
    if (isExpected) return;
  } else {
    const status = plan.record.status === 'queued' ? 'failed' : plan.record.status;
    log(`Could not start. ${message}`);
    await keeper.save({ status, message, process: undefined }).catch(() => undefined);
  }
  throw error;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
