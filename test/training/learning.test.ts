import assert from 'node:assert/strict';
import type { RunEvent } from '#common/run/events';
import * as tf from '@tensorflow/tfjs-core';
import { executeRun } from '../../server/training/run/execute';
import { createStepTimes, quantile } from '../../server/training/run/stepTimes';
import { makeRuns, seriesOf, curvesOf } from './support';

const runs = makeRuns();
after(() => runs.remove());

describe('training', () => {
  it('brings digits to 97 % of the validation split', async function () {
    this.timeout(60_000);
    const folder = await runs.create({
      data: { source: { type: 'digits' }, split: { train: 0.7, validation: 0.15, test: 0.15 } },
      augmentation: [],
      physics: [],
      model: {
        layers: [
          { type: 'conv2d', filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' },
          { type: 'maxPooling2d' },
          { type: 'conv2d', filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' },
          { type: 'flatten' },
          { type: 'dense', units: 10 },
        ],
      },
      optimizer: { type: 'adam', learningRate: 0.003 },
      training: { epochs: 12, batchSize: 32 },
    });
    const record = await executeRun(folder);
    const accuracy = record.best?.validation?.['accuracy'] ?? 0;
    assert.ok(accuracy >= 0.97, `accuracy ${accuracy}`);
  });

  it('moves a learned quantity of the instrument where the loss is smaller, logs and tells it', async () => {
    // Blur hides what tells the classes apart, so that a network which may choose makes it sharper.
    const folder = await runs.create({
      augmentation: [],
      physics: [{ type: 'gaussianBlur', sigmaPx: 1.8, trainable: true, learningRate: 0.03 }],
      training: { epochs: 8, batchSize: 16 },
    });
    const told: (number | undefined)[] = [];
    await executeRun(folder, {
      onEvent: (event) => {
        if (event.event === 'epoch') told.push(event.physics?.['gaussianBlur/sigmaPx']);
      },
    });
    const { steps, values } = await seriesOf(folder, 'train', 'physics/gaussianBlur/sigmaPx');
    assert.deepEqual(
      told.map((value) => Math.fround(value!)),
      [5, 11, 17, 23, 29, 35, 41, 47].map((step) => Math.fround(values[step]!)),
    );
    assert.deepEqual(
      [...steps],
      Array.from({ length: 48 }, (_, i) => i + 1),
    );
    assert.ok(Math.abs(values[0]! - 1.8) < 0.05, `first ${values[0]}`);
    assert.ok(values.at(-1)! < 1.6, `last ${values.at(-1)}`);
    assert.ok(values.every((value) => value >= 0.2 && value <= 5));
  });

  it('does not move a fixed quantity and has no series for it', async () => {
    const folder = await runs.create({ physics: [{ type: 'gaussianBlur', sigmaPx: 1.2 }] });
    await executeRun(folder);
    const tags = Object.keys(await curvesOf(folder));
    assert.deepEqual(tags, [
      'train batch_accuracy',
      'train batch_loss',
      'train batch_penalty',
      'train epoch_accuracy',
      'train epoch_learning_rate',
      'train epoch_loss',
      'train epoch_penalty',
      'validation epoch_accuracy',
      'validation epoch_loss',
    ]);
  });

  it('tells of its start, every epoch and its end', async () => {
    const folder = await runs.create();
    const events: RunEvent[] = [];
    await executeRun(folder, { onEvent: (event) => events.push(event) });
    const kinds = events.map(({ event }) => event).filter((kind) => kind !== 'progress');
    assert.deepEqual(kinds, ['start', 'epoch', 'epoch', 'epoch', 'end']);
    const end = events.at(-1);
    assert.ok(end?.event === 'end');
    assert.equal(end.status, 'finished');
    assert.ok(end.stepMilliseconds.median > 0);
    assert.ok(end.stepMilliseconds.p95 >= end.stepMilliseconds.median);
    assert.ok(end.samplesPerSecond > 0);
    const epochs = events.filter((event) => event.event === 'epoch');
    const { values } = await seriesOf(folder, 'validation', 'epoch_loss');
    // What is shown is what is on disk, which holds single precision.
    assert.deepEqual(
      epochs.map(({ validation }) => Math.fround(validation['loss'] ?? NaN)),
      [...values],
    );
  });

  it('uses no more memory after the first epoch', async () => {
    const folder = await runs.create({ training: { epochs: 6, batchSize: 16 } });
    const tensors: number[] = [];
    await executeRun(folder, {
      onEvent: ({ event }) => {
        if (event === 'epoch') tensors.push(tf.memory().numTensors);
      },
    });
    assert.deepEqual(tensors, Array<number>(6).fill(tensors[0]!));
  });
});

describe('step times', () => {
  it('have quantiles as NumPy takes them', () => {
    // numpy.quantile([1, 2, 4, 8], [0, .5, .95, 1]) → 1, 3, 7.4, 8
    const sorted = Float64Array.of(1, 2, 4, 8);
    const found = [0, 0.5, 0.95, 1].map((part) => quantile(sorted, part));
    assert.deepEqual(
      found.map((value) => Number(value.toFixed(12))),
      [1, 3, 7.4, 8],
    );
  });

  it('count samples over the time of steps', () => {
    const times = createStepTimes();
    times.add(10, 32);
    times.add(30, 32);
    assert.deepEqual(times.summary().stepMilliseconds.median, 20);
    assert.equal(times.summary().samplesPerSecond, 1600);
  });
});
