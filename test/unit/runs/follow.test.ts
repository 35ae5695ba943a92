import assert from 'node:assert/strict';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { CodedError } from '#common/protocol/rpc';
import { eventFiles, openEventLog } from '#runs/eventLog';
import { listRuns, readRecord, writeRecord } from '#runs/folder';
import { openRunFollower, type RunFollower } from '#runs/follow';
import { createSampleRun, removeTemporaryFolders, temporaryFolder } from './sample';

afterEach(removeTemporaryFolders);

async function sampleFolder(): Promise<string> {
  return (await createSampleRun(temporaryFolder())).folder;
}

/** Series as plain text for comparison: `train loss 1:0.5 2:0.25`. */
function seriesText(follower: RunFollower): string[] {
  return follower.series().map(({ split, tag, steps, values }) => {
    const points = [...steps].map((step, i) => `${step}:${values[i]}`);
    return [split, tag, ...points].join(' ');
  });
}

async function logSteps(
  folder: string,
  steps: readonly number[],
  valueOf: (step: number) => number,
  resumeStep?: number,
): Promise<void> {
  const log = await openEventLog(folder, resumeStep === undefined ? {} : { resumeStep });
  for (const step of steps) log.scalars(step, 100 + step, new Map([['loss', valueOf(step)]]));
  await log.close();
}

describe('a run is followed', () => {
  it('as its logs grow, with only the new points in each change', async () => {
    const folder = await sampleFolder();
    const follower = await openRunFollower(folder);
    assert.deepEqual(follower.series(), []);
    const train = await openEventLog(path.join(folder, 'train'));
    train.scalars(1, 10.5, new Map(Object.entries({ loss: 1.5, accuracy: 0.25 })));
    assert.deepEqual((await follower.refresh()).series, [], 'nothing is seen before a flush');
    await train.flush();
    assert.deepEqual((await follower.refresh()).series, [
      {
        split: 'train',
        tag: 'loss',
        from: 0,
        steps: Uint32Array.of(1),
        values: Float64Array.of(1.5),
        times: Float64Array.of(10.5),
      },
      {
        split: 'train',
        tag: 'accuracy',
        from: 0,
        steps: Uint32Array.of(1),
        values: Float64Array.of(0.25),
        times: Float64Array.of(10.5),
      },
    ]);
    train.scalars(2, 11, new Map([['loss', 0.5]]));
    await train.flush();
    const change = await follower.refresh();
    assert.deepEqual(
      change.series.map(({ tag, from, steps }) => [tag, from, [...steps]]),
      [['loss', 1, [2]]],
    );
    assert.equal(change.series[0]?.steps.buffer.byteLength, 4, 'columns are of their own size');
    assert.deepEqual((await follower.refresh()).series, []);
    await train.close();
    assert.deepEqual(seriesText(follower), ['train loss 1:1.5 2:0.5', 'train accuracy 1:0.25']);
  });

  it('over a resume, which overwrites what lies at its step and after it', async () => {
    const folder = await sampleFolder();
    const train = path.join(folder, 'train');
    await logSteps(train, [1, 2, 3, 4, 5], () => 1);
    await logSteps(path.join(folder, 'validation'), [1, 5], () => 1);
    const follower = await openRunFollower(folder);
    await logSteps(train, [], () => 2, 3);
    const purged = await follower.refresh();
    assert.deepEqual(
      purged.series.map(({ split, from, steps }) => [split, from, steps.length]),
      [['train', 2, 0]],
    );
    await logSteps(train, [3, 4], () => 2, 3);
    const expected = ['train loss 1:1 2:1 3:2 4:2', 'validation loss 1:1 5:1'];
    const change = await follower.refresh();
    assert.deepEqual([change.series[0]?.from, [...change.series[0]!.steps]], [2, [3, 4]]);
    assert.deepEqual(seriesText(follower), expected);
    // A reader that comes later sees the same.
    assert.deepEqual(seriesText(await openRunFollower(folder)), expected);
    assert.equal((await eventFiles(train)).length, 3);
  });

  it('with steps that always rise, even when a session repeats some', async () => {
    const folder = await sampleFolder();
    await logSteps(path.join(folder, 'train'), [1, 2, 3], () => 1);
    await logSteps(path.join(folder, 'train'), [2], () => 2);
    assert.deepEqual(seriesText(await openRunFollower(folder)), ['train loss 1:1 2:2']);
  });

  it('with many points, as fast as they can be read', async () => {
    const folder = await sampleFolder();
    const steps = Array.from({ length: 50_000 }, (_, i) => i);
    await logSteps(path.join(folder, 'train'), steps, (step) => step % 7);
    const [series] = (await openRunFollower(folder)).series();
    assert.equal(series?.steps.length, 50_000);
    assert.deepEqual(series.steps, Uint32Array.from(steps));
    assert.deepEqual(
      series.values,
      Float64Array.from(steps, (step) => step % 7),
    );
  });

  it('with histograms', async () => {
    const folder = await sampleFolder();
    const log = await openEventLog(path.join(folder, 'train'));
    const follower = await openRunFollower(folder);
    for (const step of [1, 2]) log.histogram(step, step, 'dense/kernel', Float32Array.of(0, step));
    await log.close();
    const tag = { split: 'train', tag: 'dense/kernel' } as const;
    assert.deepEqual((await follower.refresh()).histograms, [tag]);
    assert.deepEqual((await follower.refresh()).histograms, []);
    assert.deepEqual(follower.histogramTags(), [tag]);
    const points = follower.histograms('train', 'dense/kernel');
    assert.deepEqual(
      points.map(({ step, histogram }) => [step, histogram.maximum, histogram.count]),
      [
        [1, 1, 2],
        [2, 2, 2],
      ],
    );
    assert.deepEqual(follower.histograms('train', 'none'), []);
  });

  it('with its record', async () => {
    const folder = await sampleFolder();
    const follower = await openRunFollower(folder);
    assert.equal((await follower.refresh()).record, false);
    const record = { ...(await readRecord(folder)), status: 'finished' } as const;
    await writeRecord(folder, record);
    assert.equal((await follower.refresh()).record, true);
    assert.deepEqual(follower.record, record);
    assert.equal((await follower.refresh()).record, false);
  });

  it('until it is removed', async () => {
    const folder = await sampleFolder();
    const follower = await openRunFollower(folder);
    rmSync(folder, { recursive: true });
    await assert.rejects(
      follower.refresh(),
      (error) => error instanceof CodedError && error.code === 'run/not-found',
    );
    follower.dispose();
    assert.deepEqual((await follower.refresh()).series, []);
  });

  it('past half a record that is completed, taken back or damaged', async () => {
    const folder = await sampleFolder();
    await logSteps(path.join(folder, 'train'), [1, 2], () => 1);
    const [name = ''] = await eventFiles(path.join(folder, 'train'));
    const file = path.join(folder, 'train', name);
    const whole = readFileSync(file);
    truncateSync(file, whole.length - 3);
    const follower = await openRunFollower(folder);
    assert.deepEqual(seriesText(follower), ['train loss 1:1']);
    assert.deepEqual((await follower.refresh()).problems, []);
    // Taken back to the last whole record, which another one of the same length then follows.
    writeFileSync(file, whole);
    await follower.refresh();
    assert.deepEqual(seriesText(follower), ['train loss 1:1 2:1']);
    appendFileSync(file, Buffer.alloc(20, 1));
    const { problems } = await follower.refresh();
    assert.match(problems[0] ?? '', new RegExp(`${name} is damaged at byte ${whole.length}`));
    assert.deepEqual((await follower.refresh()).problems, problems, 'it stays said');
    assert.deepEqual(seriesText(follower), ['train loss 1:1 2:1']);
  });
});

