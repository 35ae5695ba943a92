import type { Figures, RunRecord } from '#common/run/record';
import { learnedPhysics } from './learner';
import type { TrainingParts } from './training';

/** Where a run is, as it is shown: after the last step of an epoch `step` is 0 and `epoch` one more. */
interface Place {
  readonly epoch: number;
  readonly step: number;
  readonly totalSteps: number;
}

/** Logs steps and passes them on, no more often than anybody can look. */
export function createReporter(
  { bench, metrics, keeper, emit, reportIntervalMs }: TrainingParts,
  stepsPerEpoch: number,
) {
  const { epochs } = bench.experiment.training;
  const isScheduled = bench.experiment.optimizer.schedule !== undefined;
  let flushedMs = 0;

  function progressOf({ epoch, step }: Place): RunRecord['progress'] {
    return { epoch, epochs, step, stepsPerEpoch };
  }
  return {
    progressOf,
    async step(place: Place, batch: Figures): Promise<void> {
      const physics = await learnedPhysics(bench.learner.instrument);
      const { learningRate } = bench.learner.optimizer;
      const shown = isScheduled ? { ...batch, learning_rate: learningRate } : batch;
      metrics.step({ step: place.totalSteps, batch: shown, physics });
      if (Date.now() - flushedMs < reportIntervalMs && place.step < stepsPerEpoch) return;
      flushedMs = Date.now();
      metrics.flushSoon();
      keeper.note({ progress: progressOf(place) });
      const { epoch, step } = place;
      const { loss = NaN } = batch;
      emit({ event: 'progress', epoch: epoch + 1, epochs, step, stepsPerEpoch, loss });
    },
  };
}
