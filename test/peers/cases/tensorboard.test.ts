import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { decodeSafetensors } from '#common/safetensors';
import { readRun, writeRecord } from '#runs/folder';
import { executeRun } from '../../../server/training/run/execute';
import { checkpointFile, curvesOf, makeRuns } from '../../training/support';
import { runPython } from '../environment';

interface Histogram {
  readonly step: number;
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
}
interface Read {
  readonly scalars: Readonly<Record<string, [number, number][]>>;
  readonly histograms: Readonly<Record<string, Histogram[]>>;
}

const runs = makeRuns();
after(() => runs.remove());

/** A run that was killed in its second epoch, when its logs held more than its checkpoint, and resumed. */
async function resumedRun(): Promise<string> {
  const folder = await runs.create();
  const aside = path.join(runs.root, 'step-8.safetensors');
  await executeRun(folder, {
    reportIntervalMs: 0,
    checkpointIntervalMs: 0,
    onEvent(event) {
      const isThere = event.event === 'progress' && event.epoch === 2 && event.step === 3;
      if (isThere) copyFileSync(checkpointFile(folder, 'last'), aside);
    },
  });
  copyFileSync(aside, checkpointFile(folder, 'last'));
  await writeRecord(folder, { ...(await readRun(folder)), status: 'interrupted' });
  assert.equal((await executeRun(folder)).status, 'finished');
  return folder;
}

describe('TensorBoard', () => {
  let folder = '';
  let read: Readonly<Record<'train' | 'validation', Read>>;
  before(async function () {
    folder = await resumedRun();
    const folders = {
      train: path.join(folder, 'train'),
      validation: path.join(folder, 'validation'),
    };
    read = await runPython('cases/readEventFiles.py', { folders });
  });

  it('finds every series under the tags of Keras', () => {
    assert.deepEqual(Object.keys(read.train.scalars).sort(), [
      'batch_accuracy',
      'batch_loss',
      'batch_penalty',
      'epoch_accuracy',
      'epoch_learning_rate',
      'epoch_loss',
      'epoch_penalty',
      'physics/gaussianBlur/sigmaPx',
    ]);
    assert.deepEqual(Object.keys(read.validation.scalars).sort(), ['epoch_accuracy', 'epoch_loss']);
  });

  it('shows every step of a resumed run once', () => {
    const stepsOf = (points: [number, number][] | undefined) => points?.map(([step]) => step);
    const steps = Array.from({ length: 18 }, (_, i) => i + 1);
    assert.deepEqual(stepsOf(read.train.scalars['batch_loss']), steps);
    assert.deepEqual(stepsOf(read.train.scalars['epoch_loss']), [1, 2, 3]);
    assert.deepEqual(stepsOf(read.validation.scalars['epoch_loss']), [1, 2, 3]);
  });

  it('reads the values that we read', async () => {
    for (const [name, columns] of Object.entries(await curvesOf(folder))) {
      const [split = '', tag = ''] = name.split(' ');
      const points = read[split as 'train' | 'validation'].scalars[tag] ?? [];
      assert.deepEqual([points.map(([step]) => step), points.map(([, value]) => value)], columns);
    }
  });

  it('has a histogram of every weight for every epoch', () => {
    const { histograms } = read.train;
    const bytes = Uint8Array.from(readFileSync(checkpointFile(folder, 'last')));
    const kernel = decodeSafetensors(bytes).tensors.get('conv2d/kernel')!;
    const values = [...kernel.data];
    const found = histograms['conv2d/kernel'] ?? [];
    assert.deepEqual(
      found.map(({ step, num }) => [step, num]),
      [1, 2, 3].map((step) => [step, values.length]),
    );
    const last = found.at(-1)!;
    assert.equal(last.min, Math.min(...values));
    assert.equal(last.max, Math.max(...values));
    assert.ok(Math.abs(last.sum - values.reduce((sum, value) => sum + value, 0)) < 1e-9);
    assert.equal(Object.keys(histograms).length, 8);
  });
});
