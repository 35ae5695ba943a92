import { serveControl, type ControlServer } from '#runs/control';
import type { RecordKeeper } from './recordKeeper';
import type { MetricsLog } from './metricsLog';
import type { StopReason, Switchboard } from './switchboard';
import { nextTurn } from './evaluation';

/** Opens the control socket of a run and lets it act on the switchboard. */
export function openControl(folder: string, switchboard: Switchboard): Promise<ControlServer> {
  return serveControl(folder, {
    'run/pause': async () => ({ status: await switchboard.pause() }),
    'run/continue': async () => ({ status: await switchboard.continue() }),
    'run/stop': async () => ({ status: await switchboard.stop('request') }),
  });
}

export interface CheckInParts {
  readonly switchboard: Switchboard;
  readonly control: Pick<ControlServer, 'attached'>;
  readonly keeper: RecordKeeper;
  readonly metrics: MetricsLog;
  /** How long a run stays paused with nobody attached. */
  readonly pausedLimitMs: number;
}

/**
 * What the training loop does between two steps: it lets requests arrive, finds out about writes that
 * failed, waits through a pause, and says when to stop.
 */
export async function checkIn(
  parts: CheckInParts,
  saveLast: () => Promise<void>,
): Promise<StopReason | undefined> {
  await nextTurn();
  const { switchboard, keeper, metrics } = parts;
  throwIfFailed(metrics.failure);
  throwIfFailed(keeper.failure);
  if (switchboard.wish.kind === 'pause') await stayPaused(parts, saveLast);
  return switchboard.wish.kind === 'stop' ? switchboard.wish.reason : undefined;
}

function throwIfFailed(failure: unknown): void {
  if (failure !== undefined) throw failure as Error;
}

async function stayPaused(parts: CheckInParts, saveLast: () => Promise<void>): Promise<void> {
  const { switchboard, keeper, metrics } = parts;
  await metrics.flush();
  await saveLast();
  await keeper.save({ status: 'paused' });
  switchboard.report('paused');
  const idleWatch = watchIdleness(parts);
  while (switchboard.wish.kind === 'pause') await switchboard.nextWish();
  clearInterval(idleWatch);
  if (switchboard.wish.kind === 'stop') return;
  await keeper.save({ status: 'running' });
  switchboard.report('running');
}

/** A paused run that everybody has forgotten gives its memory back. */
function watchIdleness({ control, switchboard, pausedLimitMs }: CheckInParts): NodeJS.Timeout {
  let lastSeenMs = Date.now();
  return setInterval(
    () => {
      if (control.attached > 0) lastSeenMs = Date.now();
      else if (Date.now() - lastSeenMs >= pausedLimitMs) void switchboard.stop('idle');
    },
    Math.min(pausedLimitMs / 4, 60_000),
  );
}
