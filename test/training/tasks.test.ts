import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { encode } from 'fast-png';
import { draws, streamKey } from '#common/rng';
import { executeRun } from '../../server/training/run/execute';
import type { Results } from '../../server/training/run/results';
import { logOf, makeRuns, readJson } from './support';

const runs = makeRuns();
after(() => runs.remove());

const size = 8;

/** Bright squares on a dark ground, with their masks, blurred copies, centres, labels and groups. */
function writeSquares(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  const lines = ['file,group,mask,image,numbers,label'];
  for (let i = 0; i < count; i++) {
    const { below } = draws(streamKey(i, 'synthetic'));
    const [row, column] = [below(size - 3), below(size - 3)];
    const isIn = (pixel: number) => {
      const [y, x] = [Math.floor(pixel / size), pixel % size];
      return y >= row && y < row + 3 && x >= column && x < column + 3;
    };
    const image = Uint8Array.from(
      { length: size ** 2 },
      (_, p) => (isIn(p) ? 200 : 20) + below(30),
    );
    const mask = Uint8Array.from({ length: size ** 2 }, (_, p) => (isIn(p) ? 255 : 0));
    const save = (name: string, data: Uint8Array) =>
      writeFileSync(
        path.join(folder, name),
        encode({ width: size, height: size, data, channels: 1, depth: 8 }),
      );
    save(`${i}.png`, image);
    save(`mask-${i}.png`, mask);
    const places = { left: column < 3, top: row < 3 };
    const label = Object.entries(places).flatMap(([place, isThere]) => (isThere ? [place] : []));
    lines.push(
      `${i}.png,patient ${i % 20},mask-${i}.png,mask-${i}.png,${row / 5};${column / 5},${label.join('; ')}`,
    );
  }
  for (const target of ['mask', 'image', 'numbers', 'labels']) {
    const named = [lines[0]!.replace(target, 'target'), ...lines.slice(1)];
    writeFileSync(path.join(folder, `${target}.csv`), named.join('\n'));
  }
}

async function trained(changes: object, target: 'mask' | 'image' | 'numbers' | 'labels') {
  const source = { type: 'imageFolder', path: 'squares', table: `${target}.csv`, target };
  const folder = await runs.create({
    data: {
      source: { ...source, size: [size, size] },
      split: { train: 0.6, validation: 0.2, test: 0.2 },
    },
    augmentation: [],
    physics: [],
    regularization: undefined,
    training: { epochs: 12, batchSize: 16 },
    optimizer: { type: 'adam', learningRate: 0.02 },
    ...changes,
  });
  const { status, message } = await executeRun(folder);
  assert.equal(status, 'finished', message);
  const { validation } = readJson<Results>(folder, 'results.json');
  assert.ok(validation !== undefined);
  return { folder, results: validation };
}

const convolutions = (filters: number) => ({
  layers: [
    { type: 'conv2d', filters: 8, kernelSize: 3, padding: 'same', activation: 'relu' },
    { type: 'conv2d', filters, kernelSize: 3, padding: 'same' },
  ],
});

describe('a network learns', () => {
  before(() => writeSquares(path.join(runs.root, 'squares'), 160));

  it('masks, flips included', async () => {
    const metrics = ['dice', 'iou', 'accuracy'];
    const augmentation = [{ type: 'flipLeftRight' }, { type: 'gaussianNoise', sigma: 0.02 }];
    const changes = { model: convolutions(2), metrics, augmentation };
    const { results, folder } = await trained(changes, 'mask');
    // Figures of training compare with the mask that was moved with its image.
    const { latest } = readJson<{ latest: { train: Record<string, number> } }>(folder, 'run.json');
    assert.ok(latest.train['dice']! > 0.85, `dice ${latest.train['dice']} in training`);
    assert.equal(results.task, 'segmentation');
    assert.ok(results.metrics['dice']! > 0.9, `dice ${results.metrics['dice']}`);
    assert.deepEqual(
      results.perClass?.map(({ name }) => name),
      ['background', 'object'],
    );
    // Everywhere the background is the best answer that is given without looking.
    assert.deepEqual(
      [results.baseline!.name, results.baseline!.metrics['dice']],
      ['the most frequent class of each pixel', 0],
    );
    assert.ok(results.baseline!.loss > results.loss);
  });

  it('images, noise included', async () => {
    const changes = {
      augmentation: [{ type: 'gaussianNoise', sigma: 0.01 }],
      model: convolutions(1),
      loss: { type: 'meanSquaredError' },
      metrics: ['psnr', 'ssim', 'meanAbsoluteError'],
    };
    const { results } = await trained(changes, 'image');
    assert.equal(results.task, 'reconstruction');
    assert.ok(results.metrics['psnr']! > results.baseline!.metrics['psnr']! + 5);
    assert.ok(results.metrics['ssim']! > results.baseline!.metrics['ssim']!);
    assert.equal(results.intervals!['psnr']!.method, 'bootstrap');
  });

  it('numbers', async () => {
    const changes = {
      model: {
        layers: [
          { type: 'flatten' },
          { type: 'dense', units: 32, activation: 'relu' },
          { type: 'dense', units: 2 },
        ],
      },
      loss: { type: 'meanSquaredError' },
      metrics: ['meanSquaredError', 'meanAbsoluteError'],
      training: { epochs: 40, batchSize: 16 },
    };
    const { results, folder } = await trained(changes, 'numbers');
    assert.equal(results.task, 'regression');
    const { loss, metrics, baseline } = results;
    assert.ok(Math.abs(metrics['meanSquaredError']! / loss - 1) < 1e-6);
    assert.ok(Math.abs(baseline!.metrics['meanSquaredError']! / baseline!.loss - 1) < 1e-6);
    // Five places a fifth apart, taken evenly, have the variance 24/12 · 1/25 about their mean.
    assert.ok(Math.abs(baseline!.loss - 0.08) < 0.03, `baseline ${baseline!.loss}`);
    assert.ok(loss < 0.3 * baseline!.loss, `loss ${loss}`);
    const record = readJson<{ splitFingerprints: Record<string, string> }>(folder, 'run.json');
    assert.deepEqual(Object.keys(record.splitFingerprints), ['train', 'validation', 'test']);
  });
});

