import { taskOf } from '#common/experiment/task';
import type { SplitResults } from '#common/run/events';
import type { Split } from '#common/run/series';
import { lossParts } from '../loss/loss';
import { createTally, type Tally } from '../metrics/metrics';
import { repeated, type Baseline } from './baseline';
import { evaluationBatchSize, portions, type Batch } from './batches';
import type { Bench } from './bench';

/** The figures of an experiment; with the single samples kept, intervals and curves too. */
export function createTallyFor(bench: Bench, keepsSamples = false): Tally {
  const { experiment, trace, dataset } = bench;
  const { facts } = dataset;
  return createTally({
    task: taskOf(experiment, facts, trace),
    metrics: experiment.metrics,
    classNames: facts.classNames,
    shape: facts.targetShape ?? facts.shape,
    seed: experiment.seed,
    lossParts: lossParts(experiment.loss),
    keepsSamples,
  });
}

/**
 * Measures the learner on a whole split with all that results show: intervals, curves, and what the best
 * constant answer gives on the same samples.
 */
export async function measureSplit(
  bench: Bench,
  split: Split,
  epoch: number,
  baseline: Baseline,
  isCancelled?: () => boolean | Promise<boolean>,
): Promise<SplitResults | undefined> {
  const ofBaseline = createTallyFor(bench);
  const tally = createTallyFor(bench, true);
  const isComplete = await eachBatch({ bench, split, epoch, isCancelled }, async (batch) => {
    const { losses, outputs } = await bench.learner.evaluate(batch);
    tally.add(losses, outputs, batch);
    const constant = repeated(baseline, batch.shape[0]);
    ofBaseline.add(await bench.learner.lossOf(constant, batch), constant, batch);
  });
  if (!isComplete) return undefined;
  const { loss, terms, metrics } = ofBaseline.results(split);
  const guessed = { name: baseline.name, loss, ...(terms && { terms }), metrics };
  return { ...tally.results(split), baseline: guessed };
}

/**
 * Measures the learner on a whole split. Noise is drawn for `epoch`, so the same weights give the same
 * figures again. Undefined when `isCancelled` says so between two batches.
 */
export async function evaluateSplit(
  bench: Bench,
  split: Split,
  epoch: number,
  isCancelled?: () => boolean | Promise<boolean>,
): Promise<Tally | undefined> {
  const tally = createTallyFor(bench);
  const isComplete = await eachBatch({ bench, split, epoch, isCancelled }, async (batch) => {
    const { losses, outputs } = await bench.learner.evaluate(batch);
    tally.add(losses, outputs, batch);
  });
  return isComplete ? tally : undefined;
}

interface Pass {
  readonly bench: Bench;
  readonly split: Split;
  readonly epoch: number;
  readonly isCancelled: (() => boolean | Promise<boolean>) | undefined;
}

/** Goes through a split without augmentation. False when it was cancelled between two batches. */
async function eachBatch(pass: Pass, take: (batch: Batch) => Promise<void>): Promise<boolean> {
  const { bench, split, epoch, isCancelled } = pass;
  const { experiment, splits, readBatch } = bench;
  for (const samples of portions(splits[split], evaluationBatchSize(experiment))) {
    if ((await isCancelled?.()) === true) return false;
    await take(readBatch({ samples, split, epoch, training: false }));
    await nextTurn();
  }
  return true;
}

/** Lets requests, timers and finished writes have their turn between two computations. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
