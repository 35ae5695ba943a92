import type { RunRecord } from './record';

type Progress = RunRecord['progress'];

/** How much of a run is done, from 0 to 1. */
export function doneFraction({ epoch, epochs, step, stepsPerEpoch }: Progress): number {
  if (epochs === 0) return 0;
  const ofEpoch = stepsPerEpoch === 0 ? 0 : step / stepsPerEpoch;
  return Math.min(1, (epoch + ofEpoch) / epochs);
}

/** The epoch under way, counted from 1; the last one when all are done. */
export function epochUnderWay({ epoch, epochs, step }: Progress): number {
  return Math.min(epochs, step > 0 || epoch === 0 ? epoch + 1 : epoch);
}

/** Steps that are left until the last epoch is done. */
export function stepsLeft({ epoch, epochs, step, stepsPerEpoch }: Progress): number {
  return Math.max(0, epochs * stepsPerEpoch - (epoch * stepsPerEpoch + step));
}

/** The progress after so many training steps: the curves are often ahead of the record. */
export function progressAfter(progress: Progress, totalSteps: number): Progress {
  const { epoch, step, stepsPerEpoch } = progress;
  if (stepsPerEpoch === 0 || totalSteps <= epoch * stepsPerEpoch + step) return progress;
  return {
    ...progress,
    epoch: Math.floor(totalSteps / stepsPerEpoch),
    step: totalSteps % stepsPerEpoch,
  };
}