describe('a network whose samples have weights', () => {
  before(() => writeSquares(path.join(runs.root, 'squares'), 160));

  /** Every other image is given the opposite of its row; one half of the images weighs nothing. */
  function writeContradictions(table: string, heavy: number): void {
    const lines = readFileSync(path.join(runs.root, 'squares', 'numbers.csv'), 'utf8').split('\n');
    const rows = lines.slice(1).map((line, i) => {
      const [file, , , , numbers] = line.split(',');
      const row = Number(numbers!.split(';')[0]);
      return `${file},${i % 2 === 0 ? row : 1 - row},${Number(i % 2 === heavy)}`;
    });
    writeFileSync(
      path.join(runs.root, 'squares', table),
      ['file,target,weight', ...rows].join('\n'),
    );
  }

  for (const [heavy, what] of ['rows', 'opposites'].entries()) {
    it(`learns the ${what} where only these count`, async () => {
      const table = `${what}.csv`;
      writeContradictions(table, heavy);
      const source = { type: 'imageFolder', path: 'squares', table, target: 'numbers' };
      const dense = (units: number, activation: string) => ({ type: 'dense', units, activation });
      const changes = {
        data: { source: { ...source, size: [size, size] } },
        model: { layers: [{ type: 'flatten' }, dense(32, 'relu'), dense(1, 'linear')] },
        loss: { type: 'meanSquaredError' },
        metrics: ['meanSquaredError'],
        training: { epochs: 40, batchSize: 16 },
      };
      const { results } = await trained(changes, 'numbers');
      const { loss, metrics, baseline } = results;
      assert.ok(loss < 0.3 * baseline!.loss, `loss ${loss} of ${baseline!.loss}`);
      // A half that has the opposite of what was learned is off by (1 − 2 row)², 0.36 in the mean.
      assert.ok(metrics['meanSquaredError']! > 0.1, `error ${metrics['meanSquaredError']}`);
      assert.ok(baseline!.loss < 0.7 * baseline!.metrics['meanSquaredError']!);
    });
  }
});

describe('a network with an output for each label', () => {
  before(() => writeSquares(path.join(runs.root, 'squares'), 160));

  for (const loss of ['sigmoidCrossEntropy', 'sigmoidFocal']) {
    it(`learns several labels by ${loss}, and tells of each`, async () => {
      const dense = (units: number, activation: string) => ({ type: 'dense', units, activation });
      const model = { layers: [{ type: 'flatten' }, dense(32, 'relu'), dense(2, 'linear')] };
      const metrics = ['accuracy', 'macroF1', 'weightedF1', 'rocAuc', 'averagePrecision'];
      const training = { epochs: 40, batchSize: 16 };
      const { results } = await trained(
        { model, loss: { type: loss }, metrics, training },
        'labels',
      );
      assert.equal(results.task, 'multiLabel');
      assert.deepEqual(
        results.perClass!.map(({ name }) => name),
        ['left', 'top'],
      );
      for (const { name, count, precision, recall, f1, intervals } of results.perClass!) {
        assert.ok(count > 5 && count < 32, `${name}: ${count}`);
        assert.ok(Math.min(precision, recall, f1) > 0.75, `${name}: ${precision}, ${recall}`);
        assert.ok(intervals!['f1'] !== undefined);
      }
      assert.deepEqual(
        results.curves!.map(({ name }) => name),
        ['left', 'top'],
      );
      assert.equal(results.baseline!.name, 'how frequent each label is');
      assert.ok(results.loss < results.baseline!.loss);
      assert.equal(results.confusionMatrix, undefined);
    });
  }
});

