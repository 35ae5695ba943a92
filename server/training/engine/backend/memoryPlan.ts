/** A piece of memory that a list of steps uses from one of its steps to another. */
export interface Lifetime {
  readonly sizeBytes: number;
  /** The first step that uses it, and the last one. */
  readonly first: number;
  readonly last: number;
}

export interface MemoryPlan {
  /** Where each piece begins, in the order given. */
  readonly offsets: readonly number[];
  /** What all of them need together. */
  readonly peakBytes: number;
}

/**
 * Gives every piece a place such that no two overlap while both are in use. The largest go first, each
 * to the lowest gap that it fits into (greedy by size: Pisarchyk and Lee, Efficient memory management
 * for deep neural net inference, 2020).
 */
export function planMemory(pieces: readonly Lifetime[]): MemoryPlan {
  const offsets = new Array<number>(pieces.length).fill(0);
  const order = pieces.map((_, i) => i);
  order.sort((a, b) => pieces[b]!.sizeBytes - pieces[a]!.sizeBytes || a - b);
  /** Places taken so far, in the order of their beginnings. */
  const placed: { readonly piece: Lifetime; readonly start: number; readonly end: number }[] = [];
  let peakBytes = 0;
  for (const idx of order) {
    const piece = pieces[idx]!;
    let start = 0;
    for (const taken of placed) {
      if (taken.piece.last < piece.first || piece.last < taken.piece.first) continue;
      if (start + piece.sizeBytes <= taken.start) break;
      start = Math.max(start, taken.end);
    }
    const end = start + piece.sizeBytes;
    const at = placed.findIndex((taken) => taken.start > start);
    placed.splice(at < 0 ? placed.length : at, 0, { piece, start, end });
    offsets[idx] = start;
    peakBytes = Math.max(peakBytes, end);
  }
  return { offsets, peakBytes };
}
