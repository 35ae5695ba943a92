/** Points of a curve as they are drawn. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * A curve that grows, over which the smallest and largest value of any stretch are found in a few steps:
 * so a million points are drawn as two a pixel, and a spike of one sample is among them.
 */
export interface Pyramid {
  readonly length: number;
  xAt(index: number): number;
  yAt(index: number): number;
  /** Replaces what lies at index `from` and after it. `xs` rise. */
  replace(from: number, xs: ArrayLike<number>, ys: ArrayLike<number>): void;
  /**
   * What is to be drawn between two x in so many columns: of each column its smallest and its largest
   * value, in their order, and one point beyond each end, so that the line leaves the picture. Values
   * that are not finite are left out.
   */
  reduce(fromX: number, toX: number, columns: number): Points;
  /** The last index whose x is not beyond the given one; -1 when there is none. */
  indexAt(x: number): number;
}

/** Entries of a level that make one entry of the next. */
const fan = 16;

/** Of whole blocks of `fan` entries of the level below: the indices of the smallest and largest value. */
interface Level {
  smallest: Uint32Array;
  largest: Uint32Array;
  length: number;
}

const none = 0xffffffff;

export function createPyramid(): Pyramid {
  let xs = new Float64Array(256);
  let ys = new Float64Array(256);
  let length = 0;
  const levels: Level[] = [];

  function reserve(wanted: number): void {
    if (wanted <= xs.length) return;
    const capacity = Math.max(wanted, xs.length * 2);
    const grown = (old: Float64Array) => {
      const copy = new Float64Array(capacity);
      copy.set(old.subarray(0, length));
      return copy;
    };
    xs = grown(xs);
    ys = grown(ys);
  }

  /** Takes an index into the running extremes of a stretch. */
  function take(extremes: Extremes, index: number): void {
    if (index === none) return;
    const value = ys[index]!;
    if (!Number.isFinite(value)) return;
    if (extremes.smallest === none || value < ys[extremes.smallest]!) extremes.smallest = index;
    if (extremes.largest === none || value > ys[extremes.largest]!) extremes.largest = index;
  }

  function buildLevels(): void {
    let below = length;
    for (let depth = 0; below >= fan; depth++) {
      const wanted = Math.floor(below / fan);
      const level = (levels[depth] ??= emptyLevel());
      growLevel(level, wanted);
      for (let block = level.length; block < wanted; block++) {
        const extremes = { smallest: none, largest: none };
        for (let i = block * fan; i < (block + 1) * fan; i++) takeEntry(extremes, depth - 1, i);
        level.smallest[block] = extremes.smallest;
        level.largest[block] = extremes.largest;
      }
      level.length = wanted;
      below = wanted;
    }
  }

  function takeEntry(extremes: Extremes, depth: number, entry: number): void {
    const level = levels[depth];
    if (level === undefined) return take(extremes, entry);
    take(extremes, level.smallest[entry]!);
    take(extremes, level.largest[entry]!);
  }

  /** The extremes of the points from `begin` up to `end`, by the largest whole blocks there are. */
  function extremesOf(begin: number, end: number): Extremes {
    const extremes = { smallest: none, largest: none };
    let at = begin;
    while (at < end) {
      let depth = -1;
      let size = 1;
      while (at % (size * fan) === 0 && at + size * fan <= end && hasBlock(depth + 1, at, size)) {
        size *= fan;
        depth++;
      }
      takeEntry(extremes, depth, at / size);
      at += size;
    }
    return extremes;
  }
  function hasBlock(depth: number, at: number, size: number): boolean {
    return at / (size * fan) < (levels[depth]?.length ?? 0);
  }

  /** The first index whose x is not before (or, with `after`, is beyond) the given one. */
  function search(x: number, after: boolean): number {
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (xs[middle]! < x || (after && xs[middle] === x)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    get length() {
      return length;
    },
    xAt: (index) => xs[index] ?? NaN,
    yAt: (index) => ys[index] ?? NaN,
    indexAt: (x) => search(x, true) - 1,
    replace(from, newXs, newYs) {
      const begin = Math.min(from, length);
      reserve(begin + newXs.length);
      xs.set(newXs, begin);
      ys.set(newYs, begin);
      length = begin + newXs.length;
      let whole = begin;
      for (const level of levels) {
        whole = Math.floor(whole / fan);
        level.length = Math.min(level.length, whole);
      }
      buildLevels();
    },
    reduce(fromX, toX, columns) {
      const inside = { begin: search(fromX, false), end: search(toX, true) };
      const begin = Math.max(0, inside.begin - 1);
      const end = Math.min(length, inside.end + 1);
      const kept: number[] = [];
      const keep = (index: number) => {
        const isNew = index !== none && index !== kept.at(-1);
        if (isNew && Number.isFinite(ys[index]!)) kept.push(index);
      };
      if (end - begin <= columns * 2) {
        for (let i = begin; i < end; i++) keep(i);
      } else {
        // The points beyond belong to no column: they must not hide the extremes of what is seen.
        keep(begin);
        let at = inside.begin;
        for (let column = 1; column <= columns && at < inside.end; column++) {
          const edge = fromX + ((toX - fromX) * column) / columns;
          const last = column === columns;
          const next = last ? inside.end : Math.min(inside.end, Math.max(at, search(edge, false)));
          const { smallest, largest } = extremesOf(at, next);
          keep(Math.min(smallest, largest));
          keep(Math.max(smallest, largest));
          at = next;
        }
        keep(end - 1);
      }
      return {
        x: Float64Array.from(kept, (index) => xs[index]!),
        y: Float64Array.from(kept, (index) => ys[index]!),
      };
    },
  };
}

interface Extremes {
  smallest: number;
  largest: number;
}

function emptyLevel(): Level {
  return { smallest: new Uint32Array(16), largest: new Uint32Array(16), length: 0 };
}

function growLevel(level: Level, wanted: number): void {
  if (wanted <= level.smallest.length) return;
  const capacity = Math.max(wanted, level.smallest.length * 2);
  const grown = (old: Uint32Array) => {
    const copy = new Uint32Array(capacity);
    copy.set(old);
    return copy;
  };
  level.smallest = grown(level.smallest);
  level.largest = grown(level.largest);
}