describe('a network with one output', () => {
  const losses: readonly object[] = [
    { type: 'sigmoidCrossEntropy' },
    { type: 'weightedSigmoidCrossEntropy', positiveWeight: 2 },
    { type: 'sigmoidFocal' },
    { type: 'hinge' },
  ];
  for (const loss of losses) {
    it(`learns two classes by ${JSON.stringify(loss)}`, async () => {
      const source = { type: 'synthetic', shape: [8, 8, 1], classes: 2, count: 160, noise: 0.1 };
      const folder = await runs.create({
        data: { source, split: { train: 0.6, validation: 0.2, test: 0.2 } },
        augmentation: [],
        physics: [],
        regularization: undefined,
        model: {
          layers: [
            { type: 'conv2d', filters: 8, kernelSize: 3, activation: 'relu' },
            { type: 'globalAveragePooling2d' },
            { type: 'dense', units: 1 },
          ],
        },
        loss,
        optimizer: { type: 'adam', learningRate: 0.03 },
        training: { epochs: 25, batchSize: 16 },
        metrics: ['accuracy', 'macroF1', 'rocAuc', 'averagePrecision', 'brierScore'],
      });
      const { status, message } = await executeRun(folder);
      assert.equal(status, 'finished', message);
      const { train, validation } = readJson<Results>(folder, 'results.json');
      const { metrics, confusionMatrix, perClass, curves, calibration } = validation!;
      assert.ok(metrics['accuracy']! > 0.9 && metrics['rocAuc']! > 0.95, JSON.stringify(metrics));
      assert.ok(metrics['brierScore']! < validation!.baseline!.metrics['brierScore']!);
      assert.equal(confusionMatrix!.length, 2);
      assert.deepEqual([perClass!.length, curves!.length], [2, 2]);
      assert.ok(calibration!.reduce((sum, { count }) => sum + count, 0) === 32);
      // 48 of each class: the logit of ½ is 0, and its Brier score ¼.
      assert.equal(train!.baseline!.metrics['brierScore'], 0.25);
      assert.ok(train!.loss < train!.baseline!.loss);
    });
  }
});

describe('a run', () => {
  const normalizations: readonly object[] = [
    { type: 'percentile', scope: 'instance', lower: 5, upper: 95 },
    { type: 'percentile', scope: 'dataset' },
    { type: 'fixed', mean: [0.5], deviation: 0.3 },
  ];
  for (const normalization of normalizations) {
    it(`trains instrument and network through ${JSON.stringify(normalization)}`, async () => {
      const folder = await runs.create({
        normalization,
        augmentation: [],
        model: {
          layers: [
            { type: 'conv2d', filters: 4, kernelSize: 3, activation: 'relu' },
            { type: 'flatten' },
            { type: 'dense', units: 3 },
          ],
        },
        training: { epochs: 12, batchSize: 16 },
      });
      const { status, message } = await executeRun(folder);
      assert.equal(status, 'finished', message);
      const { train } = readJson<Results>(folder, 'results.json');
      assert.ok(train!.loss < 0.95 * train!.baseline!.loss, `loss ${train!.loss}`);
    });
  }
});

describe('the baseline of classes', () => {
  it('is the most frequent class of the training split', async () => {
    const folder = await runs.create({ metrics: ['accuracy', 'rocAuc', 'macroF1'] });
    await executeRun(folder);
    const { train } = readJson<Results>(folder, 'results.json');
    const { name, loss, metrics } = train!.baseline!;
    assert.equal(name, 'the most frequent class');
    // Three classes of 28 samples: chance, and its cross-entropy.
    assert.ok(Math.abs(loss - Math.log(3)) < 1e-6);
    assert.deepEqual([metrics['accuracy'], metrics['rocAuc']], [1 / 3, 0.5]);
    assert.equal(train!.curves?.length, 3);
    assert.ok((train!.calibration?.length ?? 0) > 0);
  });

  it('is not touched by what the log says of equal images', async () => {
    const folder = path.join(runs.root, 'twins');
    for (let i = 0; i < 30; i++) {
      const file = path.join(folder, `class ${i % 2}`, `${i}.png`);
      mkdirSync(path.dirname(file), { recursive: true });
      const data = new Uint8Array(64).fill(i % 6);
      writeFileSync(file, encode({ width: 8, height: 8, data, channels: 1, depth: 8 }));
    }
    const run = await runs.create({
      data: {
        source: { type: 'imageFolder', path: 'twins', size: [8, 8] },
        split: { train: 0.6, validation: 0.2, test: 0.2 },
      },
      model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
    });
    await executeRun(run);
    assert.match(
      logOf(run),
      /Equal images lie in different splits: \d+ in all, such as twins\/class/,
    );
    assert.ok(readFileSync(path.join(run, 'results.json'), 'utf8').includes('baseline'));
  });
});
