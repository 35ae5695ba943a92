import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createProfiler, sharesOf } from '../../../server/training/run/profiler';

const step = [
  { name: 'conv2d', startMs: 10, durationMs: 3 },
  { name: 'add', startMs: 13, durationMs: 0.5 },
  { name: 'conv2d', startMs: 14, durationMs: 0.5 },
];

describe('the profiler', () => {
  it('gives the mean of every kernel over the steps, the largest first', () => {
    const second = [{ name: 'add', startMs: 20, durationMs: 2 }];
    assert.deepEqual(sharesOf([step, second]), [
      { name: 'conv2d', calls: 1, milliseconds: 1.75, share: 3.5 / 6 },
      { name: 'add', calls: 1, milliseconds: 1.25, share: 2.5 / 6 },
    ]);
  });

  it('lets the first steps pass, watches twenty, and writes a trace in microseconds', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-profile-'));
    try {
      const profiler = createProfiler(folder);
      let watched = 0;
      for (let i = 0; i < 40; i++) {
        if (profiler.isWatching) watched++;
        profiler.next(profiler.isWatching ? step : undefined);
        if (i < 2) assert.equal(profiler.isWatching, false);
      }
      assert.equal(watched, 20);
      const event = await profiler.finish();
      assert.equal(event?.steps, 20);
      const { traceEvents } = JSON.parse(readFileSync(event.file, 'utf8')) as {
        readonly traceEvents: readonly Readonly<Record<string, unknown>>[];
      };
      assert.equal(traceEvents.length, 60);
      const { name, ph, ts, dur } = traceEvents[1]!;
      assert.deepEqual({ name, ph, ts, dur }, { name: 'add', ph: 'X', ts: 3000, dur: 500 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('has nothing to say of a run that was too short', async () => {
    const profiler = createProfiler('nowhere');
    profiler.next();
    assert.equal(await profiler.finish(), undefined);
  });
});
