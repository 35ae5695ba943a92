/** Running figures of one channel, in double precision. */
export interface ChannelFigures {
  count: number;
  mean: number;
  /** Sum of squared distances from the mean. */
  squares: number;
  smallest: number;
  largest: number;
}

export function emptyFigures(): ChannelFigures {
  return { count: 0, mean: 0, squares: 0, smallest: Infinity, largest: -Infinity };
}

/** Takes in every `stride`-th value from `start` on. */
export function addValues(
  figures: ChannelFigures,
  values: Float32Array,
  start: number,
  stride: number,
): void {
  // Welford's update: exact where a sum of squares would cancel.
  for (let i = start; i < values.length; i += stride) {
    const value = values[i]!;
    figures.count++;
    const distance = value - figures.mean;
    figures.mean += distance / figures.count;
    figures.squares += distance * (value - figures.mean);
    if (value < figures.smallest) figures.smallest = value;
    if (value > figures.largest) figures.largest = value;
  }
}

/** Standard deviation over all values (divided by their number, as NumPy does). */
export function deviationOf({ squares, count }: ChannelFigures): number {
  return Math.sqrt(squares / count);
}
