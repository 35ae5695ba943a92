import { isPenalized } from '#common/experiment/task';
import type { RunEvent } from '#common/run/events';
import { computeOnce, readAll } from '../engine/program';
import { penalty as penaltyOf } from '../regularization/penalty';
import type { Tally } from '../metrics/metrics';
import { epochOrder, type Batch } from './batches';
import type { Bench } from './bench';
import { createWatch, type BestEpochWatch, type EpochFigures } from './bestEpoch';
import { encodeCheckpoint, type RunState } from './checkpoint';
import type { CheckpointFiles } from './checkpointFiles';
import { createTallyFor, evaluateSplit } from './evaluation';
import type { MetricsLog } from './metricsLog';
import { learnedPhysics } from './learner';
import { adviceFor, NotFiniteError } from './notFinite';
import type { RecordKeeper } from './recordKeeper';
import type { RunLog } from './runLog';
import type { StepResult } from './steps';
import type { StepTimes } from './stepTimes';
import type { StopReason } from './switchboard';
import {
  observeEpoch,
  observeStep,
  rangeAdvice,
  rangeIsLeft,
  scheduleFactor,
  type ScheduleState,
} from '../optimizer/schedule';
import type { Profiler } from './profiler';
import { createReporter } from './reporter';

/** How training ended. */
export type Ending =
  | { readonly kind: 'finished'; readonly message?: string }
  | { readonly kind: 'stopped'; readonly reason: StopReason }
  | { readonly kind: 'failed'; readonly message: string };

/** What training works with; all of it belongs to the caller. */
export interface TrainingParts {
  readonly bench: Bench;
  readonly files: CheckpointFiles;
  readonly metrics: MetricsLog;
  readonly keeper: RecordKeeper;
  readonly times: StepTimes;
  readonly profiler?: Profiler;
  readonly log: RunLog;
  readonly emit: (event: RunEvent) => void;
  /** Called between two computations: waits through a pause and says when to stop. */
  readonly checkIn: (saveLast: () => Promise<void>) => Promise<StopReason | undefined>;
  readonly checkpointIntervalMs: number;
  /** How often what was logged goes to disk and whoever watches is told. */
  readonly reportIntervalMs: number;
}

export interface TrainingResult {
  readonly ending: Ending;
  readonly state: RunState;
}

/** Trains from a state to the end, or to a stop. Every way out leaves a checkpoint to go on from. */
export async function train(parts: TrainingParts, first: RunState): Promise<TrainingResult> {
  const run = createProgress(parts, first);
  try {
    while (!run.isComplete) {
      const reason = (await trainEpoch(parts, run)) ?? (await closeEpoch(parts, run));
      if (reason === undefined) continue;
      await saveLast(parts, run);
      return { ending: { kind: 'stopped', reason }, state: run.state() };
    }
    return { ending: { kind: 'finished', message: run.message }, state: run.state() };
  } catch (error) {
    if (!(error instanceof NotFiniteError)) throw error;
    const { learningRate } = parts.bench.learner.optimizer;
    const place = { epoch: run.epoch + 1, step: run.step + 1, learningRate };
    return {
      ending: { kind: 'failed', message: adviceFor(error, place) },
      state: run.state(),
    };
  }
}

/** Where the run is, while it changes; `state` is what a checkpoint keeps of it. */
interface Progress {
  epoch: number;
  step: number;
  totalSteps: number;
  isComplete: boolean;
  /** Why training is complete before the last epoch. */
  message: string | undefined;
  savedMs: number;
  /** When the epoch under way began in this session. */
  epochBeganMs: number;
  readonly stepsPerEpoch: number;
  readonly tally: { current: Tally };
  readonly watch: BestEpochWatch;
  schedule: ScheduleState;
  readonly reporter: ReturnType<typeof createReporter>;
  /** What the schedule says of the next step. */
  rateFactor(): number;
  /** Whether a range test is at its end. */
  rangeIsLeft(): boolean;
  state(): RunState;
}

function createProgress(parts: TrainingParts, first: RunState): Progress {
  const { experiment, splits } = parts.bench;
  const watch = createWatch(experiment);
  watch.restore(first.watch);
  const tally = { current: createTallyFor(parts.bench) };
  if (first.tally.length > 0) tally.current.restore(first.tally);
  const stepsPerEpoch = Math.ceil(splits.train.length / experiment.training.batchSize);
  const { optimizer, training } = experiment;
  const frame = { epochs: training.epochs, stepsPerEpoch, learningRate: optimizer.learningRate };
  const run: Progress = {
    epoch: first.epoch,
    step: first.step,
    totalSteps: first.totalSteps,
    isComplete: first.isComplete || first.epoch >= experiment.training.epochs,
    message: undefined,
    savedMs: Date.now(),
    epochBeganMs: Date.now(),
    stepsPerEpoch,
    tally,
    watch,
    schedule: first.schedule,
    reporter: createReporter(parts, stepsPerEpoch),
    rangeIsLeft: () => rangeIsLeft(optimizer.schedule, run.schedule),
    rateFactor: () => scheduleFactor(optimizer.schedule, frame, run.totalSteps, run.schedule),
    state: () => ({
      epoch: run.epoch,
      step: run.step,
      totalSteps: run.totalSteps,
      isComplete: run.isComplete,
      watch: watch.state,
      schedule: run.schedule,
      tally: tally.current.state(),
    }),
  };
  return run;
}

