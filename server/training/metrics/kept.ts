/** What is kept of samples, one row each. */
export interface Rows {
  readonly width: number;
  readonly count: number;
  /** Row-major; `count` rows of it count. */
  readonly values: Float64Array;
}

/** Keeps rows up to a bound; beyond it every second one of those so far and to come is let go. */
export interface RowKeeper {
  readonly rows: Rows;
  add(row: Float64Array): void;
  state(): readonly number[];
  restore(state: readonly number[]): void;
}

/** How many numbers the state of a keeper has that begins like this one. */
export function lengthOfKept([seen = 0, stride = 1]: readonly number[], width: number): number {
  return 2 + Math.ceil(seen / stride) * width;
}

/** 16 MiB: a hundred thousand samples of ten classes with all their logits. */
const defaultMostValues = 2 ** 21;

export function keepRows(width: number, mostValues = defaultMostValues): RowKeeper {
  let values = new Float64Array(0);
  let seen = 0;
  let stride = 1;
  const count = () => Math.ceil(seen / stride);

  function thin(): void {
    const kept = count();
    for (let from = 0; from < kept; from += 2) {
      values.copyWithin((from / 2) * width, from * width, (from + 1) * width);
    }
    stride *= 2;
  }
  function makeRoom(): void {
    const needed = (count() + 1) * width;
    if (needed <= values.length) return;
    const larger = new Float64Array(Math.max(needed, Math.min(mostValues, 2 * values.length)));
    larger.set(values);
    values = larger;
  }
  return {
    get rows() {
      return { width, count: count(), values };
    },
    add(row) {
      if (seen % stride === 0) {
        if (count() > 1 && (count() + 1) * width > mostValues) thin();
      }
      if (seen % stride === 0) {
        makeRoom();
        values.set(row, count() * width);
      }
      seen++;
    },
    state: () => [seen, stride, ...values.subarray(0, count() * width)],
    restore([restoredSeen = 0, restoredStride = 1, ...restored]) {
      seen = restoredSeen;
      stride = restoredStride;
      values = Float64Array.from(restored);
    },
  };
}
