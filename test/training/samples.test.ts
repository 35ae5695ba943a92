import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { readExperiment } from '#common/experiment/read';
import type { RunRecord } from '#common/run/record';
import { tags } from '#common/run/series';
import { createRun } from '#runs/folder';
import { executeRun } from '../../server/training/run/execute';
import { seriesOf } from './support';

const checkout = path.join(__dirname, '../..');
const root = mkdtempSync(path.join(tmpdir(), 'lightbench-samples-'));

after(() => rmSync(root, { recursive: true, force: true }));

/** Trains a sample with its own data, in this process. */
async function train(name: string): Promise<{ folder: string; record: RunRecord }> {
  const experimentFile = path.join(checkout, 'samples', `${name}.experiment.json`);
  const text = readFileSync(experimentFile, 'utf8');
  const { experiment } = readExperiment(text);
  assert.ok(experiment, name);
  const { folder } = await createRun({ root, experimentFile, text, experiment, engine: 'auto' });
  return { folder, record: await executeRun(folder) };
}

function validationAccuracy({ status, latest }: RunRecord): number {
  assert.equal(status, 'finished');
  return latest?.validation?.['accuracy'] ?? Number.NaN;
}

describe('the samples', () => {
  it('digits comes to 97 % of the validation split, from the built command line', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      path.join(checkout, 'dist/cli.js'),
      'train',
      path.join(checkout, 'samples/digits/digits.experiment.json'),
      '--json',
      '--out',
      root,
    ]);
    const end = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
      status: string;
      results: { validation: { accuracy: number } };
    };
    assert.equal(end.status, 'finished');
    assert.ok(end.results.validation.accuracy >= 0.97, stdout);
  });

  it('mnist comes to 96 % of the validation split in three epochs', async () => {
    const { record } = await train('mnist/lenet');
    const accuracy = validationAccuracy(record);
    assert.ok(accuracy >= 0.96, `accuracy ${accuracy}`);
  });

  it('blurred digits focuses the lens, and can then be read', async () => {
    const { folder, record } = await train('physics/blurred-digits');
    const tag = tags.physics('gaussianBlur', 'sigmaPx');
    const { values } = await seriesOf(folder, 'train', tag);
    assert.ok(Math.abs(values[0]! - 2) < 0.05, `first ${values[0]}`);
    assert.ok(values.at(-1)! < 1, `last ${values.at(-1)}`);
    // With the lens left at 2 pixels it stays near 70 %.
    const accuracy = validationAccuracy(record);
    assert.ok(accuracy >= 0.95, `accuracy ${accuracy}`);
  });

  it('micrographs tells beads, fibres and rings apart', async () => {
    const { record } = await train('images/micrographs');
    // 27 images decide; a third is right by chance.
    const accuracy = validationAccuracy(record);
    assert.ok(accuracy >= 0.85, `accuracy ${accuracy}`);
  });
});
