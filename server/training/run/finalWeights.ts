import { messageOf } from '#common/protocol/rpc';
import type { Bench } from './bench';
import { restoreLearner, type RunState } from './checkpoint';
import type { CheckpointFiles, CheckpointName } from './checkpointFiles';
import type { RunLog } from './runLog';

/** The checkpoint whose weights are the result of a run. */
export function finalCheckpointName({ experiment }: Pick<Bench, 'experiment'>): CheckpointName {
  return experiment.training.earlyStopping?.restoreBest === true ? 'best' : 'last';
}

/**
 * The epoch that evaluation draws its noise for: the last one that the weights have seen, so that
 * validation comes out as it did in training.
 */
export function noiseEpoch({ epoch, step }: Pick<RunState, 'epoch' | 'step'>): number {
  return step > 0 ? epoch : Math.max(epoch - 1, 0);
}

/**
 * Puts the weights into the learner that the run ends with, and gives the state they belong to. A run
 * that was stopped before its first epoch was complete has no best one yet.
 */
export async function restoreFinalWeights(
  bench: Bench,
  files: CheckpointFiles,
  state: RunState,
  log: RunLog,
): Promise<RunState> {
  if (finalCheckpointName(bench) !== 'best' || state.watch.best === undefined) return state;
  try {
    const best = await files.read('best');
    restoreLearner(bench.learner, best);
    return best.state;
  } catch (error) {
    log(`The best weights cannot be restored; the last ones are kept. ${messageOf(error)}`);
    return state;
  }
}
