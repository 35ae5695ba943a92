import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CodedError } from '#common/protocol/rpc';
import { runRecordSchema, type RunRecord } from '#common/run/record';
import { version } from '#common/version';
import { readExperiment } from '#common/experiment/read';
import { createRun, findRun, listRuns, readRecord, readRun, writeRecord } from '#runs/folder';
import { misfitOf } from '#runs/validate';
import {
  createSampleRun,
  removeTemporaryFolders,
  sampleExperiment,
  sampleText,
  temporaryFolder,
} from './sample';

const coded = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof CodedError && error.code === code && message.test(error.message);

afterEach(removeTemporaryFolders);

describe('a run folder', () => {
  it('is made complete and queued', async () => {
    const root = path.join(temporaryFolder(), 'new', 'runs');
    const { id, folder } = await createSampleRun(root, { engine: 'wasm', threads: 2 });
    assert.match(id, /^\d{8}-\d{6}-gro-e-blur-[0-9a-f]{4}$/);
    assert.equal(folder, path.join(root, id));
    assert.deepEqual(readdirSync(root), [id], 'no draft is left');
    assert.equal(readFileSync(path.join(folder, 'experiment.json'), 'utf8'), sampleText);
    const resolved = readFileSync(path.join(folder, 'experiment.resolved.json'), 'utf8');
    assert.deepEqual(readExperiment(resolved).experiment, sampleExperiment());
    const record = await readRun(folder);
    assert.deepEqual(
      { ...record, created: '', versions: {}, gitCommit: '' },
      {
        format: 1,
        id,
        name: 'Größe & Blur',
        status: 'queued',
        created: '',
        experimentFile: path.join(root, 'blur.experiment.json'),
        seed: 7,
        request: { engine: 'wasm', threads: 2 },
        versions: {},
        gitCommit: '',
        progress: { epoch: 0, epochs: 3, step: 0, stepsPerEpoch: 0 },
      },
    );
    assert.equal(record.versions['lightbench'], version);
    assert.ok(Math.abs(Date.parse(record.created) - Date.now()) < 60_000);
  });

  it('takes a copy of the initial weights', async () => {
    const root = temporaryFolder();
    const weights = path.join(root, 'weights.safetensors');
    writeFileSync(weights, 'weights');
    const { folder } = await createSampleRun(root, { initialWeights: weights });
    const copy = path.join(folder, 'checkpoints', 'initial.safetensors');
    assert.equal(readFileSync(copy, 'utf8'), 'weights');
  });

  it('is not made at all when something is missing', async () => {
    const root = temporaryFolder();
    const initialWeights = path.join(root, 'none.safetensors');
    await assert.rejects(
      createSampleRun(root, { initialWeights }),
      coded('disk/missing', /initial weights .*none\.safetensors.*Check the path/),
    );
    assert.deepEqual(readdirSync(root), []);
  });

  it('cannot be made below a file', async () => {
    const root = path.join(temporaryFolder(), 'file');
    writeFileSync(root, '');
    await assert.rejects(createSampleRun(root), (error) => error instanceof CodedError);
  });

  it('that are made at once have names of their own', async () => {
    const root = temporaryFolder();
    const runs = await Promise.all(Array.from({ length: 20 }, () => createSampleRun(root)));
    assert.equal(new Set(runs.map(({ id }) => id)).size, 20);
  });
});

