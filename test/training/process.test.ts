import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import * as path from 'node:path';
import type { RunRecord } from '#common/run/record';
import { attachToRun, type RunConnection } from '#runs/attach';
import { readRun } from '#runs/folder';
import { arraysOf, curvesOf, logOf, makeRuns, readJson } from './support';

const entry = path.resolve(__dirname, '../../dist/training.js');
const runs = makeRuns();
after(() => runs.remove());

/** Long enough to be met in the middle, with many writes to be killed in. */
const longer = { training: { epochs: 12, batchSize: 8 } };
const endless = { training: { epochs: 100_000, batchSize: 8 } };

interface Trainer {
  readonly child: ChildProcess;
  /** Exit code, or the signal that ended it, and what it said. */
  readonly ended: Promise<{ readonly code: number | string; readonly said: string }>;
}

const trainers = new Set<ChildProcess>();
afterEach(() => {
  for (const child of trainers) child.kill('SIGKILL');
  trainers.clear();
});

function startTrainer(...args: readonly string[]): Trainer {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  trainers.add(child);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => ({
    code: code ?? signal ?? 'unknown',
    said,
  }));
  return { child, ended };
}

/** Calls back at every write into a run folder; counts are moments in the course of a run. */
function onWrites(folder: string, listener: (count: number) => void): () => void {
  let count = 0;
  const folders = [folder, path.join(folder, 'checkpoints')];
  const watchers = folders.map((one) => watch(one, () => listener(++count)));
  return () => watchers.forEach((one) => one.close());
}

/** Waits until the run folder fulfils a condition, looking again at every write. */
async function untilRun(
  folder: string,
  trainer: Trainer,
  isReached: (record: RunRecord) => boolean,
): Promise<RunRecord> {
  let wake = () => {};
  const stopWatching = onWrites(folder, () => wake());
  const failed = trainer.ended.then(({ code, said }) => {
    throw new Error(`The trainer ended with ${code} before its time. ${said}`);
  });
  try {
    for (;;) {
      const written = new Promise<void>((resolve) => (wake = resolve));
      const record = await readRun(folder);
      if (isReached(record)) return record;
      await Promise.race([written, failed]);
    }
  } finally {
    failed.catch(() => undefined);
    stopWatching();
  }
}

async function attach(folder: string, trainer: Trainer): Promise<RunConnection> {
  return attachToRun(await untilRun(folder, trainer, (record) => record.process !== undefined));
}

describe('a trainer that is killed', () => {
  const kills = Number(process.env['LIGHTBENCH_KILLS'] ?? 3);
  let undisturbed = '';
  let writes = 0;

  before(async function () {
    undisturbed = await runs.create(longer);
    const stopWatching = onWrites(undisturbed, (count) => (writes = count));
    const { code, said } = await startTrainer('run', undisturbed).ended;
    stopWatching();
    assert.equal(code, 0, said);
    assert.ok(writes > 20);
  });

  for (let kill = 1; kill <= kills; kill++) {
    it(`at a random moment (${kill}) is interrupted, resumes, and ends with the same weights`, async () => {
      const folder = await runs.create(longer);
      const moment = Math.ceil(Math.random() * writes * 0.8);
      const trainer = startTrainer('run', folder);
      const stopWatching = onWrites(folder, (count) => {
        if (count === moment) trainer.child.kill('SIGKILL');
      });
      const { code } = await trainer.ended;
      stopWatching();
      const where = `killed at write ${moment} of ${writes}`;
      assert.equal(code, 'SIGKILL', where);
      // Killed before it could say that it is there, the run still waits to be started.
      assert.match((await readRun(folder)).status, /interrupted|queued/, where);
      const resumed = await startTrainer('run', folder).ended;
      assert.equal(resumed.code, 0, `${where}: ${resumed.said}\n${logOf(folder)}`);
      assert.deepEqual(arraysOf(folder), arraysOf(undisturbed), where);
      assert.deepEqual(await curvesOf(folder), await curvesOf(undisturbed), where);
      const [is, was] = [folder, undisturbed].map((one) => readJson(one, 'results.json'));
      assert.deepEqual(is, was, where);
    });
  }
});

