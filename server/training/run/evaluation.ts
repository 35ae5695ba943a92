import { isReconstruction } from '#common/experiment/checkOutput';
import type { Split } from '#common/run/series';
import { createTally, type Tally } from '../metrics/metrics';
import { evaluationBatchSize, portions } from './batches';
import type { Bench } from './bench';

/** The figures of an experiment; a reconstruction has no classes to count. */
export function createTallyFor({ experiment, trace, dataset }: Bench): Tally {
  const hasClasses = !isReconstruction(experiment, trace);
  return createTally(experiment.metrics, hasClasses ? dataset.facts.classNames : undefined);
}

/**
 * Measures the learner on a whole split. Noise is drawn for `epoch`, so the same weights give the same
 * figures again. Undefined when `isCancelled` says so between two batches.
 */
export async function evaluateSplit(
  bench: Bench,
  split: Split,
  epoch: number,
  isCancelled: () => boolean | Promise<boolean> = () => false,
): Promise<Tally | undefined> {
  const tally = createTallyFor(bench);
  const { experiment, learner, splits, readBatch } = bench;
  for (const samples of portions(splits[split], evaluationBatchSize(experiment))) {
    if (await isCancelled()) return undefined;
    const batch = readBatch({ samples, split, epoch, training: false });
    const { perSampleLoss, outputs } = await learner.evaluate(batch);
    tally.add(perSampleLoss, outputs, batch.labels);
    await nextTurn();
  }
  return tally;
}

/** Lets requests, timers and finished writes have their turn between two computations. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
