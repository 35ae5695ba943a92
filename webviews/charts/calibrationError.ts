import type { CalibrationBin } from '#common/run/events';

/** Expected calibration error: the gap of the bins, each counted as often as it is claimed. */
export function calibrationErrorOf(bins: readonly CalibrationBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const gaps = bins.map(
    ({ count, confidence = 0, accuracy = 0 }) => count * Math.abs(accuracy - confidence),
  );
  return gaps.reduce((sum, gap) => sum + gap, 0) / total;
}
