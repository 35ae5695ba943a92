import * as path from 'node:path';
import { CodedError } from '#common/protocol/rpc';
import { figuresOf } from '#common/run/comparison';
import type { SplitResults } from '#common/run/events';
import { isLive, type RunRecord } from '#common/run/record';
import { tags, type Split } from '#common/run/series';
import { openEventLog } from '#runs/eventLog';
import { fitBaseline } from './baseline';
import { openBench, type Bench } from './bench';
import { restoreLearner, type Checkpoint } from './checkpoint';
import { openCheckpointFiles } from './checkpointFiles';
import { measureSplit } from './evaluation';
import { finalCheckpointName, noiseEpoch } from './finalWeights';
import { readPlan } from './plan';
import { readResults, writeResults } from './results';
import { checkSeal, noteTestOpening } from './seal';

export interface EvaluateOptions {
  /** Why the test split is opened; needed for its first opening only. */
  readonly openReason?: string;
  readonly signal?: AbortSignal;
}

/**
 * Measures the final weights of a run on one split, and adds what it finds to `results.json`.
 *
 * Throws CodedError `test/sealed` for a test split that has not been opened, `run/live` for a run that
 * still trains, `checkpoint/…` when there are no weights that can be read, `data/…`.
 */
export async function evaluateRun(
  folder: string,
  split: Split,
  options: EvaluateOptions = {},
): Promise<SplitResults> {
  const plan = await readPlan(folder);
  refuseWhileLive(plan.record);
  if (split === 'test') await checkSeal(folder, options.openReason);
  const files = openCheckpointFiles(folder);
  const checkpoint = await findFinal(plan, files);
  const { signal } = options;
  const bench = await openBench(plan, { signal });
  try {
    restoreLearner(bench.learner, checkpoint);
    // Noted as late as possible: an opening that shows nothing would be a pity.
    if (split === 'test') await noteTestOpening(folder, options.openReason);
    const results = await measure(bench, split, checkpoint, signal);
    await writeResults(folder, { ...(await readResults(folder)), [split]: results });
    if (split === 'test') await logTest(folder, results, checkpoint);
    return results;
  } finally {
    bench.dispose();
  }
}

function refuseWhileLive({ id, status }: RunRecord): void {
  if (!isLive(status)) return;
  throw new CodedError(
    'run/live',
    `The run ${id} cannot be evaluated while it is ${status}. Wait for its end, or stop it first.`,
  );
}

type Plan = Awaited<ReturnType<typeof readPlan>>;
type Files = ReturnType<typeof openCheckpointFiles>;

/** The checkpoint whose weights are the result; before the first best epoch there is only the last. */
async function findFinal(plan: Plan, files: Files): Promise<Checkpoint> {
  const wanted = finalCheckpointName(plan);
  if (wanted === 'best' && plan.record.best !== undefined) return files.read('best');
  const found = await files.findNewest(() => undefined);
  if (found !== undefined) return found.checkpoint;
  throw new CodedError(
    'run/no-weights',
    `The run ${plan.record.id} has no checkpoint that can be read: it ended before its first one was written. Resume it, or start a new run.`,
  );
}

async function measure(
  bench: Bench,
  split: Split,
  { state }: Checkpoint,
  signal: AbortSignal | undefined,
): Promise<SplitResults> {
  const isCancelled = () => signal?.aborted === true;
  const baseline = fitBaseline(bench);
  const results = await measureSplit(bench, split, noiseEpoch(state), baseline, isCancelled);
  if (results !== undefined) return results;
  throw new CodedError('run/cancelled', 'The evaluation was cancelled before it was complete.');
}

/** The test split has event files too, so that TensorBoard shows everything. */
async function logTest(
  folder: string,
  results: SplitResults,
  { state }: Checkpoint,
): Promise<void> {
  const log = await openEventLog(path.join(folder, 'test'), { resumeStep: state.epoch });
  const figures = Object.entries(figuresOf(results));
  const values = new Map(figures.map(([name, value]) => [tags.epoch(name), value]));
  log.scalars(state.epoch, Date.now() / 1000, values);
  await log.close();
}
