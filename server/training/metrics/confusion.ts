/** Counts by true class (row) and predicted class (column); weighted ones need not be whole. */
export interface Confusion {
  readonly classes: number;
  /** Row-major. */
  readonly cells: Float64Array;
}

/** What is counted of one class, or of one label among several. */
export interface ClassCounts {
  /** Truly of the class and predicted as such. */
  readonly right: number;
  /** Truly of the class. */
  readonly count: number;
  /** Predicted as the class. */
  readonly predicted: number;
}

export function countsOf({ classes, cells }: Confusion): readonly ClassCounts[] {
  return Array.from({ length: classes }, (_, k) => {
    let count = 0;
    let predicted = 0;
    for (let other = 0; other < classes; other++) {
      count += cells[k * classes + other]!;
      predicted += cells[other * classes + k]!;
    }
    return { right: cells[k * classes + k]!, count, predicted };
  });
}

/** Part on the diagonal. */
export function accuracyOf(confusion: Confusion): number {
  return ratio(rightOf(confusion), sum(confusion.cells));
}

/** Mean recall of the classes that occur. */
export function balancedAccuracyOf(confusion: Confusion): number {
  return mean(
    countsOf(confusion)
      .filter(({ count }) => count > 0)
      .map(recallOf),
  );
}

/** Agreement beyond chance; 0 where chance alone agrees always, because only one class occurs. */
export function kappaOf(confusion: Confusion): number {
  const total = sum(confusion.cells);
  const chance = countsOf(confusion).reduce(
    (agreed, { count, predicted }) => agreed + (count / total) * (predicted / total),
    0,
  );
  return ratio(rightOf(confusion) / total - chance, 1 - chance);
}

/** A class that was never predicted has precision 0, as in scikit-learn. */
export function precisionOf({ right, predicted }: ClassCounts): number {
  return ratio(right, predicted);
}

/** A class that never occurred has recall 0. */
export function recallOf({ right, count }: ClassCounts): number {
  return ratio(right, count);
}

export function f1Of({ right, count, predicted }: ClassCounts): number {
  return ratio(2 * right, count + predicted);
}

export function iouOf({ right, count, predicted }: ClassCounts): number {
  return ratio(right, count + predicted - right);
}

type ClassFigure = (counts: ClassCounts) => number;

/** Mean over the classes that occur in truth or prediction. */
export function macro(figureOf: ClassFigure, counts: readonly ClassCounts[]): number {
  return mean(counts.filter(occurs).map(figureOf));
}

/** Mean over the classes by their number of samples. */
export function weighted(figureOf: ClassFigure, counts: readonly ClassCounts[]): number {
  const total = counts.reduce((all, { count }) => all + count, 0);
  return ratio(
    counts.reduce((all, one) => all + one.count * figureOf(one), 0),
    total,
  );
}

function occurs({ count, predicted }: ClassCounts): boolean {
  return count + predicted > 0;
}

function rightOf({ classes, cells }: Confusion): number {
  let right = 0;
  for (let k = 0; k < classes; k++) right += cells[k * classes + k]!;
  return right;
}

function mean(values: readonly number[]): number {
  return ratio(sum(values), values.length);
}

function sum(values: Float64Array | readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
