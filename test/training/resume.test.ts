import assert from 'node:assert/strict';
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import { readRun, writeRecord } from '#runs/folder';
import { decodeCheckpoint } from '../../server/training/run/checkpoint';
import { executeRun } from '../../server/training/run/execute';
import {
  arraysOf,
  checkpointFile,
  curvesOf,
  logOf,
  makeRuns,
  readJson,
  tinyStepsPerEpoch,
} from './support';

const runs = makeRuns();
after(() => runs.remove());

/** Trains until a step, stops softly there, and gives the folder. */
async function stoppedAfter(steps: number): Promise<string> {
  const folder = await runs.create();
  await stopAfter(folder, steps);
  return folder;
}

async function stopAfter(folder: string, steps: number): Promise<void> {
  const abort = new AbortController();
  const record = await executeRun(folder, {
    signal: abort.signal,
    reportIntervalMs: 0,
    onEvent(event) {
      if (event.event === 'start' && steps === 0) abort.abort();
      if (event.event !== 'progress') return;
      const done = (event.epoch - 1) * event.stepsPerEpoch + event.step;
      if (done >= steps) abort.abort();
    },
  });
  assert.equal(record.status, 'stopped');
}

describe('a resumed run', () => {
  let undisturbed = '';
  before(async () => {
    undisturbed = await runs.create();
    const record = await executeRun(undisturbed);
    assert.equal(record.status, 'finished');
  });

  async function assertSameAsUndisturbed(folder: string): Promise<void> {
    assert.deepEqual(arraysOf(folder), arraysOf(undisturbed));
    assert.deepEqual(arraysOf(folder, 'best'), arraysOf(undisturbed, 'best'));
    assert.deepEqual(await curvesOf(folder), await curvesOf(undisturbed));
    assert.deepEqual(readJson(folder, 'results.json'), readJson(undisturbed, 'results.json'));
  }

  it('is the same from run to run with the same seed', async () => {
    const again = await runs.create();
    await executeRun(again);
    await assertSameAsUndisturbed(again);
  });

  it('is another one with another seed', async () => {
    const other = await runs.create({ seed: 12 });
    await executeRun(other);
    assert.notDeepEqual(arraysOf(other), arraysOf(undisturbed));
  });

  it('equals an undisturbed one where samples are mixed', async () => {
    const augmentation = [
      { type: 'mixup', alpha: 1, probability: 0.7 },
      { type: 'oneOf', choices: [{ type: 'cutmix' }, { type: 'affine', rotateDegrees: [-5, 20] }] },
    ];
    const [whole, stopped] = [
      await runs.create({ augmentation }),
      await runs.create({ augmentation }),
    ];
    await executeRun(whole);
    await stopAfter(stopped, 4);
    await executeRun(stopped);
    assert.deepEqual(arraysOf(stopped), arraysOf(whole));
    assert.deepEqual(await curvesOf(stopped), await curvesOf(whole));
    assert.notDeepEqual(arraysOf(whole), arraysOf(undisturbed));
  });

  for (const steps of [0, 1, 4, tinyStepsPerEpoch, 2 * tinyStepsPerEpoch + 5]) {
    it(`equals an undisturbed one after a soft stop at step ${steps}`, async () => {
      const folder = await stoppedAfter(steps);
      const record = await executeRun(folder);
      assert.equal(record.status, 'finished');
      await assertSameAsUndisturbed(folder);
    });
  }

  it('equals an undisturbed one after a stop while data were read', async () => {
    const folder = await runs.create();
    const record = await executeRun(folder, { signal: AbortSignal.abort() });
    assert.equal(record.status, 'stopped');
    assert.equal((await readRun(folder)).status, 'stopped');
    await executeRun(folder);
    await assertSameAsUndisturbed(folder);
  });

  it('equals an undisturbed one after several stops', async () => {
    const folder = await stoppedAfter(2);
    for (const steps of [5, 9, 13]) await stopAfter(folder, steps);
    await executeRun(folder);
    await assertSameAsUndisturbed(folder);
  });

  it('saves in mid-epoch after some time of training, and goes on from there', async () => {
    const folder = await runs.create();
    const atStep8 = path.join(runs.root, 'step-8.safetensors');
    await executeRun(folder, {
      reportIntervalMs: 0,
      checkpointIntervalMs: 0,
      onEvent(event) {
        // The checkpoint of the step before: that of this one is still to be written.
        if (event.event === 'progress' && event.epoch === 2 && event.step === 3) {
          copyFileSync(checkpointFile(folder, 'last'), atStep8);
        }
      },
    });
    const { state } = decodeCheckpoint(Uint8Array.from(readFileSync(atStep8)));
    assert.deepEqual([state.epoch, state.step, state.totalSteps], [1, 2, 8]);
    // As if the trainer had been killed then: the logs hold more than the checkpoint.
    copyFileSync(atStep8, checkpointFile(folder, 'last'));
    const record = await readRun(folder);
    await writeRecord(folder, { ...record, status: 'interrupted' });
    await executeRun(folder);
    await assertSameAsUndisturbed(folder);
  });

  it('takes the checkpoint before when the last one is cut off, and says so', async () => {
    const folder = await stoppedAfter(9);
    const file = checkpointFile(folder, 'last');
    truncateSync(file, Math.floor(statSync(file).size * 0.6));
    await executeRun(folder);
    assert.match(logOf(folder), /last\.safetensors is passed over\. The checkpoint cannot be read/);
    assert.match(logOf(folder), /Goes on from checkpoint "\w+", after step 6\./);
    await assertSameAsUndisturbed(folder);
  });

  it('notices a flipped bit in a checkpoint', async () => {
    const folder = await stoppedAfter(9);
    const file = checkpointFile(folder, 'last');
    const bytes = readFileSync(file);
    bytes[bytes.length - 100]! ^= 4;
    writeFileSync(file, bytes);
    await executeRun(folder);
    assert.match(logOf(folder), /last\.safetensors is passed over.*checksum/);
    await assertSameAsUndisturbed(folder);
  });

  it('begins again when no checkpoint can be read but the initial one', async () => {
    const folder = await stoppedAfter(9);
    for (const name of ['last', 'previous', 'best']) {
      truncateSync(checkpointFile(folder, name), 20);
    }
    await executeRun(folder);
    assert.match(logOf(folder), /Begins with the weights in "initial"/);
    await assertSameAsUndisturbed(folder);
  });

  it('goes on with a metrics log whose end is cut off', async () => {
    const folder = await stoppedAfter(9);
    const [name = ''] = readdirSync(path.join(folder, 'train'));
    const file = path.join(folder, 'train', name);
    truncateSync(file, statSync(file).size - 7);
    await executeRun(folder);
    const [was, is] = [await curvesOf(undisturbed), await curvesOf(folder)];
    // One record is lost, everything else is there.
    const lost = was['train batch_loss']![0]!.filter(
      (step) => !is['train batch_loss']![0]!.includes(step),
    );
    assert.ok(lost.length <= 1, `lost the steps ${lost.join()}`);
    assert.deepEqual(arraysOf(folder), arraysOf(undisturbed));
  });

  it('refuses data that have changed, and leaves the run as it was', async () => {
    const folder = await stoppedAfter(4);
    const file = path.join(folder, 'run.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/"dataFingerprint": "..../, '"dataFingerprint": "0000'));
    await assert.rejects(executeRun(folder), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'data/changed');
      assert.match(error.message, /have changed: .* had the fingerprint .* start a new run/);
      return true;
    });
    assert.equal((await readRun(folder)).status, 'stopped');
  });

  it('is refused when it has finished', async () => {
    await assert.rejects(executeRun(undisturbed), { code: 'run/finished' });
  });
});
