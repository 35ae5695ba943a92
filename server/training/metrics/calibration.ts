import type { CalibrationBin } from '#common/run/events';

/** Equal bins of the confidence, each closed at its upper end. */
const binCount = 15;

/** Numbers that the bins take in a row of sums: count, confidence and right predictions of each. */
export const calibrationLength = 3 * binCount;

/** Adds one prediction to the bins that begin at `start`. */
export function addToBins(
  sums: Float64Array,
  start: number,
  confidence: number,
  isRight: number,
  weight: number,
): void {
  const bin = Math.min(binCount - 1, Math.max(0, Math.ceil(confidence * binCount) - 1));
  sums[start + bin]! += weight;
  sums[start + binCount + bin]! += weight * confidence;
  sums[start + 2 * binCount + bin]! += weight * isRight;
}

export function calibrationError(bins: Float64Array): number {
  let distance = 0;
  let count = 0;
  for (let bin = 0; bin < binCount; bin++) {
    count += bins[bin]!;
    distance += Math.abs(bins[2 * binCount + bin]! - bins[binCount + bin]!);
  }
  return distance / count;
}

export function calibrationBins(bins: Float64Array): readonly CalibrationBin[] {
  return Array.from({ length: binCount }, (_, bin) => {
    const count = bins[bin]!;
    if (count === 0) return { count };
    const confidence = bins[binCount + bin]! / count;
    return { count, confidence, accuracy: bins[2 * binCount + bin]! / count };
  });
}
