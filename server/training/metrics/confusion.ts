import type { SplitResults } from '#common/run/events';

/** Counts of samples by true class (row) and predicted class (column). */
export interface Confusion {
  readonly classes: number;
  /** Row-major. */
  readonly cells: Float64Array;
}

/** Part of the samples on the diagonal. */
export function accuracyOf(confusion: Confusion): number {
  let right = 0;
  for (let k = 0; k < confusion.classes; k++) right += cell(confusion, k, k);
  return right / confusion.cells.reduce((sum, count) => sum + count, 0);
}

/**
 * Precision, recall and F1 of each class. A class that was never predicted (or never true) has
 * precision (recall) 0, as in scikit-learn.
 */
export function perClassFigures(
  confusion: Confusion,
  names: readonly string[],
): NonNullable<SplitResults['perClass']> {
  return names.map((name, k) => {
    const right = cell(confusion, k, k);
    let count = 0;
    let predicted = 0;
    for (let other = 0; other < confusion.classes; other++) {
      count += cell(confusion, k, other);
      predicted += cell(confusion, other, k);
    }
    return {
      name,
      count,
      precision: ratio(right, predicted),
      recall: ratio(right, count),
      f1: ratio(2 * right, count + predicted),
    };
  });
}

function cell({ classes, cells }: Confusion, truth: number, predicted: number): number {
  return cells[truth * classes + predicted] ?? 0;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
