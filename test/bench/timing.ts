/** Steps before the clock runs: caches, memory and compilers settle. */
const warmUpSteps = 3;
/** A slow step is measured more than once all the same. */
const fewestSteps = 3;

/** Milliseconds of each step that fits into some seconds. */
export async function timeSteps(step: () => Promise<unknown>, seconds: number): Promise<number[]> {
  for (let i = 0; i < warmUpSteps; i++) await step();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length < fewestSteps || performance.now() < end) {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  }
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}