describe('a trainer that is told to', () => {
  it('pauses, continues and stops', async () => {
    const folder = await runs.create(endless);
    const trainer = startTrainer('run', folder);
    const connection = await attach(folder, trainer);
    assert.deepEqual(await connection.request('run/pause', {}), { status: 'paused' });
    const paused = await readRun(folder);
    assert.equal(paused.status, 'paused');
    assert.deepEqual(await connection.request('run/continue', {}), { status: 'running' });
    await untilRun(folder, trainer, ({ progress }) => progress.epoch > paused.progress.epoch + 1);
    assert.deepEqual(await connection.request('run/stop', {}), { status: 'stopped' });
    assert.equal((await trainer.ended).code, 0);
    const stopped = await readRun(folder);
    assert.equal(stopped.status, 'stopped');
    assert.equal(stopped.process, undefined);
    const results = readJson<{ validation: { loss: number } }>(folder, 'results.json');
    assert.ok(Number.isFinite(results.validation.loss));
  });

  it('stops in a pause', async () => {
    const folder = await runs.create(endless);
    const trainer = startTrainer('run', folder);
    const connection = await attach(folder, trainer);
    await connection.request('run/pause', {});
    assert.deepEqual(await connection.request('run/stop', {}), { status: 'stopped' });
    assert.equal((await trainer.ended).code, 0);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`stops softly at ${signal}`, async function () {
      // Windows ends a process at once, whatever the signal is called.
      if (process.platform === 'win32') return;
      const folder = await runs.create(endless);
      const trainer = startTrainer('run', folder);
      await untilRun(folder, trainer, ({ progress }) => progress.epoch >= 2);
      trainer.child.kill(signal);
      assert.equal((await trainer.ended).code, 130);
      const record = await readRun(folder);
      assert.equal(record.status, 'stopped');
      assert.match(record.message ?? '', /signal\. Resume/);
    });
  }

  it('tells everybody who is attached that the folder has changed', async () => {
    const folder = await runs.create(endless);
    const trainer = startTrainer('run', folder);
    const connections = await Promise.all([attach(folder, trainer), attach(folder, trainer)]);
    const statuses = await Promise.all(
      connections.map(
        (one) => new Promise((resolve) => one.onChanged(({ status }) => resolve(status))),
      ),
    );
    assert.deepEqual(statuses, ['running', 'running']);
    await connections[0].request('run/stop', {});
  });

  it('refuses to train what another one trains', async () => {
    const folder = await runs.create(endless);
    const trainer = startTrainer('run', folder);
    await untilRun(folder, trainer, ({ status }) => status === 'running');
    const second = await startTrainer('run', folder).ended;
    assert.equal(second.code, 1);
    assert.match(second.said, /is going on in process \d+\. Watch it, or stop it first/);
    assert.equal((await readRun(folder)).status, 'running');
  });
});

describe('the exit code of a trainer', () => {
  const cases: readonly (readonly [string, () => Promise<readonly string[]>, number, RegExp])[] = [
    ['without a verb', () => Promise.resolve([]), 1, /Usage/],
    ['without a folder', () => Promise.resolve(['run']), 1, /Usage/],
    ['for a folder without a run', () => Promise.resolve(['run', runs.root]), 1, /There is no run/],
    [
      'for a run that fails',
      async () => [
        'run',
        await runs.create({
          model: {
            layers: [
              { type: 'flatten' },
              { type: 'dense', units: 30 },
              { type: 'dense', units: 3 },
            ],
          },
          optimizer: { type: 'sgd', learningRate: 100 },
          loss: { type: 'meanSquaredError' },
        }),
      ],
      3,
      /Training stopped at epoch/,
    ],
    [
      'for data that are not there',
      async () => [
        'run',
        await runs.create({
          data: { source: { type: 'imageFolder', path: 'nowhere', size: [8, 8] } },
        }),
      ],
      1,
      /nowhere/,
    ],
  ];
  for (const [what, argumentsOf, expected, message] of cases) {
    it(`is ${expected} ${what}`, async () => {
      const { code, said } = await startTrainer(...(await argumentsOf())).ended;
      assert.equal(code, expected, said);
      assert.match(said, message);
    });
  }
});
