import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import { encodeSafetensors, type SafeTensor } from '#common/safetensors';
import { readRun } from '#runs/folder';
import { executeRun } from '../../server/training/run/execute';
import { adviceFor, NotFiniteError } from '../../server/training/run/notFinite';
import { checkpointFile, logOf, makeRuns, seriesOf } from './support';

const runs = makeRuns();
after(() => runs.remove());

describe('a run whose numbers run away', () => {
  // Without normalization layers a huge rate makes the weights huge, and then their products infinite.
  const changes = {
    model: {
      layers: [{ type: 'flatten' }, { type: 'dense', units: 40 }, { type: 'dense', units: 3 }],
    },
    optimizer: { type: 'sgd', learningRate: 100 },
    regularization: undefined,
    loss: { type: 'meanSquaredError' },
  };

  it('fails with epoch, step, layer and advice, and keeps what it logged', async () => {
    const folder = await runs.create(changes);
    const record = await executeRun(folder);
    assert.equal(record.status, 'failed');
    const found =
      /^Training stopped at epoch (\d+), step (\d+): (the loss is \S+|a gradient is not finite); .+\. Lower `optimizer\.learningRate` \(now 100\)/.exec(
        record.message ?? '',
      );
    assert.ok(found, record.message);
    const failedStep = Number(found[2]) + (Number(found[1]) - 1) * 6;
    const { steps } = await seriesOf(folder, 'train', 'batch_loss');
    assert.equal(steps.at(-1), failedStep - 1, 'every step before it is logged');
    assert.equal((await readRun(folder)).status, 'failed');
    assert.ok(logOf(folder).includes(record.message ?? '?'));
  });

  const filledWith = (value: number) => ({ kernelInitializer: { type: 'constant', value } });
  const places: readonly (readonly [string, readonly [number, number, number], RegExp])[] = [
    ['the layer', [1e25, 1e25, 1], /: the loss is \S+; .* come out of layer `dense_1`\. Lower/],
    // Nothing gets through the first layer forwards, but too much comes back to it.
    [
      'the gradient',
      [0, 1e25, 1e25],
      /: a gradient is not finite; .* that of `dense\/kernel`\. Lower/,
    ],
  ];
  for (const [what, [first, second, third], message] of places) {
    it(`fails with ${what} where it began`, async () => {
      const layers = [
        { type: 'flatten' },
        { type: 'dense', units: 2, ...filledWith(first) },
        { type: 'dense', units: 2, ...filledWith(second) },
        { type: 'dense', units: 3, ...filledWith(third) },
      ];
      const folder = await runs.create({ ...changes, model: { layers } });
      const { message: told = '' } = await executeRun(folder);
      assert.match(told, /^Training stopped at epoch 1, step 1: /);
      assert.match(told, message);
    });
  }

  const place = { epoch: 2, step: 14, learningRate: 0.5 };
  it('names the layer that the values come out of', () => {
    const error = new NotFiniteError(NaN, { kind: 'layer', name: 'conv2d_1' });
    assert.equal(
      adviceFor(error, place),
      'Training stopped at epoch 2, step 14: the loss is NaN; the first values that are not finite come out of layer `conv2d_1`. Lower `optimizer.learningRate` (now 0.5), or bring the data to a small range with `normalization`.',
    );
  });
  it('does not blame the rate for images that are broken', () => {
    const error = new NotFiniteError(NaN, { kind: 'data' });
    assert.match(adviceFor(error, place), /the images themselves .* Check the range of the data/);
  });
});

