// Tallies of made-up samples, whose outputs are given row by row.
import type { MetricKind } from '#common/catalogue/metrics';
import type { Task } from '#common/catalogue/tasks';
import { draws, streamKey } from '#common/rng';
import {
  createTally,
  type Tally,
  type TallyOptions,
} from '../../../server/training/metrics/metrics';

export function tallyOf(
  task: Task,
  metrics: readonly MetricKind[],
  more: Partial<TallyOptions> = {},
): Tally {
  return createTally({ task, metrics, classNames: ['a', 'b', 'c'], shape: [], seed: 1, ...more });
}

/** Adds samples of a class each, with their logits. */
export function addClasses(
  tally: Tally,
  samples: readonly (readonly [label: number, logits: readonly number[]])[],
  losses: readonly number[] = samples.map(() => 0),
): void {
  tally.add(
    [{ values: Float32Array.from(losses) }],
    Float32Array.from(samples.flatMap(([, logits]) => logits)),
    { labels: Int32Array.from(samples, ([label]) => label) },
  );
}

/** Adds samples whose targets are numbers. */
export function addTargets(
  tally: Tally,
  samples: readonly (readonly [target: readonly number[], outputs: readonly number[]])[],
): void {
  tally.add(
    [{ values: new Float32Array(samples.length) }],
    Float32Array.from(samples.flatMap(([, outputs]) => outputs)),
    {
      labels: new Int32Array(samples.length),
      target: Float32Array.from(samples.flatMap(([target]) => target)),
    },
  );
}

/** Random samples of a class each; coarse logits tie often. */
export function randomClasses(
  seed: number,
  count: number,
  classes: number,
  isCoarse = false,
): (readonly [number, number[]])[] {
  const { below, normal } = draws(streamKey(seed, 'synthetic'));
  return Array.from({ length: count }, () => {
    const label = below(classes);
    const logits = Array.from({ length: classes }, (_, k) => {
      const z = normal() + (k === label ? 1 : 0);
      return Math.fround(isCoarse ? Math.round(z) : z);
    });
    return [label, logits] as const;
  });
}
