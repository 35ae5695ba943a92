import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { encode } from 'fast-png';
import { openDataset } from '../../server/training/data/dataset';
import { splitDataset } from '../../server/training/data/split';
import { evaluateRun } from '../../server/training/run/evaluate';
import { executeRun } from '../../server/training/run/execute';
import type { Results } from '../../server/training/run/results';
import { readTestLog } from '../../server/training/run/seal';
import { arraysOf, makeRuns, readJson, resolve, seriesOf } from './support';

const runs = makeRuns();
after(() => runs.remove());

async function finishedRun(changes: object = {}): Promise<string> {
  const folder = await runs.create(changes);
  await executeRun(folder);
  return folder;
}

describe('the test split', () => {
  it('is sealed until it is opened with a reason', async () => {
    const folder = await finishedRun();
    assert.equal(existsSync(path.join(folder, 'test-log.jsonl')), false);
    assert.equal(existsSync(path.join(folder, 'test')), false);
    assert.equal('test' in readJson<Results>(folder, 'results.json'), false);
    for (const openReason of [undefined, '', '  ']) {
      await assert.rejects(evaluateRun(folder, 'test', { openReason }), { code: 'test/sealed' });
    }
    assert.equal(existsSync(path.join(folder, 'test-log.jsonl')), false);

    const results = await evaluateRun(folder, 'test', { openReason: 'the report' });
    assert.equal(results.split, 'test');
    assert.equal(results.count, 18);
    assert.deepEqual(readJson<Results>(folder, 'results.json').test, results);
    assert.equal(readJson<Results>(folder, 'results.json').train?.count, 84);
    assert.equal((await seriesOf(folder, 'test', 'epoch_loss')).values.length, 1);

    // Open is open, and the same weights give the same figures.
    assert.deepEqual(await evaluateRun(folder, 'test'), results);
  });

  it('keeps a log of its openings that is chained by hashes', async () => {
    const folder = await finishedRun();
    await evaluateRun(folder, 'test', { openReason: 'first' });
    await evaluateRun(folder, 'test');
    await evaluateRun(folder, 'test', { openReason: 'third' });
    const file = path.join(folder, 'test-log.jsonl');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const entries = lines.map((line) => JSON.parse(line) as { reason: string; previous: string });
    assert.deepEqual(
      entries.map(({ reason }) => reason),
      ['first', 'Evaluated again.', 'third'],
    );
    assert.deepEqual(
      entries.map(({ previous }) => previous),
      ['', ...lines.slice(0, 2)].map(sha256),
    );
    assert.equal((await readTestLog(folder)).isIntact, true);
    writeFileSync(file, readFileSync(file, 'utf8').replace('first', 'FIRST'));
    assert.equal((await readTestLog(folder)).isIntact, false);
  });

  it('has no influence on training, whatever its images are', async () => {
    const images = path.join(runs.root, 'images');
    const source = { type: 'imageFolder', path: 'images', size: [8, 8] } as const;
    const changes = { data: { source, split: { train: 0.6, validation: 0.2, test: 0.2 } } };
    writeImages(images, () => false);
    const first = await finishedRun(changes);

    const { seed, data } = resolve(changes);
    const dataset = await openDataset(data.source, { baseFolder: runs.root, seed });
    const { test } = splitDataset(dataset, data.split, seed);
    assert.ok(test.length >= 6);
    writeImages(images, (sample) => test.includes(sample));
    const second = await finishedRun(changes);

    assert.notDeepEqual(fingerprintOf(first), fingerprintOf(second));
    assert.deepEqual(arraysOf(first), arraysOf(second));
    assert.deepEqual(readJson(first, 'results.json'), readJson(second, 'results.json'));
    // The comparison would show a difference if there were one: the test split itself does.
    const now = await evaluateRun(second, 'test', { openReason: 'to compare' });
    writeImages(images, () => false);
    const before = await evaluateRun(first, 'test', { openReason: 'to compare' });
    assert.notEqual(now.loss, before.loss);
  });
});

/** 12 images of each of three classes: a bright stripe; those that are asked for are inverted. */
function writeImages(folder: string, isInverted: (sample: number) => boolean): void {
  for (let sample = 0; sample < 36; sample++) {
    const stripe = Math.floor(sample / 12);
    const data = Uint8Array.from({ length: 64 }, (_, i) => {
      const value = Math.floor((i % 8) / 3) === stripe ? 200 + sample : 20 + (i % 7);
      return isInverted(sample) ? 255 - value : value;
    });
    const group = path.join(folder, `stripe ${stripe}`);
    mkdirSync(group, { recursive: true });
    const file = path.join(group, `${String(sample).padStart(2, '0')}.png`);
    writeFileSync(file, encode({ width: 8, height: 8, data, channels: 1, depth: 8 }));
  }
}

function fingerprintOf(folder: string): unknown {
  return readJson<Record<string, unknown>>(folder, 'run.json')['dataFingerprint'];
}

describe('evaluating a run', () => {
  it('is refused where its samples would be divided otherwise than they were', async () => {
    const folder = await finishedRun({ training: { epochs: 1, batchSize: 16 } });
    const file = path.join(folder, 'run.json');
    const record = readJson<{ splitFingerprints: Record<string, string> }>(folder, 'run.json');
    const splitFingerprints = { ...record.splitFingerprints, test: 'a'.repeat(64) };
    writeFileSync(file, JSON.stringify({ ...record, splitFingerprints }));
    await assert.rejects(evaluateRun(folder, 'test', { openReason: 'a try' }), {
      code: 'data/split-changed',
      message:
        /its test split had the fingerprint aaaaaaaaaaaa when.* has [0-9a-f]{12} now\. Go on/,
    });
    assert.equal(existsSync(path.join(folder, 'test-log.jsonl')), false);
  });

  it('gives the results that training wrote, noise included', async () => {
    const folder = await finishedRun();
    const { train, validation } = readJson<Results>(folder, 'results.json');
    assert.deepEqual(await evaluateRun(folder, 'validation'), validation);
    assert.deepEqual(await evaluateRun(folder, 'train'), train);
  });

  it('has figures that fit together', async () => {
    const folder = await finishedRun();
    const {
      confusionMatrix = [],
      count,
      metrics,
      perClass = [],
    } = await evaluateRun(folder, 'train');
    const all = confusionMatrix.flat().reduce((sum, n) => sum + n, 0);
    const right = confusionMatrix.reduce((sum, row, i) => sum + row[i]!, 0);
    assert.equal(all, count);
    assert.equal(metrics['accuracy'], right / count);
    assert.deepEqual(
      perClass.map((one) => one.count),
      [28, 28, 28],
    );
  });

  it('is refused for a run that has no weights yet', async () => {
    const folder = await runs.create();
    await assert.rejects(evaluateRun(folder, 'validation'), { code: 'run/live' });
  });

  it('uses the best weights where early stopping restores them', async () => {
    const folder = await finishedRun({
      optimizer: { type: 'adam', learningRate: 0.08 },
      training: { epochs: 30, batchSize: 16, earlyStopping: { patience: 2 } },
    });
    const { best, latest } = readJson<{
      best: { validation: { loss: number } };
      latest: { validation: { loss: number } };
    }>(folder, 'run.json');
    const { loss } = await evaluateRun(folder, 'validation');
    assert.equal(loss, best.validation.loss);
    assert.notEqual(loss, latest.validation.loss);
  });
});
