import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import type { RunRecord } from '#common/run/record';
import { openEventLog } from '#runs/eventLog';
import { createRun, readRecord, writeRecord } from '#runs/folder';
import { openRunFeed } from '../../../extension/panel/runFeed';

const text = JSON.stringify({
  version: 1,
  name: 'fed',
  data: { source: { type: 'digits' } },
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 10 }] },
  loss: { type: 'softmaxCrossEntropy' },
  optimizer: { type: 'sgd' },
});

describe('what a page is fed with', () => {
  let root: string;
  let folder: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'lightbench-feed-'));
    const { experiment } = diagnoseExperiment(text);
    assert.ok(experiment);
    const experimentFile = path.join(root, 'fed.experiment.json');
    ({ folder } = await createRun({ root, experimentFile, text, experiment, engine: 'auto' }));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('is first all of the run and then what was added to its logs', async () => {
    const log = await openEventLog(path.join(folder, 'train'));
    log.scalars(1, 10, new Map([['batch_loss', 2]]));
    await log.flush();
    const feed = await openRunFeed(folder, () => undefined);
    const columns = feed.snapshot.curves.map(({ tag, from, values }) => [tag, from, ...values]);
    assert.deepEqual(columns, [['batch_loss', 0, 2]]);
    assert.equal(feed.snapshot.view.facts.parameters?.total, 650);
    assert.equal(await feed.read(), undefined);
    log.scalars(2, 10.5, new Map([['batch_loss', 1]]));
    await log.flush();
    const change = await feed.read();
    assert.deepEqual(
      change?.curves.map(({ from, steps }) => [from, ...steps]),
      [[1, 2]],
    );
    assert.equal(change?.stepsPerSecond, 2);
    assert.equal(change?.view, undefined);
    await log.close();
    feed.dispose();
  });

  it('has a new view when the record has changed, without process and socket', async () => {
    const feed = await openRunFeed(folder, () => undefined);
    const process = { pid: 1, socket: '/secret', tokenFile: '/secret' };
    await writeRecord(folder, { ...(await readRecord(folder)), status: 'finished', process });
    const change = await feed.read();
    assert.equal(change?.view?.record.status, 'finished');
    assert.doesNotMatch(JSON.stringify(change), /secret/);
    feed.dispose();
  });

  it('believes the watch, which knows first that the trainer is gone', async () => {
    const watch: { record?: RunRecord } = {};
    const feed = await openRunFeed(folder, () => watch.record);
    assert.equal(feed.snapshot.view.record.status, 'queued');
    watch.record = { ...(await readRecord(folder)), status: 'interrupted' };
    assert.equal((await feed.read())?.view?.record.status, 'interrupted');
    feed.dispose();
  });
});
