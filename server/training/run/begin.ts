import { firstScheduleState } from '../optimizer/schedule';
import type { Bench } from './bench';
import { evaluationBatchSize, portions, type Batch } from './batches';
import { encodeCheckpoint, restoreLearner, type RunState } from './checkpoint';
import type { CheckpointFiles } from './checkpointFiles';
import { loadInitialWeights } from './initialWeights';
import type { RunPlan } from './plan';
import type { RunLog } from './runLog';

const firstState: RunState = {
  epoch: 0,
  step: 0,
  totalSteps: 0,
  isComplete: false,
  watch: { epochsWithoutImprovement: 0 },
  schedule: firstScheduleState,
  tally: [],
};

/** Where the session begins, with the learner brought to that place. */
export interface Beginning {
  readonly state: RunState;
  /** Whether an earlier session may have logged something. */
  readonly isResumed: boolean;
}

/**
 * Brings the learner to the newest checkpoint that can be read, or else to the beginning: initial
 * weights, and a normalization that is fitted to the training split as the instrument sees it then.
 */
export async function prepareState(
  { record }: RunPlan,
  bench: Bench,
  files: CheckpointFiles,
  log: RunLog,
): Promise<Beginning> {
  const isResumed = record.status !== 'queued';
  const found = isResumed ? await files.findNewest(log) : undefined;
  if (found !== undefined) {
    const { state } = found.checkpoint;
    restoreLearner(bench.learner, found.checkpoint);
    log(`Goes on from checkpoint "${found.name}", after step ${state.totalSteps}.`);
    return { state, isResumed };
  }
  const given = await files.readInitial();
  if (given !== undefined) await loadInitialWeights(bench.learner, given);
  await bench.learner.fitNormalization(trainingImages(bench));
  if (given === undefined) {
    await files.save('initial', await encodeCheckpoint(bench.learner, firstState));
  }
  log(`Begins with ${given === undefined ? 'new weights' : 'the weights in "initial"'}.`);
  return { state: firstState, isResumed };
}

/** The training split without augmentation, portion by portion. */
function* trainingImages({ experiment, splits, readBatch }: Bench): Generator<Batch> {
  for (const samples of portions(splits.train, evaluationBatchSize(experiment))) {
    yield readBatch({ samples, split: 'train', epoch: 0, training: false });
  }
}
