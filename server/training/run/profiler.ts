import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { KernelShare, RunEvent } from '#common/run/events';
import { runFiles } from '#common/run/record';
import { diskError } from '#runs/disk';
import type { KernelTime } from '../engine/program';

/** Watches some steps kernel by kernel. */
export interface Profiler {
  /** Whether the next step is one of those that are watched. */
  readonly isWatching: boolean;
  /** Goes on to the next step; `times` are those of a step that was watched. */
  next(times?: readonly KernelTime[]): void;
  /** Writes the trace and sums up; undefined if no step was watched. */
  finish(): Promise<Extract<RunEvent, { event: 'profile' }> | undefined>;
}

/** The first steps find caches cold and programs unrecorded. */
const firstWatched = 3;
const mostWatched = 20;

export function createProfiler(folder: string): Profiler {
  const watched: (readonly KernelTime[])[] = [];
  let steps = 0;
  return {
    get isWatching() {
      return steps >= firstWatched && watched.length < mostWatched;
    },
    next(times) {
      steps++;
      if (times) watched.push(times);
    },
    async finish() {
      if (watched.length === 0) return undefined;
      const file = path.join(folder, runFiles.profile);
      await writeFile(file, JSON.stringify(traceOf(watched.flat()))).catch((error: unknown) => {
        throw diskError(error, `Could not write ${file}`);
      });
      return { event: 'profile', steps: watched.length, file, kernels: sharesOf(watched) };
    },
  };
}

/** What each kernel takes of a step, the largest first. */
export function sharesOf(steps: readonly (readonly KernelTime[])[]): readonly KernelShare[] {
  const sums = new Map<string, { calls: number; milliseconds: number }>();
  for (const { name, durationMs } of steps.flat()) {
    const sum = sums.get(name) ?? { calls: 0, milliseconds: 0 };
    sums.set(name, { calls: sum.calls + 1, milliseconds: sum.milliseconds + durationMs });
  }
  const total = [...sums.values()].reduce((all, { milliseconds }) => all + milliseconds, 0);
  const shares = [...sums].map(([name, { calls, milliseconds }]) => ({
    name,
    calls: calls / steps.length,
    milliseconds: milliseconds / steps.length,
    share: total > 0 ? milliseconds / total : 0,
  }));
  return shares.sort((a, b) => b.milliseconds - a.milliseconds);
}

/** The Trace Event Format, which chrome://tracing and Perfetto open; times are in microseconds. */
export function traceOf(times: readonly KernelTime[]): object {
  const origin = times[0]?.startMs ?? 0;
  const traceEvents = times.map(({ name, startMs, durationMs }) => ({
    ...{ name, cat: 'kernel', ph: 'X', pid: 1, tid: 1 },
    ts: 1000 * (startMs - origin),
    dur: 1000 * durationMs,
  }));
  return { traceEvents, displayTimeUnit: 'ms' };
}