/** Takes the steps that are left of an epoch. */
async function trainEpoch(parts: TrainingParts, run: Progress): Promise<StopReason | undefined> {
  const { experiment, splits } = parts.bench;
  const { batchSize } = experiment.training;
  const order = epochOrder(splits.train, experiment, run.epoch);
  run.epochBeganMs = Date.now();
  while (run.step < run.stepsPerEpoch && !run.rangeIsLeft()) {
    const reason = await parts.checkIn(() => saveLast(parts, run));
    if (reason !== undefined) return reason;
    await takeStep(parts, run, order.slice(run.step * batchSize, (run.step + 1) * batchSize));
    if (Date.now() - run.savedMs >= parts.checkpointIntervalMs) await saveLast(parts, run);
  }
  return undefined;
}

async function takeStep(
  { bench, times, profiler }: TrainingParts,
  run: Progress,
  samples: Uint32Array,
): Promise<void> {
  const began = performance.now();
  bench.learner.optimizer.factor = run.rateFactor();
  const batch = bench.readBatch({ samples, split: 'train', epoch: run.epoch, training: true });
  const { losses, penalty, outputs, moved } = await learn(bench, batch, profiler);
  const truth = { ...batch, ...moved };
  run.step++;
  run.totalSteps++;
  run.tally.current.add(losses, outputs, truth);
  const ofBatch = createTallyFor(bench);
  ofBatch.add(losses, outputs, truth);
  times.add(performance.now() - began, samples.length);
  const figures = ofBatch.figures();
  const { learningRate } = bench.learner.optimizer;
  run.schedule = observeStep(bench.experiment.optimizer.schedule, run.schedule, {
    loss: figures['loss']!,
    learningRate,
  });
  await run.reporter.step(run, isPenalized(bench) ? { ...figures, penalty } : figures);
}

async function learn({ learner }: Bench, batch: Batch, profiler?: Profiler): Promise<StepResult> {
  if (profiler?.isWatching !== true) {
    profiler?.next();
    return learner.train(batch);
  }
  const { result, times } = await learner.profile(batch);
  profiler.next(times);
  return result;
}

/** Validates, keeps what is best, and goes on to the next epoch. */
async function closeEpoch(parts: TrainingParts, run: Progress): Promise<StopReason | undefined> {
  const { bench, files } = parts;
  let reason: StopReason | undefined;
  const validation = await evaluateSplit(bench, 'validation', run.epoch, async () => {
    reason = await parts.checkIn(() => saveLast(parts, run));
    return reason !== undefined;
  });
  if (validation === undefined) return reason;
  const figures = { train: run.tally.current.figures(), validation: validation.figures() };
  run.epoch++;
  const { isBest, stops } = run.watch.observe(run.epoch, figures);
  run.schedule = observeEpoch(bench.experiment.optimizer.schedule, run.schedule, {
    'train/loss': figures.train['loss']!,
    'validation/loss': figures.validation['loss']!,
  });
  run.step = 0;
  run.tally.current = createTallyFor(bench);
  const { epochs, checkpointEvery } = bench.experiment.training;
  run.isComplete = stops || run.epoch >= epochs || run.rangeIsLeft();
  if (run.isComplete) run.message = rangeAdvice(run.schedule);
  if (stops && run.epoch < epochs) run.message = earlyStopMessage(bench, run);
  await reportEpoch(parts, run, figures);
  if (isBest) await files.save('best', await encodeCheckpoint(bench.learner, run.state()));
  if (checkpointEvery !== undefined && run.epoch % checkpointEvery === 0) {
    await files.save(`epoch-${run.epoch}`, await encodeCheckpoint(bench.learner, run.state()));
  }
  await saveLast(parts, run);
  return undefined;
}

function earlyStopMessage({ experiment }: Bench, { watch, epoch }: Progress): string {
  const { epochsWithoutImprovement, best } = watch.state;
  const kept = experiment.training.earlyStopping?.restoreBest === true ? 'is kept' : 'was best';
  return `Stopped after epoch ${epoch}: ${watch.monitor} had not improved for ${epochsWithoutImprovement} epochs. Epoch ${best?.epoch} ${kept}.`;
}

/** Writes the figures first and shows them then. */
async function reportEpoch(
  { bench, metrics, keeper, log, emit }: TrainingParts,
  run: Progress,
  figures: EpochFigures,
): Promise<void> {
  const { experiment, learner } = bench;
  const { epoch } = run;
  const { added } = await computeOnce(() => ({
    added: penaltyOf(experiment.regularization, learner.network),
  }));
  const weights = [...learner.network.weights].map(
    ([name, { variable }]) => [name, variable] as const,
  );
  metrics.epoch({
    epoch,
    ...figures,
    learningRate: learner.optimizer.learningRate,
    ...(isPenalized(bench) && { penalty: added[0]! }),
    weights: await readAll(weights),
  });
  await metrics.flush();
  const seconds = (Date.now() - run.epochBeganMs) / 1000;
  await keeper.save({
    progress: run.reporter.progressOf(run),
    latest: figures,
    best: run.watch.state.best,
  });
  log(`Epoch ${epoch}: ${JSON.stringify({ ...figures, seconds })}`);
  const physics = await learnedPhysics(learner.instrument);
  const hasLearned = Object.keys(physics).length > 0;
  emit({ event: 'epoch', epoch, seconds, ...figures, ...(hasLearned && { physics }) });
}

async function saveLast({ bench, files }: TrainingParts, run: Progress): Promise<void> {
  await files.save('last', await encodeCheckpoint(bench.learner, run.state()));
  run.savedMs = Date.now();
}
