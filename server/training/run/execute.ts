import { CodedError } from '#common/protocol/rpc';
import type { RunEvent } from '#common/run/events';
import { isLive, type RunRecord } from '#common/run/record';
import type { ControlServer } from '#runs/control';
import { splitFingerprints, splitNotices } from '../data/splitReport';
import { openBench, type Bench } from './bench';
import { prepareState } from './begin';
import { openCheckpointFiles } from './checkpointFiles';
import { conclude, settle } from './conclude';
import { checkIn, openControl } from './control';
import { openMetricsLog } from './metricsLog';
import { checkMemory } from './memory';
import { readPlan, type RunPlan } from './plan';
import { createProfiler } from './profiler';
import { keepRecord, type RecordKeeper } from './recordKeeper';
import { openRunLog, type RunLog } from './runLog';
import { createStepTimes, type StepTimes } from './stepTimes';
import { createSwitchboard, type Switchboard } from './switchboard';
import { train, type TrainingResult } from './training';

export interface ExecuteOptions {
  onEvent?(event: RunEvent): void;
  /** Aborting it is a soft stop. */
  readonly signal?: AbortSignal;
  /** Longest time of training between two checkpoints; there is one after every epoch anyway. */
  readonly checkpointIntervalMs?: number;
  /** Shortest time between two reports of steps. */
  readonly reportIntervalMs?: number;
  /** How long a run stays paused with nobody attached. */
  readonly pausedLimitMs?: number;
  /** Whether to watch some steps kernel by kernel. */
  readonly profile?: boolean;
}

/** One session of a run, from its start or resume to its end. */
export interface Session {
  readonly plan: RunPlan;
  readonly options: ExecuteOptions;
  readonly switchboard: Switchboard;
  readonly control: ControlServer;
  readonly keeper: RecordKeeper;
  readonly log: RunLog;
  readonly times: StepTimes;
  readonly beganMs: number;
}

const defaultCheckpointIntervalMs = 30_000;
const defaultReportIntervalMs = 100;
const defaultPausedLimitMs = 3_600_000;

/**
 * Starts a queued run or resumes one that has ended early; both go the same way. One run at a time in a
 * process. Resolves with the record of the ended run, which says `failed` when training failed.
 *
 * Throws CodedError when the run could not be started: `run/…`, `data/…`, `checkpoint/…`, `disk/…`, or
 * what is wrong with the experiment. What was there before is left as it was.
 */
export async function executeRun(folder: string, options: ExecuteOptions = {}): Promise<RunRecord> {
  const plan = await readPlan(folder);
  refuseUnlessStartable(plan.record);
  const switchboard = createSwitchboard();
  const onAbort = () => void switchboard.stop('signal');
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted === true) onAbort();
  const control = await openControl(folder, switchboard);
  const keeper = keepRecord(folder, plan.record, ({ status }) => control.changed(status));
  const log = openRunLog(folder);
  const times = createStepTimes();
  const beganMs = Date.now();
  try {
    await runSession({ plan, options, switchboard, control, keeper, log, times, beganMs });
    return keeper.record;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    switchboard.end(keeper.record.status);
    await control.close();
  }
}

function refuseUnlessStartable({ id, status, process: trainer }: RunRecord): void {
  if (status === 'finished') {
    throw new CodedError(
      'run/finished',
      `The run ${id} is finished: there is nothing left to train. To train on, start a new run with its checkpoint as initial weights.`,
    );
  }
  if (isLive(status) && (status !== 'queued' || trainer !== undefined)) {
    throw new CodedError(
      'run/live',
      `The run ${id} is going on in process ${trainer?.pid ?? 'unknown'}. Watch it, or stop it first.`,
    );
  }
}

async function runSession(session: Session): Promise<void> {
  const { plan, switchboard, control, keeper, log } = session;
  await keeper.save({
    status: 'running',
    started: plan.record.started ?? new Date().toISOString(),
    ended: undefined,
    message: undefined,
    process: control.process,
  });
  let bench: Bench | undefined;
  let hasBegun = false;
  try {
    log(`${plan.record.status === 'queued' ? 'Started' : 'Resumed'} in process ${process.pid}.`);
    bench = await openBench(plan, { signal: switchboard.signal });
    await trainOn(session, bench, () => (hasBegun = true));
  } catch (error) {
    await settle(session, hasBegun, error);
  } finally {
    bench?.dispose();
  }
}

async function trainOn(session: Session, bench: Bench, onBegin: () => void): Promise<void> {
  const { plan, keeper, log, switchboard, control, options, times } = session;
  const { folder } = plan;
  const files = openCheckpointFiles(folder);
  const { state, isResumed } = await prepareState(plan, bench, files, log);
  const emit = (event: RunEvent) => options.onEvent?.(event);
  const onFlushed = () => control.changed(keeper.record.status);
  const metrics = await openMetricsLog(folder, onFlushed, isResumed ? state.totalSteps : undefined);
  let result: TrainingResult;
  try {
    const memory = checkMemory(bench);
    await keeper.save({ ...factsOf(bench), ...memory });
    noteSplits(bench, log);
    onBegin();
    const { facts } = bench.engine;
    emit({ event: 'start', run: { id: plan.record.id, folder }, engine: facts, ...memory });
    const profiler = options.profile === true ? createProfiler(folder) : undefined;
    const pausedLimitMs = options.pausedLimitMs ?? defaultPausedLimitMs;
    const parts = { switchboard, control, keeper, metrics, pausedLimitMs };
    result = await train(
      {
        ...{ bench, files, metrics, keeper, times, log, emit },
        ...(profiler && { profiler }),
        checkIn: (saveLast) => checkIn(parts, saveLast),
        checkpointIntervalMs: options.checkpointIntervalMs ?? defaultCheckpointIntervalMs,
        reportIntervalMs: options.reportIntervalMs ?? defaultReportIntervalMs,
      },
      state,
    );
    const profile = await profiler?.finish();
    if (profile) emit(profile);
  } finally {
    await metrics.close();
  }
  await conclude(session, bench, files, result);
}

/** What a person should know of the splits goes into the log. */
function noteSplits({ dataset, splits, experiment }: Bench, log: RunLog): void {
  for (const notice of splitNotices(dataset, splits, experiment.data.split)) log(notice.message);
}

/** What is known once engine and data are open. */
function factsOf({ engine, dataset, splits, experiment }: Bench): Partial<RunRecord> {
  const { train: trainSplit, validation, test } = splits;
  return {
    engine: engine.facts,
    dataFingerprint: dataset.fingerprint,
    splitFingerprints: splitFingerprints(dataset, splits),
    splitCounts: {
      train: trainSplit.length,
      validation: validation.length,
      test: test.length,
    },
    seed: experiment.seed,
  };
}
