import type {
  CurveColumns,
  RunChange,
  RunFacts,
  RunSnapshot,
  RunView,
} from '#common/protocol/panel';
import type { RunRecord } from '#common/run/record';
import { tags, type Series } from '#common/run/series';
import { openRunFollower, type RunFollower } from '#runs/follow';
import { readRunFacts } from './runFacts';
import { readResults, readTestOpenings } from './runResults';
import { createStepClock } from './stepRate';

/** What a page of a run is fed with: first all of it, then what is new. */
export interface RunFeed {
  readonly snapshot: RunSnapshot;
  /** What is new since the last call; undefined when nothing is. */
  read(): Promise<RunChange | undefined>;
  dispose(): void;
}

/**
 * Opens a run folder for a page. `watched` is the record as the window's watch knows it: the watch is
 * the first to find out that a trainer is gone. Throws CodedError `run/…`.
 */
export async function openRunFeed(
  folder: string,
  watched: () => RunRecord | undefined,
): Promise<RunFeed> {
  const follower = await openRunFollower(folder);
  const facts = await readRunFacts(folder);
  const clock = createStepClock();
  let viewText = '';

  async function readView(problems: readonly string[]): Promise<RunView> {
    const view = await viewOf(follower, watched() ?? follower.record, facts, problems);
    viewText = JSON.stringify(view);
    return view;
  }
  function timeSteps(series: readonly (Series & { readonly from?: number })[]) {
    const steps = series.find(({ split, tag }) => split === 'train' && tag === tags.batch('loss'));
    if (steps !== undefined) clock.add(steps.from ?? 0, steps.steps, steps.times);
    return clock.rate === undefined ? {} : { stepsPerSecond: clock.rate };
  }
  const series = follower.series();
  const snapshot: RunSnapshot = {
    folder,
    view: await readView([]),
    curves: series.map((one) => columnsOf(one, 0)),
    ...timeSteps(series),
  };
  return {
    snapshot,
    async read() {
      const { series, problems } = await follower.refresh();
      const before = viewText;
      const view = await readView(problems);
      const isNew = viewText !== before;
      if (!isNew && series.length === 0) return undefined;
      const curves = series.map((change) => columnsOf(change, change.from));
      return { ...(isNew ? { view } : {}), curves, ...timeSteps(series) };
    },
    dispose: () => follower.dispose(),
  };
}

async function viewOf(
  { folder }: RunFollower,
  record: RunRecord,
  facts: RunFacts,
  problems: readonly string[],
): Promise<RunView> {
  const [results, testOpenings] = await Promise.all([
    readResults(folder),
    readTestOpenings(folder),
  ]);
  return { record: { ...record, process: undefined }, facts, results, testOpenings, problems };
}

/** The wire format has single precision, which is more than a screen shows. */
function columnsOf({ split, tag, steps, values }: Series, from: number): CurveColumns {
  return { split, tag, from, steps, values: Float32Array.from(values) };
}
