import * as vscode from 'vscode';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { isLive, type RunRecord } from '#common/run/record';
import type { Host } from '../host';
import type { RunWatch } from '../runs/runWatch';
import { chooseRun, type ChosenRun } from './chooseRun';
import { start } from './train';

const noLiveRun = 'No run is going on. Open an experiment and choose Train.';

/** How long a soft stop may take before the trainer is ended hard. */
const stopGraceMs = 60_000;

export async function pauseRun(host: Host, argument: unknown): Promise<void> {
  const run = await chooseRun(host, argument, {
    accepts: ({ status }) => status === 'running',
    title: 'Pause which run?',
    none: noLiveRun,
  });
  if (run !== undefined) await withWatch(host, run, (watch) => watch.request('run/pause'));
}

export async function continueRun(host: Host, argument: unknown): Promise<void> {
  const run = await chooseRun(host, argument, {
    accepts: ({ status }) => status === 'paused',
    title: 'Continue which run?',
    none: 'No run is paused. A run that has ended can be resumed.',
  });
  if (run !== undefined) await withWatch(host, run, (watch) => watch.request('run/continue'));
}

/** Stops softly: the step is finished, a checkpoint written, results measured. Late ends are hard. */
export async function stopRun(host: Host, argument: unknown): Promise<void> {
  const run = await chooseRun(host, argument, {
    accepts: ({ status }) => isLive(status),
    title: 'Stop which run?',
    none: noLiveRun,
  });
  if (run === undefined) return;
  await withWatch(host, run, (watch) =>
    vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Stopping "${run.record.name}": it finishes its step and writes its results.`,
        cancellable: true,
      },
      (_progress, token) => stopWithin(host, watch, token),
    ),
  );
}

async function stopWithin(
  host: Host,
  watch: RunWatch,
  token: vscode.CancellationToken,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), stopGraceMs);
    token.onCancellationRequested(() => resolve('late'));
  });
  const soft = watch.request('run/stop').then(() => 'done' as const);
  try {
    if ((await Promise.race([soft, impatience])) === 'done') return;
    endHard(host, watch.record);
    // Its socket closes, which ends the request one way or the other.
    await soft.catch(() => undefined);
  } finally {
    clearTimeout(timer);
    await watch.refresh();
  }
}

/** What was written is safe: the run can be resumed from its last checkpoint. */
function endHard(host: Host, record: RunRecord | undefined): void {
  const pid = record?.process?.pid;
  if (pid === undefined) return;
  host.channels.training.warn(`Ending process ${pid} of ${record?.id} without waiting longer.`);
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    host.channels.training.info(`Process ${pid} was gone already: ${messageOf(error)}`);
  }
}

/** Whether a run that has ended can go on from a checkpoint. */
export function isResumable({ status }: RunRecord): boolean {
  return status === 'stopped' || status === 'interrupted' || status === 'failed';
}

export async function resumeRun(host: Host, argument: unknown): Promise<void> {
  const run = await chooseRun(host, argument, {
    accepts: isResumable,
    title: 'Resume which run?',
    none: 'No run can be resumed: only stopped, interrupted and failed runs can.',
  });
  if (run === undefined) return;
  host.panels.show(run.folder, run.record.name, { preserveFocus: true });
  start(host, run.folder);
}

/** Stops, softly and without questions, the runs that this window has started. */
export async function stopStartedHere(host: Host): Promise<void> {
  const live = host.store.live().filter(({ folder }) => host.startedHere.has(folder));
  await Promise.all(
    live.map(({ folder }) => {
      const held = host.watches.acquire(folder);
      return held.watch
        .request('run/stop')
        .catch(() => undefined)
        .finally(() => held.dispose());
    }),
  );
}

/** Works on the watch of a run; a run that ends in the meantime is no error. */
async function withWatch(
  host: Host,
  { folder, record }: ChosenRun,
  work: (watch: RunWatch) => PromiseLike<void>,
): Promise<void> {
  const held = host.watches.acquire(folder);
  try {
    await work(held.watch);
  } catch (error) {
    await host.store.refresh(folder);
    const hasEnded = held.watch.record !== undefined && !isLive(held.watch.record.status);
    if (hasEnded && error instanceof CodedError && error.code.startsWith('control/')) return;
    throw new CodedError('run/no-answer', `"${record.name}" did not follow: ${messageOf(error)}`);
  } finally {
    held.dispose();
  }
  await host.store.refresh(folder);
}
