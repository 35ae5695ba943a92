import { sizeText } from '#common/sizeText';
import { CodedError } from '#common/protocol/rpc';
import { evaluationBatchSize } from './batches';
import type { Bench } from './bench';

/** The samples of the largest passes of a run. */
function largestPasses({ experiment, splits, dataset }: Bench) {
  const compares = dataset.targets?.kind ?? 'class';
  const isWeighted = dataset.sampleWeights !== undefined;
  const training = Math.min(experiment.training.batchSize, splits.train.length);
  const evaluation = Math.min(evaluationBatchSize(experiment), splits.validation.length);
  const passes = [
    { split: 'train', training: true, rows: training, compares, isWeighted },
    { split: 'validation', training: false, rows: evaluation, compares, isWeighted },
  ] as const;
  return passes.filter(({ rows }) => rows > 0);
}

/**
 * What the run needs of the engine's memory, worked out before its first step; nothing where the engine
 * does not say.
 *
 * @throws CodedError `engine/memory` when there is not so much to be had.
 */
export function checkMemory(bench: Bench): { readonly memoryBytes?: number } {
  const { engine, learner, experiment } = bench;
  const mostBytes = engine.mostBytes();
  if (mostBytes === undefined) return {};
  const keptBytes = engine.usedBytes();
  const plannedBytes = learner.plannedBytes(largestPasses(bench));
  const memoryBytes = keptBytes + plannedBytes;
  if (memoryBytes <= mostBytes) return { memoryBytes };
  const { batchSize } = experiment.training;
  const fitting = Math.floor((batchSize * (mostBytes - keptBytes)) / plannedBytes);
  const advice =
    fitting >= 1
      ? `Lower \`training.batchSize\` to ${fitting} or less.`
      : 'Not even a batch of 1 fits: use smaller images or fewer filters.';
  throw new CodedError(
    'engine/memory',
    `The experiment does not fit into memory: a batch of ${batchSize} needs ${sizeText(memoryBytes)}, and ${sizeText(mostBytes)} can be had. ${advice}`,
  );
}
