/** Samples in the order of how much they look like a class, the likeliest first. */
export interface Ranking {
  /** Rising places where samples of one score end; within them the order means nothing. */
  readonly ends: Uint32Array;
  readonly order: Uint32Array;
  /** Whether each sample, by its number, is of the class. */
  readonly isPositive: Uint8Array;
}

export function rank(scores: Float64Array, isPositive: Uint8Array): Ranking {
  const order = Uint32Array.from(scores, (_, sample) => sample).sort(
    (a, b) => scores[b]! - scores[a]! || a - b,
  );
  const ends: number[] = [];
  for (let i = 1; i <= order.length; i++) {
    const isEnd = i === order.length || scores[order[i]!] !== scores[order[i - 1]!];
    if (isEnd) ends.push(i);
  }
  return { ends: Uint32Array.from(ends), order, isPositive };
}

/** Weights of positives and negatives at and above each threshold, from the highest down. */
interface Steps {
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
}

function stepsOf({ ends, order, isPositive }: Ranking, weights?: Float64Array): Steps {
  const truePositives = new Float64Array(ends.length);
  const falsePositives = new Float64Array(ends.length);
  let positives = 0;
  let negatives = 0;
  let from = 0;
  for (const [step, end] of ends.entries()) {
    for (; from < end; from++) {
      const sample = order[from]!;
      const weight = weights === undefined ? 1 : weights[sample]!;
      if (isPositive[sample] === 1) positives += weight;
      else negatives += weight;
    }
    truePositives[step] = positives;
    falsePositives[step] = negatives;
  }
  return { truePositives, falsePositives };
}

/** Trapezoid rule, which counts a tie as half; undefined unless there are both kinds of samples. */
export function areaUnderRoc(ranking: Ranking, weights?: Float64Array): number | undefined {
  const { truePositives, falsePositives } = stepsOf(ranking, weights);
  const positives = truePositives.at(-1) ?? 0;
  const negatives = falsePositives.at(-1) ?? 0;
  if (positives === 0 || negatives === 0) return undefined;
  let area = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const width = falsePositives[i]! - (falsePositives[i - 1] ?? 0);
    area += (width * (truePositives[i]! + (truePositives[i - 1] ?? 0))) / 2;
  }
  return area / (positives * negatives);
}

/** Sum of precision over the steps of recall; undefined unless the class occurs. */
export function averagePrecision(ranking: Ranking, weights?: Float64Array): number | undefined {
  const { truePositives, falsePositives } = stepsOf(ranking, weights);
  const positives = truePositives.at(-1) ?? 0;
  if (positives === 0) return undefined;
  let area = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const found = truePositives[i]!;
    if (found === 0) continue;
    area += ((found - (truePositives[i - 1] ?? 0)) * found) / (found + falsePositives[i]!);
  }
  return area / positives;
}

/** Points of a curve from the strictest threshold to the loosest. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** False-positive rate across, true-positive rate up, from (0, 0). */
export function rocCurve(ranking: Ranking): Curve {
  const { truePositives, falsePositives } = stepsOf(ranking);
  const positives = truePositives.at(-1) ?? 0;
  const negatives = falsePositives.at(-1) ?? 0;
  return {
    x: [0, ...Array.from(falsePositives, (found) => found / negatives)],
    y: [0, ...Array.from(truePositives, (found) => found / positives)],
  };
}

/** Recall across, precision up. */
export function precisionRecallCurve(ranking: Ranking): Curve {
  const { truePositives, falsePositives } = stepsOf(ranking);
  const positives = truePositives.at(-1) ?? 0;
  return {
    x: Array.from(truePositives, (found) => found / positives),
    y: Array.from(truePositives, (found, step) => found / (found + falsePositives[step]!)),
  };
}
