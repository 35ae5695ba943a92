import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  type ResponseError,
} from 'vscode-jsonrpc/node';
import type { DataFacts } from '#common/catalogue/component';
import { makeRuns, resolve } from './support';

const entry = path.resolve(__dirname, '../../dist/training.js');
const runs = makeRuns();
after(() => runs.remove());

describe('the training service', () => {
  let child: ChildProcess;
  let connection: MessageConnection;
  before(() => {
    child = fork(entry, ['serve']);
    connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    connection.listen();
  });
  after(() => {
    connection.dispose();
    child.kill('SIGKILL');
  });

  function inspect(changes: object): Promise<DataFacts> {
    const { data, seed } = resolve({ data: changes });
    return connection.sendRequest('data/inspect', { data, seed, baseFolder: runs.root });
  }
  function rejectsWith(code: RegExp, message: RegExp) {
    return (error: ResponseError<{ code: string }>) => {
      assert.match(error.data?.code ?? '', code);
      assert.match(error.message, message);
      return true;
    };
  }

  it('says what is in the data', async () => {
    const facts = await inspect({ source: { type: 'digits' } });
    assert.deepEqual(facts.shape, [8, 8, 1]);
    assert.deepEqual(facts.classCounts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
  });

  it('answers with a code when data cannot be opened', async () => {
    const source = { type: 'imageFolder', path: 'nowhere', size: [8, 8] };
    await assert.rejects(inspect({ source }), rejectsWith(/^data\/folder-missing$/, /nowhere/));
  });

  it('says when the data cannot be divided as asked', async () => {
    const source = { type: 'synthetic', shape: [4, 4, 1], classes: 3, count: 4 };
    await assert.rejects(
      inspect({ source }),
      rejectsWith(/^data\//, /test split gets no sample.*of 4 samples/),
    );
  });

  it('ends when its host is gone', async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    assert.deepEqual(await ended, [0, null]);
  });
});
