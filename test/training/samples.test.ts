import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { factsOf } from '#common/experiment/check';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import type { Experiment } from '#common/experiment/experiment';
import { readExperiment } from '#common/experiment/read';
import type { Trace } from '#common/experiment/trace';
import type { RunRecord } from '#common/run/record';
import { tags } from '#common/run/series';
import { createRun } from '#runs/folder';
import { summaryOf } from '../../server/cli/summary';
import { openBench } from '../../server/training/run/bench';
import { executeRun } from '../../server/training/run/execute';
import { checkMemory } from '../../server/training/run/memory';
import { readPlan } from '../../server/training/run/plan';
import type { Results } from '../../server/training/run/results';
import { readJson, seriesOf } from './support';

const checkout = path.join(__dirname, '../..');
const root = mkdtempSync(path.join(tmpdir(), 'lightbench-samples-'));

after(() => rmSync(root, { recursive: true, force: true }));

const folder = path.join(checkout, 'samples');
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.experiment.json'))
  .map((file) => file.replaceAll(path.sep, '/').replace('.experiment.json', ''))
  .sort();

/** What a sample takes to its end may cost so many multiply-adds in a test; beyond that it takes one step. */
const affordable = 2e11;

/** What a trained sample must have come to, beside a smaller loss. */
const goals: Readonly<Record<string, (record: RunRecord, runFolder: string) => unknown>> = {
  'mnist/lenet': (record) => assertAccuracy(record, 0.96),
  // 27 images decide; a third is right by chance.
  'images/micrographs': (record) => assertAccuracy(record, 0.85),
  'images/labels': (_record, runFolder) => {
    const { validation } = readJson<Results>(runFolder, 'results.json');
    assert.deepEqual([validation!.task, validation!.perClass!.length], ['multiLabel', 3]);
    // Every second image has a label: always yes has an F1 of two thirds.
    for (const { name, f1 } of validation!.perClass!) assert.ok(f1 > 0.75, `${name}: ${f1}`);
  },
  'images/segmentation': async (_record, runFolder) => {
    const { validation } = readJson<Results>(runFolder, 'results.json');
    const { metrics, perClass, terms, loss } = validation!;
    assert.ok(metrics['iou']! > 0.5 && metrics['dice']! > 0.65, JSON.stringify(metrics));
    for (const { name, iou } of perClass!) assert.ok(iou! > 0.3, `${name}: ${iou}`);
    const [crossEntropy, dice] = [terms!['loss.softmaxCrossEntropy']!, terms!['loss.dice']!];
    assert.ok(Math.abs(crossEntropy + dice - loss) < 1e-9);
    const { values } = await seriesOf(runFolder, 'validation', tags.epoch('loss.dice'));
    assert.ok(values.at(-1)! < 0.5 * values[0]!, `${[...values]}`);
  },
  'networks/lenet5': (record) => assertAccuracy(record, 0.95),
  // Without dropout or a penalty, these two come to 60 %.
  'toolbox/dropout': (record) => assertAccuracy(record, 0.8),
  'toolbox/regularization': (record) => assertAccuracy(record, 0.85),
  // With the objective left as it is, it stays near 75 %.
  'physics/aberrated-digits': (record) => assertAccuracy(record, 0.92),
  // Of kernels that nobody has trained.
  'toolbox/freezing': (record) => assertAccuracy(record, 0.95),
  'physics/blurred-digits': async (record, runFolder) => {
    const { values } = await seriesOf(runFolder, 'train', tags.physics('gaussianBlur', 'sigmaPx'));
    assert.ok(Math.abs(values[0]! - 2) < 0.05, `first ${values[0]}`);
    assert.ok(values.at(-1)! < 1, `last ${values.at(-1)}`);
    // With the lens left at 2 pixels it stays near 70 %.
    assertAccuracy(record, 0.95);
  },
};

function assertAccuracy({ latest }: RunRecord, least: number): void {
  const accuracy = latest?.validation?.['accuracy'] ?? Number.NaN;
  assert.ok(accuracy >= least, `accuracy ${accuracy}`);
}

interface Sample {
  readonly text: string;
  readonly experiment: Experiment;
  readonly trace: Trace;
}

/** Reads a sample, which must have neither errors nor warnings. */
function open(name: string): Sample {
  const text = readFileSync(fileOf(name), 'utf8');
  const { experiment, trace, problems } = diagnoseExperiment(text);
  assert.deepEqual(problems, [], name);
  assert.ok(experiment !== undefined && trace !== undefined);
  return { text, experiment, trace };
}

function fileOf(name: string): string {
  return path.join(folder, `${name}.experiment.json`);
}

/** Multiply-adds of all forward passes of training; images in folders, which are not counted yet, are few. */
function costOf({ experiment, trace }: Sample): number {
  const { data, training } = experiment;
  const { count = 0 } = factsOf(data.source);
  return summaryOf(trace).multiplyAdds * count * data.split.train * training.epochs;
}

async function runFolderOf(name: string, text: string): Promise<string> {
  const { experiment } = readExperiment(text);
  assert.ok(experiment);
  const run = { root, experimentFile: fileOf(name), text, experiment, engine: 'auto' } as const;
  return (await createRun(run)).folder;
}

/** Trains a sample with its own data, in this process. */
async function train(name: string, { text }: Sample): Promise<void> {
  const runFolder = await runFolderOf(name, text);
  const record = await executeRun(runFolder);
  assert.equal(record.status, 'finished', record.message);
  const { values } = await seriesOf(runFolder, 'train', tags.epoch('loss'));
  assert.ok(values.at(-1)! < values[0]!, `loss ${[...values]}`);
  await goals[name]?.(record, runFolder);
}

/** One step on one image, of a run that fits in memory as it is written. */
async function takeOneStep(name: string, { text }: Sample): Promise<void> {
  const bench = await openBench(await readPlan(await runFolderOf(name, text)), {});
  try {
    checkMemory(bench);
    const { learner, splits, readBatch } = bench;
    const samples = splits.train.subarray(0, 1);
    const batch = readBatch({ samples, split: 'train', epoch: 0, training: true });
    await learner.fitNormalization([batch]);
    const before = (await learner.train(batch)).perSampleLoss[0]!;
    assert.ok(Number.isFinite(before) && before > 0, `loss ${before}`);
  } finally {
    bench.dispose();
  }
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

  it('have a goal only under the name of a sample', () => {
    assert.deepEqual(
      Object.keys(goals).filter((name) => !names.includes(name)),
      [],
    );
  });

  for (const name of names) {
    const sample = open(name);
    if (costOf(sample) <= affordable) {
      it(`${name} is trained to its end`, () => train(name, sample));
    } else {
      it(`${name} fits in memory and takes a step`, () => takeOneStep(name, sample));
    }
  }
});
