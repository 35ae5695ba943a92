// Runs that are really trained, as their pages get them: one for each kind of results.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { encode } from 'fast-png';
import { readExperiment } from '#common/experiment/read';
import type { RunSnapshot } from '#common/protocol/panel';
import { draws, streamKey } from '#common/rng';
import { createRun } from '#runs/folder';
import { openRunFeed } from '../../extension/panel/runFeed';
import { executeRun } from '../../server/training/run/execute';

const SIZE = 8;
const IMAGES = 240;

const dense = (hidden: number, units: number) => ({
  layers: [
    { type: 'flatten' },
    { type: 'dense', units: hidden, activation: 'relu' },
    { type: 'dense', units },
  ],
});
const gratings = (classes: number, count: number, noise: number) => ({
  source: { type: 'synthetic', shape: [SIZE, SIZE, 1], classes, count, noise },
});
const squares = (target: string) => ({
  source: {
    type: 'imageFolder',
    path: 'squares',
    table: `${target}.csv`,
    target,
    size: [SIZE, SIZE],
  },
});

/** Networks that are small and stop early: results without a mistake show nothing. */
const experiments = {
  tenClasses: {
    data: { source: { type: 'digits' } },
    physics: [
      { type: 'gaussianBlur', sigmaPx: 1.5 },
      { type: 'shotNoise', photons: 40, readNoise: 2 },
    ],
    normalization: { type: 'standardize' },
    model: dense(32, 10),
    training: { epochs: 5, batchSize: 32 },
    metrics: [
      'accuracy',
      'macroF1',
      'rocAuc',
      'averagePrecision',
      'brierScore',
      'expectedCalibrationError',
    ],
  },
  twoClasses: {
    data: gratings(2, 800, 1),
    model: dense(16, 2),
    training: { epochs: 3, batchSize: 32 },
    metrics: ['accuracy', 'rocAuc'],
  },
  hundredClasses: {
    data: gratings(100, 3000, 0.2),
    model: dense(64, 100),
    training: { epochs: 6, batchSize: 32 },
    metrics: ['accuracy', 'top5Accuracy'],
  },
  labels: {
    data: squares('labels'),
    model: dense(8, 4),
    loss: { type: 'sigmoidCrossEntropy' },
    training: { epochs: 20, batchSize: 16 },
    metrics: ['accuracy', 'macroF1', 'rocAuc'],
  },
  masks: {
    data: squares('mask'),
    model: {
      layers: [
        { type: 'conv2d', filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' },
        { type: 'conv2d', filters: 2, kernelSize: 3, padding: 'same' },
      ],
    },
    training: { epochs: 12, batchSize: 16 },
    metrics: ['dice', 'iou', 'accuracy'],
  },
  numbers: {
    data: squares('numbers'),
    model: dense(16, 2),
    loss: { type: 'meanSquaredError' },
    training: { epochs: 10, batchSize: 16 },
    metrics: ['meanSquaredError', 'meanAbsoluteError'],
  },
} as const;

export type TrainedRun = keyof typeof experiments;
export const TRAINED_RUNS = Object.keys(experiments) as readonly TrainedRun[];

/** Trains an experiment to its end and gives what its page is fed with. */
export async function trainRun(name: TrainedRun): Promise<RunSnapshot> {
  const root = mkdtempSync(path.join(tmpdir(), 'lightbench-page-'));
  try {
    writeSquares(path.join(root, 'squares'));
    const text = JSON.stringify({
      version: 1,
      name,
      seed: 7,
      loss: { type: 'softmaxCrossEntropy' },
      optimizer: { type: 'adam', learningRate: 0.004 },
      ...experiments[name],
    });
    const { experiment, problems } = readExperiment(text);
    if (experiment === undefined) throw new Error(problems.map((one) => one.message).join('\n'));
    const experimentFile = path.join(root, `${name}.experiment.json`);
    const { folder } = await createRun({ root, experimentFile, text, experiment, engine: 'wasm' });
    const { status, message } = await executeRun(folder);
    if (status !== 'finished') throw new Error(`The run ${name} has ${status}: ${message ?? ''}`);
    const feed = await openRunFeed(folder, () => undefined);
    feed.dispose();
    return feed.snapshot;
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Bright squares on a dark, noisy ground, with masks, centres and the sides they touch. */
function writeSquares(folder: string): void {
  mkdirSync(folder);
  const tables = { mask: ['file,target'], numbers: ['file,target'], labels: ['file,label'] };
  for (let i = 0; i < IMAGES; i++) {
    const { below } = draws(streamKey(i, 'synthetic'));
    const [row, column] = [below(SIZE - 2), below(SIZE - 2)];
    const isIn = (pixel: number) => {
      const [y, x] = [Math.floor(pixel / SIZE), pixel % SIZE];
      return y >= row && y < row + 3 && x >= column && x < column + 3;
    };
    save(path.join(folder, `${i}.png`), (pixel) => (isIn(pixel) ? 120 : 60) + below(100));
    save(path.join(folder, `mask-${i}.png`), (pixel) => (isIn(pixel) ? 255 : 0));
    tables.mask.push(`${i}.png,mask-${i}.png`);
    tables.numbers.push(`${i}.png,${row / 5};${column / 5}`);
    const sides = [
      row < 2 && 'top',
      row > 3 && 'bottom',
      column < 2 && 'left',
      column > 3 && 'right',
    ];
    tables.labels.push(`${i}.png,${sides.filter((side) => side !== false).join(';')}`);
  }
  for (const [target, lines] of Object.entries(tables)) {
    writeFileSync(path.join(folder, `${target}.csv`), lines.join('\n'));
  }
}

function save(file: string, value: (pixel: number) => number): void {
  const data = Uint8Array.from({ length: SIZE ** 2 }, (_, pixel) => value(pixel));
  writeFileSync(file, encode({ width: SIZE, height: SIZE, data, channels: 1, depth: 8 }));
}