describe('the record of a run', () => {
  async function written(change: (record: RunRecord) => RunRecord): Promise<RunRecord> {
    const { folder } = await createSampleRun(temporaryFolder());
    await writeRecord(folder, change(await readRecord(folder)));
    return readRun(folder);
  }

  it('is replaced and leaves nothing else behind', async () => {
    const { folder } = await createSampleRun(temporaryFolder());
    const record = await readRecord(folder);
    const ended: RunRecord = {
      ...record,
      status: 'finished',
      latest: { train: { loss: 0.25 } },
      best: { epoch: 2, validation: { loss: 0.5, accuracy: 1 } },
      splitCounts: { train: 1, validation: 2, test: 3 },
    };
    await writeRecord(folder, ended);
    assert.deepEqual(await readRun(folder), ended);
    assert.ok(readdirSync(folder).every((name) => !name.endsWith('.tmp')));
  });

  it('leaves out figures that JSON cannot hold', async () => {
    const latest = { train: { loss: NaN, accuracy: 0.5 }, validation: { loss: Infinity } };
    const record = await written((old) => ({ ...old, status: 'failed', latest }));
    assert.deepEqual(record.latest, { train: { accuracy: 0.5 }, validation: {} });
  });

  it('of a trainer that is gone reads as interrupted', async () => {
    const trainer = { pid: 2 ** 22 + 1, socket: '/nowhere/a.sock', tokenFile: '/nowhere/a.token' };
    for (const status of ['running', 'paused', 'queued'] as const) {
      const record = await written((old) => ({ ...old, status, process: trainer }));
      assert.equal(record.status, 'interrupted');
      assert.equal(record.process, undefined);
    }
  });

  it('of a process whose number now belongs to another one reads as interrupted', async () => {
    const trainer = { pid: process.pid, socket: '/nowhere/a.sock', tokenFile: '/nowhere/a.token' };
    const record = await written((old) => ({ ...old, status: 'running', process: trainer }));
    assert.equal(record.status, 'interrupted');
  });

  it('that was queued long ago and never started reads as interrupted', async () => {
    const created = new Date(Date.now() - 3_600_000).toISOString();
    assert.equal((await written((old) => ({ ...old, created }))).status, 'interrupted');
  });

  it('that has ended stays as it is', async () => {
    for (const status of ['finished', 'stopped', 'failed', 'interrupted'] as const) {
      assert.equal((await written((old) => ({ ...old, status }))).status, status);
    }
  });

  const good: RunRecord = {
    format: 1,
    id: 'id',
    name: 'name',
    status: 'queued',
    created: '2026-01-01',
    experimentFile: 'file',
    seed: 0,
    request: { engine: 'auto' },
    versions: {},
    progress: { epoch: 0, epochs: 1, step: 0, stepsPerEpoch: 0 },
  };
  const cases: readonly [unknown, string | undefined][] = [
    [good, undefined],
    [{ ...good, later: [1] }, undefined],
    [[], 'it must be object'],
    [{ ...good, format: 2 }, 'format must be 1'],
    [{ ...good, seed: 1.5 }, 'seed must be integer'],
    [{ ...good, status: 'odd' }, /^status must be one of queued, running/.source],
    [{ ...good, name: undefined }, 'name must be string'],
    [{ ...good, progress: { epoch: 0, epochs: 1, step: 0 } }, 'progress.stepsPerEpoch is missing'],
    [{ ...good, versions: { node: 20 } }, 'versions.node must be string'],
    [{ ...good, best: { train: {} } }, 'best.epoch is missing'],
    [{ ...good, best: { epoch: 1, train: { loss: '0' } } }, 'best.train.loss must be number'],
    [{ ...good, process: { pid: 1, socket: 's' } }, 'process.tokenFile is missing'],
  ];
  for (const [value, expected] of cases) {
    it(`is checked: ${expected ?? `${Object.keys(value as object).length} members are fine`}`, () => {
      const misfit = misfitOf(runRecordSchema, value);
      if (expected?.startsWith('^') === true) assert.match(misfit ?? '', new RegExp(expected));
      else assert.equal(misfit, expected);
    });
  }

  it('that is broken is refused with the file and the fault', async () => {
    const { folder } = await createSampleRun(temporaryFolder());
    const file = path.join(folder, 'run.json');
    writeFileSync(file, '{ "format": 1 }');
    await assert.rejects(
      readRun(folder),
      coded('run/broken', /run\.json.*id is missing.*--initial/),
    );
    writeFileSync(file, readFileSync(file).subarray(0, 5));
    await assert.rejects(readRun(folder), coded('run/broken', /run\.json cannot be read/));
  });
});

