import assert from 'node:assert/strict';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
  type ResponseError,
} from 'vscode-jsonrpc/node';
import type { DataFacts } from '#common/catalogue/component';
import type { EngineReport } from '#common/engine';
import type { SplitResults } from '#common/run/events';
import { executeRun } from '../../server/training/run/execute';
import { makeRuns } from './support';

const entry = path.resolve(__dirname, '../../dist/training.js');
const runs = makeRuns();
after(() => runs.remove());

interface Service {
  readonly child: ChildProcess;
  readonly connection: MessageConnection;
}

const transports: readonly (readonly [string, () => Service])[] = [
  [
    'IPC',
    () => {
      const child = fork(entry, ['serve']);
      const [reader, writer] = [new IPCMessageReader(child), new IPCMessageWriter(child)];
      return { child, connection: createMessageConnection(reader, writer) };
    },
  ],
  [
    'stdin and stdout',
    () => {
      const child = spawn(process.execPath, [entry, 'serve'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const reader = new StreamMessageReader(child.stdout);
      const writer = new StreamMessageWriter(child.stdin);
      return { child, connection: createMessageConnection(reader, writer) };
    },
  ],
];

for (const [name, open] of transports) {
  describe(`the training service over ${name}`, () => {
    let service: Service;
    before(() => {
      service = open();
      service.connection.listen();
    });
    after(() => {
      service.connection.dispose();
      service.child.kill('SIGKILL');
    });

    it('says which engines there are', async () => {
      const reports = await service.connection.sendRequest<EngineReport[]>('engines/probe', {});
      assert.equal(reports.find(({ id }) => id === 'wasm')?.available, true);
    });

    it('says what is in a data source', async () => {
      const argument = { source: { type: 'digits' }, baseFolder: runs.root };
      const facts = await service.connection.sendRequest<DataFacts>('data/inspect', argument);
      assert.deepEqual(facts.shape, [8, 8, 1]);
      assert.deepEqual(facts.classCounts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    });

    it('answers with a code when data cannot be opened', async () => {
      const source = { type: 'imageFolder', path: 'nowhere', size: [8, 8], channels: 1 };
      const argument = { source: { ...source, resize: 'exact' }, baseFolder: runs.root };
      await assert.rejects(
        service.connection.sendRequest('data/inspect', argument),
        (error: ResponseError<{ code: string }>) => {
          assert.match(error.data?.code ?? '', /^data\//);
          assert.match(error.message, /nowhere/);
          return true;
        },
      );
    });

    it('opens the test split of a run only with a reason', async () => {
      const folder = await runs.create();
      await executeRun(folder);
      const evaluate = (more: object) =>
        service.connection.sendRequest<SplitResults>('run/evaluate', {
          folder,
          split: 'test',
          ...more,
        });
      await assert.rejects(evaluate({}), { data: { code: 'test/sealed' } });
      assert.equal((await evaluate({ openReason: 'a test' })).count, 18);
    });

    it('ends when its host is gone', async () => {
      const { child } = service;
      const ended = once(child, 'exit');
      if (child.connected) child.disconnect();
      else child.stdin?.end();
      assert.deepEqual(await ended, [0, null]);
    });
  });
}
