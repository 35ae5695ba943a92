import type { Figures } from '#common/run/record';

/** A part of the loss of each sample of a batch: a term of a mixture, or all of it. */
export interface PartLosses {
  /** Their mean is what the part adds to the loss of the batch; weights of samples are in them. */
  readonly values: Float32Array;
  /** How much each sample counts in that mean; absent where all count the same. */
  readonly weights?: Float32Array;
}

/** What is known of a part before its first value. */
export interface LossPartFacts {
  /** The name of its figure; absent where the loss has this one part only. */
  readonly figure: string | undefined;
  readonly isWeighted: boolean;
}

/** One unweighted part. */
export const plainLoss: readonly LossPartFacts[] = [{ figure: undefined, isWeighted: false }];

/**
 * How a loss is counted: numbers of each sample, and sums of them from which the loss of all samples
 * follows. It is the total of the weighted losses over the total of the weights, and so the same however
 * the samples were put into batches.
 */
export interface LossCounter {
  /** Numbers of a sample, and of the sums of them. */
  readonly length: number;
  /** What `describe` takes for the samples of a batch. */
  summandsOf(parts: readonly PartLosses[]): readonly Summands[];
  describe(row: Float64Array, start: number, summands: readonly Summands[], sample: number): void;
  /** `{ loss }` of so many samples, and the terms of a mixture; NaN of none. */
  figuresOf(sums: ArrayLike<number>, count: number): Figures & { readonly loss: number };
}

/** What the samples of a batch add to the two totals of a part. */
interface Summands {
  readonly losses: ArrayLike<number>;
  readonly weights?: Float32Array;
}

export function createLossCounter(facts: readonly LossPartFacts[]): LossCounter {
  const lengths = facts.map(({ isWeighted }) => (isWeighted ? 2 : 1));
  return {
    length: lengths.reduce((sum, length) => sum + length, 0),
    summandsOf: (parts) => parts.map(summandsOf),
    describe(row, start, summands, sample) {
      let at = start;
      for (const { losses, weights } of summands) {
        row[at++] = losses[sample]!;
        if (weights !== undefined) row[at++] = weights[sample]!;
      }
    },
    figuresOf(sums, count) {
      const terms: Record<string, number> = {};
      let loss = 0;
      let at = 0;
      for (const { figure, isWeighted } of facts) {
        const total = sums[at++]!;
        const value = meanOf(total, isWeighted ? sums[at++]! : count, count);
        loss += value;
        if (figure !== undefined) terms[figure] = value;
      }
      return { loss, ...terms };
    },
  };
}

/** Where no sample has any weight, nothing is lost, as in a batch. */
function meanOf(total: number, weight: number, count: number): number {
  return weight === 0 && count > 0 ? 0 : total / weight;
}

/** The losses of a batch have been scaled for their mean: times the mean weight they are ℓ w again. */
function summandsOf({ values, weights }: PartLosses): Summands {
  if (weights === undefined) return { losses: values };
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return { losses: Float64Array.from(values, (value) => value * mean), weights };
}