describe('the list of runs', () => {
  it('is empty where there is no folder', async () => {
    assert.deepEqual(await listRuns(path.join(temporaryFolder(), 'none')), []);
  });

  it('has the newest first and names what cannot be read', async () => {
    const root = temporaryFolder();
    const created = ['2026-01-02T00:00:00Z', '2026-03-01T00:00:00Z', '2025-12-31T00:00:00Z'];
    for (const time of created) {
      const { folder } = await createSampleRun(root);
      await writeRecord(folder, { ...(await readRecord(folder)), created: time });
    }
    mkdirSync(path.join(root, 'stray'));
    mkdirSync(path.join(root, '.draft'));
    writeFileSync(path.join(root, 'note.txt'), '');
    const runs = await listRuns(root);
    assert.deepEqual(
      runs.map(({ record }) => record?.created),
      [created[1], created[0], created[2], undefined],
    );
    assert.match(runs[3]?.problem ?? '', /no run in .*stray/);
  });
});

describe('a run is found', () => {
  async function threeRuns() {
    const root = temporaryFolder();
    for (const id of [
      '20260101-000000-a-1111',
      '20260101-000000-b-2222',
      '20260202-000000-a-3333',
    ]) {
      mkdirSync(path.join(root, id));
      writeFileSync(path.join(root, id, 'run.json'), '{}');
    }
    return root;
  }
  it('by its id, its beginning, its last digits and its folder', async () => {
    const root = await threeRuns();
    const found = path.join(root, '20260202-000000-a-3333');
    for (const text of ['20260202-000000-a-3333', '202602', '3333', found, `${found}/`]) {
      assert.equal(await findRun(root, text), found);
    }
  });

  it('not when it is ambiguous or unknown', async () => {
    const root = await threeRuns();
    await assert.rejects(
      findRun(root, '202601'),
      coded('run/ambiguous', /fits 2 runs.*1111.*2222/),
    );
    await assert.rejects(findRun(root, ''), coded('run/ambiguous', /fits 3 runs/));
    await assert.rejects(findRun(root, 'x'), coded('run/not-found', /newest is 20260202/));
    const none = path.join(root, 'none');
    await assert.rejects(findRun(none, 'x'), coded('run/not-found', /no runs yet/));
  });
});

describe('versions', () => {
  it('are those of the package', () => {
    const text = readFileSync(path.join(__dirname, '../../../package.json'), 'utf8');
    assert.equal(version, (JSON.parse(text) as { version: string }).version);
  });
});

describe('the commit of a run', () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  async function commitWith(files: Readonly<Record<string, string>>): Promise<string | undefined> {
    const top = temporaryFolder();
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(top, name)), { recursive: true });
      writeFileSync(path.join(top, name), text);
    }
    const root = path.join(top, 'below', 'runs');
    const { folder } = await createRun({
      root,
      experimentFile: path.join(top, 'below', 'x.experiment.json'),
      text: sampleText,
      experiment: sampleExperiment(),
      engine: 'auto',
    });
    assert.ok(existsSync(folder));
    return (await readRun(folder)).gitCommit;
  }
  const cases: readonly [string, Readonly<Record<string, string>>, string | undefined][] = [
    ['a detached HEAD', { '.git/HEAD': `${commit}\n` }, commit],
    [
      'a branch',
      { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${commit}\n` },
      commit,
    ],
    [
      'a packed branch',
      {
        '.git/HEAD': 'ref: refs/heads/main\n',
        '.git/packed-refs': `# pack-refs\n${'f'.repeat(40)} refs/heads/other-main\n${commit} refs/heads/main\n`,
      },
      commit,
    ],
    [
      'a linked work tree',
      {
        'below/.git': 'gitdir: ../real/worktrees/x\n',
        'real/worktrees/x/HEAD': 'ref: refs/heads/main\n',
        'real/worktrees/x/commondir': '../..\n',
        'real/refs/heads/main': commit,
      },
      commit,
    ],
    ['no commit yet', { '.git/HEAD': 'ref: refs/heads/main\n' }, undefined],
    ['a broken HEAD', { '.git/HEAD': '\0' }, undefined],
  ];
  for (const [what, files, expected] of cases) {
    it(`is known with ${what}`, async () => assert.equal(await commitWith(files), expected));
  }
});