describe('the metrics log', () => {
  it('of a resume sorts after all that are there', async () => {
    const folder = temporaryFolder();
    const future = 'events.out.tfevents.4000000000.lightbench.1.0';
    writeFileSync(path.join(folder, future), '');
    const log = await openEventLog(folder, { resumeStep: 3 });
    await log.close();
    assert.deepEqual((await eventFiles(folder)).indexOf(path.basename(log.file)), 1);
  });

  it('keeps the order of flushes that overlap', async () => {
    const folder = await sampleFolder();
    const log = await openEventLog(path.join(folder, 'train'));
    const flushes: Promise<void>[] = [];
    for (let step = 0; step < 200; step++) {
      log.scalars(step, step, new Map([['loss', step]]));
      if (step % 3 === 0) flushes.push(log.flush());
    }
    await Promise.all(flushes);
    await log.close();
    const [series] = (await openRunFollower(folder)).series();
    assert.deepEqual(
      series?.steps,
      Uint32Array.from({ length: 200 }, (_, i) => i),
    );
  });
});

describe('a damaged run folder', () => {
  /** All files of the folder, deep. */
  function filesOf(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  }

  it('cut anywhere in any file still opens, or is listed with its problem', async () => {
    const root = temporaryFolder();
    const { folder } = await createSampleRun(root);
    await logSteps(path.join(folder, 'train'), [1, 2, 3], (step) => step);
    await logSteps(path.join(folder, 'train'), [3, 4], (step) => step, 3);
    await logSteps(path.join(folder, 'validation'), [2, 4], (step) => step);
    const contents = new Map(filesOf(folder).map((file) => [file, readFileSync(file)]));
    const files = [...contents.keys()];
    const place = fc.record({
      file: fc.constantFrom(...files),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      noise: fc.uint8Array({ maxLength: 8 }),
    });
    const check = async (cut: { file: string; part: number; noise: Uint8Array }) => {
      for (const [file, content] of contents) writeFileSync(file, content);
      const content = contents.get(cut.file)!;
      const kept = content.subarray(0, Math.floor(content.length * cut.part));
      writeFileSync(cut.file, Buffer.concat([kept, cut.noise]));
      const [entry] = await listRuns(root);
      const isRecord = path.basename(cut.file) === 'run.json';
      if (entry?.record === undefined) {
        assert.ok(isRecord && /run\.json cannot be read/.test(entry?.problem ?? ''));
        return;
      }
      const follower = await openRunFollower(folder);
      for (const { split, steps, values } of follower.series()) {
        const all = split === 'train' ? [1, 2, 3, 4] : [2, 4];
        assert.ok([...steps].every((step, i) => all.includes(step) && step > (steps[i - 1] ?? 0)));
        assert.deepEqual([...values], [...steps]);
      }
      follower.dispose();
    };
    await fc.assert(fc.asyncProperty(place, check), { numRuns: 200 });
  });
});
