import * as path from 'node:path';
import type { Figures } from '#common/run/record';
import { tags } from '#common/run/series';
import { openEventLog, type EventLog } from '#runs/eventLog';
import { openRunFollower } from '#runs/follow';
import type { EpochFigures } from './bestEpoch';

/** Figures of one training step. */
export interface StepFigures {
  /** Steps done since the run began. */
  readonly step: number;
  readonly batch: Figures;
  /** Present values of physical parameters, by `gaussianBlur/sigmaPx`. */
  readonly physics: Figures;
}

export interface EpochRecord extends EpochFigures {
  /** Counted from 1. */
  readonly epoch: number;
  readonly learningRate: number;
  /** What regularization adds to the loss at the end of the epoch; absent without regularization. */
  readonly penalty?: number;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** The event files of `train` and `validation`. */
export interface MetricsLog {
  step(figures: StepFigures): void;
  epoch(record: EpochRecord): void;
  /** Writes in the background, then calls `onFlushed`; steps go on meanwhile. */
  flushSoon(): void;
  flush(): Promise<void>;
  /** The error of a write in the background, if one failed. */
  readonly failure: unknown;
  close(): Promise<void>;
}

/**
 * Opens the logs of a run. `doneSteps` is where a resumed run goes on; what was logged of later steps no
 * longer counts. Steps and epochs are counted from 1.
 */
export async function openMetricsLog(
  folder: string,
  onFlushed: () => void,
  doneSteps?: number,
): Promise<MetricsLog> {
  const isResumed = doneSteps !== undefined;
  // Epochs that are in the logs already come out the same again: they are not written twice, because
  // TensorBoard, which compares steps with the one resumed at, would show both.
  const logged = isResumed ? await loggedEpochs(folder, doneSteps) : { train: 0, validation: 0 };
  const options = isResumed ? { resumeStep: doneSteps + 1 } : {};
  const train = await openEventLog(path.join(folder, 'train'), options);
  const validation = await openEventLog(path.join(folder, 'validation'), options);
  const logs = [train, validation];
  let failure: unknown;
  let isFlushing = false;

  async function flush(): Promise<void> {
    await Promise.all(logs.map((log) => log.flush()));
    onFlushed();
  }
  return {
    get failure() {
      return failure;
    },
    flushSoon() {
      if (isFlushing) return;
      isFlushing = true;
      flush()
        .catch((error: unknown) => (failure = error))
        .finally(() => (isFlushing = false));
    },
    flush,
    step({ step, batch, physics }) {
      const values = prefixed(batch, tags.batch);
      for (const [name, value] of Object.entries(physics)) {
        const [layer = '', parameter = ''] = name.split('/');
        values.set(tags.physics(layer, parameter), value);
      }
      train.scalars(step, now(), values);
    },
    epoch(record) {
      if (record.epoch > logged.train) writeTrainEpoch(train, record);
      if (record.epoch > logged.validation) {
        validation.scalars(record.epoch, now(), prefixed(record.validation, tags.epoch));
      }
    },
    close: async () => void (await Promise.all(logs.map((log) => log.close()))),
  };
}

/** The loss comes last: an epoch counts as logged when it is there. */
function writeTrainEpoch(log: EventLog, record: EpochRecord): void {
  const time = now();
  for (const [name, values] of record.weights) log.histogram(record.epoch, time, name, values);
  const values = new Map<string, number>([[tags.learningRate, record.learningRate]]);
  if (record.penalty !== undefined) values.set(tags.epoch('penalty'), record.penalty);
  for (const [tag, value] of prefixed(record.train, tags.epoch)) values.set(tag, value);
  log.scalars(record.epoch, time, values);
}

function prefixed(figures: Figures, tagOf: (name: string) => string): Map<string, number> {
  return new Map(Object.entries(figures).map(([name, value]) => [tagOf(name), value]));
}

/** The last epoch in each log that a resume at this step leaves there. */
async function loggedEpochs(
  folder: string,
  doneSteps: number,
): Promise<{ readonly train: number; readonly validation: number }> {
  const follower = await openRunFollower(folder);
  try {
    const lastOf = (split: string): number => {
      const series = follower
        .series()
        .find((one) => one.split === split && one.tag === tags.epoch('loss'));
      return series?.steps.findLast((step) => step <= doneSteps) ?? 0;
    };
    return { train: lastOf('train'), validation: lastOf('validation') };
  } finally {
    follower.dispose();
  }
}

function now(): number {
  return Date.now() / 1000;
}
