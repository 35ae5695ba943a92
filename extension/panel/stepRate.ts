/** A gap so much longer than the usual one is a pause, not a step. */
const pauseFactor = 50;
const shortestPauseSeconds = 20;
const windowPoints = 500;

/** Tells how fast a run is from the times at which its steps were logged. */
export interface StepClock {
  /** Steps a second lately; undefined before the second step. */
  readonly rate: number | undefined;
  /** Takes the points of a series that begin at index `from`; those after it are replaced. */
  add(from: number, steps: ArrayLike<number>, times: ArrayLike<number>): void;
}

export function createStepClock(): StepClock {
  let recentSteps: number[] = [];
  let recentTimes: number[] = [];
  let count = 0;
  let rate: number | undefined;
  return {
    get rate() {
      return rate;
    },
    add(from, steps, times) {
      const kept = Math.max(0, recentSteps.length - (count - from));
      count = from + steps.length;
      recentSteps = [...recentSteps.slice(0, kept), ...tail(steps)].slice(-windowPoints);
      recentTimes = [...recentTimes.slice(0, kept), ...tail(times)].slice(-windowPoints);
      rate = stepRate(recentSteps, recentTimes);
    },
  };
}

function tail(values: ArrayLike<number>): readonly number[] {
  const begin = Math.max(0, values.length - windowPoints);
  return Array.from({ length: values.length - begin }, (_, i) => values[begin + i]!);
}

/** Steps a second; pauses do not count. Undefined for fewer than two points. */
export function stepRate(steps: readonly number[], times: readonly number[]): number | undefined {
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  if (gaps.length === 0) return undefined;
  const usual = [...gaps].sort((a, b) => a - b)[gaps.length >> 1]!;
  const longest = Math.max(shortestPauseSeconds, pauseFactor * usual);
  let seconds = 0;
  let done = 0;
  for (const [i, gap] of gaps.entries()) {
    if (gap > longest) continue;
    seconds += gap;
    done += steps[i + 1]! - steps[i]!;
  }
  return seconds > 0 && done > 0 ? Number((done / seconds).toPrecision(4)) : undefined;
}
