import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import type { InitializeResult } from 'vscode-languageserver';
import { ROOT } from '../../scripts/processes';

describe('the bundled server', () => {
  it('speaks over Node’s IPC, as VS Code starts it, and ends when told', async () => {
    const child = fork(path.join(ROOT, 'dist', 'language.js'), ['--node-ipc']);
    const exited = once(child, 'exit') as Promise<[number | null]>;
    const connection = createMessageConnection(
      new IPCMessageReader(child),
      new IPCMessageWriter(child),
    );
    connection.listen();
    const { serverInfo } = await connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
    });
    assert.equal(serverInfo?.name, 'Lightbench');
    await connection.sendRequest('shutdown');
    await connection.sendNotification('exit');
    assert.deepEqual((await exited)[0], 0);
    connection.dispose();
  });
});
