/** Durations of the training steps of one session. */
export interface StepTimes {
  add(milliseconds: number, samples: number): void;
  summary(): StepSummary;
}

export interface StepSummary {
  readonly stepMilliseconds: { readonly median: number; readonly p95: number };
  readonly samplesPerSecond: number;
}

/** The last steps tell enough, and a long run does not fill the memory. */
const keptSteps = 100_000;

export function createStepTimes(): StepTimes {
  const times = new Float64Array(keptSteps);
  let count = 0;
  let totalMs = 0;
  let totalSamples = 0;
  return {
    add(milliseconds, samples) {
      times[count++ % keptSteps] = milliseconds;
      totalMs += milliseconds;
      totalSamples += samples;
    },
    summary() {
      const sorted = times.slice(0, Math.min(count, keptSteps)).sort();
      return {
        stepMilliseconds: { median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) },
        samplesPerSecond: totalMs > 0 ? (totalSamples / totalMs) * 1000 : 0,
      };
    },
  };
}

/** Linear between the two nearest values, as NumPy does; 0 without any value. */
export function quantile(sorted: Float64Array, part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  return below + (above - below) * (place - Math.floor(place));
}
