import type { Histogram, LogEvent } from '#common/events/index';
import { splits, type Series, type Split } from '#common/run/series';

/** One histogram of a weight over time. */
export interface HistogramPoint {
  readonly step: number;
  readonly wallTimeSeconds: number;
  readonly histogram: Histogram;
}

/** New points of one series: whatever it held at index `from` and after it is replaced by these. */
export interface SeriesChange extends Series {
  readonly from: number;
}

/** What was added; columns are copies of their own size, ready to cross a boundary. */
export interface ColumnChanges {
  readonly series: readonly SeriesChange[];
  /** Histograms with new points. */
  readonly histograms: readonly { readonly split: Split; readonly tag: string }[];
}

/** All series and histograms of a run, fed with the events of its logs in their order. */
export interface Columns {
  add(split: Split, event: LogEvent): void;
  series(): readonly Series[];
  histograms(split: Split, tag: string): readonly HistogramPoint[];
  histogramTags(): readonly { readonly split: Split; readonly tag: string }[];
  /** What has changed since the last call. */
  takeChanges(): ColumnChanges;
  clear(): void;
}

export function createColumns(): Columns {
  const series = bySplit<GrowingSeries>();
  const histograms = bySplit<GrowingHistograms>();

  return {
    add(split, event) {
      switch (event.kind) {
        case 'scalar':
          entryOf(series, split, event.tag, createGrowingSeries).add(event);
          break;
        case 'histogram':
          entryOf(histograms, split, event.tag, createGrowingHistograms).add(event);
          break;
        case 'start':
          for (const item of series[split].values()) item.purge(event.step);
          for (const item of histograms[split].values()) item.purge(event.step);
          break;
        case 'version':
          break;
        default:
          event satisfies never;
      }
    },
    series: () => allOf(series).map((item) => item.from(0)),
    histograms: (split, tag) => histograms[split].get(tag)?.points ?? [],
    histogramTags: () => allOf(histograms).map(({ split, tag }) => ({ split, tag })),
    takeChanges() {
      const changed = allOf(histograms).filter((item) => item.takeChanged());
      return {
        series: allOf(series).flatMap((item) => item.takeChange() ?? []),
        histograms: changed.map(({ split, tag }) => ({ split, tag })),
      };
    },
    clear() {
      for (const split of splits) {
        series[split].clear();
        histograms[split].clear();
      }
    },
  };
}

/** By split, then by tag: no key is put together for each of a million points. */
type BySplit<T> = Readonly<Record<Split, Map<string, T>>>;

function bySplit<T>(): BySplit<T> {
  return { train: new Map(), validation: new Map(), test: new Map() };
}

function allOf<T>(map: BySplit<T>): T[] {
  return splits.flatMap((split) => [...map[split].values()]);
}

function entryOf<T>(
  map: BySplit<T>,
  split: Split,
  tag: string,
  create: (split: Split, tag: string) => T,
): T {
  let entry = map[split].get(tag);
  if (entry === undefined) map[split].set(tag, (entry = create(split, tag)));
  return entry;
}

type GrowingSeries = ReturnType<typeof createGrowingSeries>;

function createGrowingSeries(split: Split, tag: string) {
  let steps = new Uint32Array(64);
  let values = new Float64Array(64);
  let times = new Float64Array(64);
  let length = 0;
  /** First point that `takeChange` has not given yet. */
  let given = 0;
  let isChanged = false;

  function grow(): void {
    const copy = <T extends Uint32Array | Float64Array>(target: T, source: T): T => {
      target.set(source);
      return target;
    };
    steps = copy(new Uint32Array(length * 2), steps);
    values = copy(new Float64Array(length * 2), values);
    times = copy(new Float64Array(length * 2), times);
  }
  /** Drops the points at `step` and after it. */
  function purge(step: number): void {
    const before = length;
    while (length > 0 && steps[length - 1]! >= step) length--;
    if (length < before) isChanged = true;
    given = Math.min(given, length);
  }
  function from(begin: number): Series {
    return {
      split,
      tag,
      steps: steps.slice(begin, length),
      values: values.slice(begin, length),
      times: times.slice(begin, length),
    };
  }
  return {
    purge,
    from,
    add(point: { step: number; value: number; wallTimeSeconds: number }): void {
      // A session without START, or one that repeats an epoch that was logged after its checkpoint.
      if (length > 0 && point.step <= steps[length - 1]!) purge(point.step);
      if (length === steps.length) grow();
      steps[length] = point.step;
      values[length] = point.value;
      times[length] = point.wallTimeSeconds;
      length++;
      isChanged = true;
    },
    takeChange(): SeriesChange | undefined {
      if (!isChanged) return undefined;
      const change = { ...from(given), from: given };
      given = length;
      isChanged = false;
      return change;
    },
  };
}

type GrowingHistograms = ReturnType<typeof createGrowingHistograms>;

function createGrowingHistograms(split: Split, tag: string) {
  const points: HistogramPoint[] = [];
  let isChanged = false;

  function purge(step: number): void {
    while (points.length > 0 && points[points.length - 1]!.step >= step) {
      points.pop();
      isChanged = true;
    }
  }
  return {
    split,
    tag,
    points: points as readonly HistogramPoint[],
    purge,
    add({ step, wallTimeSeconds, histogram }: HistogramPoint): void {
      purge(step);
      points.push({ step, wallTimeSeconds, histogram });
      isChanged = true;
    },
    takeChanged(): boolean {
      const was = isChanged;
      isChanged = false;
      return was;
    },
  };
}
