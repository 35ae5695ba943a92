import assert from 'node:assert/strict';
import { attachToRun } from '#runs/attach';
import { readRun } from '#runs/folder';
import { executeRun } from '../../server/training/run/execute';
import { createSwitchboard } from '../../server/training/run/switchboard';
import { arraysOf, makeRuns } from './support';

const runs = makeRuns();
after(() => runs.remove());

describe('a paused run', () => {
  it('that everybody has left ends as interrupted, and resumes', async () => {
    const folder = await runs.create();
    let pausing: Promise<void> | undefined;
    const record = await executeRun(folder, {
      pausedLimitMs: 40,
      reportIntervalMs: 0,
      onEvent({ event }) {
        if (event === 'progress') pausing ??= pauseAndLeave(folder);
      },
    });
    await pausing;
    assert.equal(record.status, 'interrupted');
    assert.match(record.message ?? '', /nobody attached. Resume/);
    assert.equal((await readRun(folder)).status, 'interrupted');

    assert.equal((await executeRun(folder)).status, 'finished');
    const undisturbed = await runs.create();
    await executeRun(undisturbed);
    assert.deepEqual(arraysOf(folder), arraysOf(undisturbed));
  });
});

async function pauseAndLeave(folder: string): Promise<void> {
  const connection = await attachToRun(await readRun(folder));
  assert.deepEqual(await connection.request('run/pause', {}), { status: 'paused' });
  connection.dispose();
}

describe('requests to a run', () => {
  it('answer when they have taken effect', async () => {
    const board = createSwitchboard();
    const answers: string[] = [];
    const pausing = board.pause().then((status) => answers.push(`pause ${status}`));
    assert.deepEqual(board.wish, { kind: 'pause' });
    assert.equal(answers.length, 0);
    board.report('paused');
    await pausing;
    const stopping = board.stop('request').then((status) => answers.push(`stop ${status}`));
    assert.equal(board.signal.aborted, true);
    board.end('stopped');
    await stopping;
    assert.deepEqual(answers, ['pause paused', 'stop stopped']);
  });

  it('end even if the run ends before them', async () => {
    const board = createSwitchboard();
    const waiting = [board.pause(), board.stop('request')];
    board.end('failed');
    assert.deepEqual(await Promise.all([...waiting, board.continue(), board.pause()]), [
      'failed',
      'failed',
      'failed',
      'failed',
    ]);
  });

  it('cannot take back a stop', async () => {
    const board = createSwitchboard();
    const stopping = board.stop('request');
    const continuing = board.continue();
    assert.deepEqual(board.wish, { kind: 'stop', reason: 'request' });
    board.end('stopped');
    // It does run, until the stop takes effect.
    assert.deepEqual(await Promise.all([stopping, continuing]), ['stopped', 'running']);
  });
});