describe('a run that cannot write', () => {
  /** A folder that nobody can write to, not even root where there is one. */
  function readOnlyFolder(): string {
    if (process.platform === 'linux' && process.getuid?.() === 0) return '/sys/kernel';
    const folder = path.join(runs.root, 'read-only');
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o555);
    return folder;
  }

  it('fails with what, where and what to do, and leaves earlier files as they were', async () => {
    const folder = await runs.create();
    const checkpoints = path.join(folder, 'checkpoints');
    const aside = path.join(folder, 'aside');
    let epochs = 0;
    const record = await executeRun(folder, {
      onEvent({ event }) {
        if (event !== 'epoch' || ++epochs !== 2) return;
        renameSync(checkpoints, aside);
        symlinkSync(readOnlyFolder(), checkpoints);
      },
    });
    assert.equal(record.status, 'failed');
    assert.match(
      record.message ?? '',
      /^Could not write .*\.safetensors: writing is not allowed \(\w+\)\. Allow writing there/,
    );
    assert.equal((await readRun(folder)).status, 'failed');
    assert.equal((await seriesOf(folder, 'train', 'epoch_loss')).steps.length, 2);
    // Once it can be written again, the run goes on from there to the end.
    renameSync(checkpoints, path.join(folder, 'link'));
    renameSync(aside, checkpoints);
    const resumed = await executeRun(folder);
    assert.equal(resumed.status, 'finished');
    assert.deepEqual([...(await seriesOf(folder, 'train', 'epoch_loss')).steps], [1, 2, 3]);
  });

  it('is not started where its log cannot be, and says so', async () => {
    const folder = await runs.create();
    writeFileSync(path.join(folder, 'train'), 'a file in the way');
    await assert.rejects(executeRun(folder), /Could not start the metrics log in .*train/);
    const record = await readRun(folder);
    assert.equal(record.status, 'failed');
    assert.match(record.message ?? '', /metrics log/);
  });
});

describe('initial weights', () => {
  it('are where a run begins', async () => {
    const teacher = await runs.create();
    await executeRun(teacher);
    const folder = await runs.create(
      { seed: 5 },
      { initialWeights: checkpointFile(teacher, 'last') },
    );
    assert.equal((await executeRun(folder)).status, 'finished');
    assert.match(logOf(folder), /Begins with the weights in "initial"/);
    const [first, firstOfTeacher] = await Promise.all(
      [folder, teacher].map((one) => seriesOf(one, 'train', 'physics/gaussianBlur/sigmaPx')),
    );
    const learned = firstOfTeacher!.values.at(-1)!;
    // One update of Adam moves by about its learning rate, which is 0.05 for this parameter.
    assert.ok(Math.abs(first!.values[0]! - learned) < 0.06);
  });

  const weights: Readonly<Record<string, SafeTensor>> = {
    'conv2d/kernel': { shape: [3, 3, 1, 4], data: new Float32Array(36) },
    'conv2d/bias': { shape: [4], data: new Float32Array(4) },
  };
  const refused: readonly (readonly [string, Readonly<Record<string, SafeTensor>>, RegExp])[] = [
    [
      'of another shape',
      { ...weights, 'conv2d/kernel': { shape: [5, 5, 1, 4], data: new Float32Array(100) } },
      /needs "conv2d\/kernel" of shape \[3, 3, 1, 4\], and the checkpoint has it as \[5, 5, 1, 4\]\. Use/,
    ],
    ['that lack a layer', weights, /needs "batchNormalization\/gamma" of shape \[4\], .* has none/],
  ];
  for (const [what, arrays, message] of refused) {
    it(`${what} are refused with their names and shapes`, async () => {
      const file = path.join(runs.root, 'weights.safetensors');
      writeFileSync(file, encodeSafetensors(new Map(Object.entries(arrays))));
      const folder = await runs.create({}, { initialWeights: file });
      await assert.rejects(executeRun(folder), message);
      assert.equal((await readRun(folder)).status, 'failed');
    });
  }

  it('that are cut off are refused', async () => {
    const teacher = await runs.create();
    await executeRun(teacher);
    const file = checkpointFile(teacher, 'last');
    truncateSync(file, 300);
    const folder = await runs.create({}, { initialWeights: file });
    await assert.rejects(executeRun(folder), /The checkpoint cannot be read/);
  });
});

describe('an engine that is not there', () => {
  it('is refused by name, with what to use instead', async () => {
    const folder = await runs.create({}, { engine: 'webgpu' });
    await assert.rejects(executeRun(folder), {
      code: 'engine/unavailable',
      message: /"webgpu" is not available\. .* Use "auto" or/,
    });
    assert.equal((await readRun(folder)).status, 'failed');
  });
});

describe('a run folder that somebody edited', () => {
  it('is refused with the place of the fault', async () => {
    const folder = await runs.create();
    const file = path.join(folder, 'experiment.resolved.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"epochs": 3', '"epochs": -3'));
    await assert.rejects(executeRun(folder), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'run/broken-experiment');
      assert.match(error.message, /training\.epochs: .*-3/);
      return true;
    });
    assert.equal((await readRun(folder)).status, 'queued');
  });
});
