// A run as the host sends it to its page, made up so that every figure on the page is known.
import type { CurveColumns, RunSnapshot, RunView } from '#common/protocol/panel';
import type { SplitResults } from '#common/run/events';
import type { RunRecord } from '#common/run/record';
import type { Split } from '#common/run/series';
import type { WebviewPage } from '../harness';

export const STEPS_PER_EPOCH = 20;

export function recordOf(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    id: '20260102-030405-blurred-digits-1a2b',
    name: 'blurred digits',
    status: 'running',
    created: '2026-01-02T03:04:05Z',
    started: new Date(Date.now() - 12_000).toISOString(),
    experimentFile: '/data/blurred.experiment.json',
    seed: 7,
    request: { engine: 'auto' },
    memoryBytes: 13_002_342,
    engine: { id: 'wasm', description: 'WebAssembly', threads: 2, reason: 'the fastest here' },
    versions: {},
    splitCounts: { train: 1258, validation: 270, test: 269 },
    progress: { epoch: 5, epochs: 10, step: 0, stepsPerEpoch: STEPS_PER_EPOCH },
    latest: { train: { loss: 0.25, accuracy: 0.9 }, validation: { loss: 0.5, accuracy: 0.8 } },
    ...changes,
  };
}

export function viewOf(changes: Partial<RunView> = {}): RunView {
  return {
    record: recordOf(),
    facts: {
      data: 'Digits, 8 × 8',
      inputShape: [8, 8, 1],
      batchSize: 64,
      parameters: { total: 17258, trainable: 17258 },
      metrics: ['accuracy'],
      physics: [
        {
          tag: 'physics/gaussianBlur/sigmaPx',
          layer: 'gaussianBlur',
          parameter: 'sigmaPx',
          unit: 'px',
          initial: 2,
          minimum: 0.2,
          maximum: 5,
        },
      ],
    },
    results: {},
    testOpenings: [],
    problems: [],
    ...changes,
  };
}

/** The curves of so many epochs; the loss of epoch n is 1/n on train and 2/n on validation. */
export function curvesOf(epochs: number): CurveColumns[] {
  const perStep = (split: Split, tag: string, value: (step: number) => number) =>
    columnsOf(split, tag, epochs * STEPS_PER_EPOCH, value);
  const perEpoch = (split: Split, tag: string, value: (epoch: number) => number) =>
    columnsOf(split, tag, epochs, value);
  return [
    perStep('train', 'batch_loss', (step) => STEPS_PER_EPOCH / step),
    perStep('train', 'batch_accuracy', (step) => 1 - 1 / step),
    perStep('train', 'physics/gaussianBlur/sigmaPx', (step) => 2 - step / 100),
    perEpoch('train', 'epoch_loss', (epoch) => 1 / epoch),
    perEpoch('train', 'epoch_accuracy', (epoch) => 1 - 0.5 / epoch),
    perEpoch('validation', 'epoch_loss', (epoch) => 2 / epoch),
    perEpoch('validation', 'epoch_accuracy', (epoch) => 1 - 0.6 / epoch),
  ];
}

/** A series from step 1 on, or those of its points that begin at index `from`. */
export function columnsOf(
  split: Split,
  tag: string,
  count: number,
  value: (step: number) => number,
  from = 0,
): CurveColumns {
  const steps = Uint32Array.from({ length: count - from }, (_, i) => from + i + 1);
  return { split, tag, from, steps, values: Float32Array.from(steps, value) };
}

export function snapshotOf(view: RunView, curves: readonly CurveColumns[]): RunSnapshot {
  return { folder: '/runs/20260102-030405-blurred-digits-1a2b', view, curves, stepsPerSecond: 40 };
}

export function resultsOf(split: Split, count: number, accuracy: number): SplitResults {
  return {
    split,
    count,
    loss: 0.125,
    metrics: { accuracy },
    confusionMatrix: [
      [20, 1],
      [2, 17],
    ],
    perClass: ['cats', 'dogs'].map((name) => {
      return { name, count: 20, precision: 0.9, recall: 0.9, f1: 0.9 };
    }),
  };
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

/** Answers the page's first request with a snapshot and every other one with nothing. */
export function hostOf(snapshot: RunSnapshot) {
  return (message: unknown): unknown => {
    const { id, method } = message as Request;
    return { kind: 'answer', id, result: method === 'page/ready' ? snapshot : undefined };
  };
}

/** Posts what is new, as the host does. */
export function tellChange(page: WebviewPage, value: object): Promise<void> {
  return page.post({ kind: 'event', event: 'run/changed', value });
}

/** The action in a request of the page. */
export function actionOf(message: unknown): unknown {
  return (message as Request).argument;
}

export function isAction(message: unknown): message is Request {
  return (message as Request).method === 'run/act';
}
