import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  createMessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import { CodedError } from '#common/protocol/rpc';
import type { RunRecord, RunStatus } from '#common/run/record';
import {
  attachToRun,
  serveControl,
  type ControlHandlers,
  type ControlServer,
  type RunConnection,
} from '#runs/control';
import { hasTrainer } from '#runs/liveness';

const coded =
  (code: string, message = /./) =>
  (error: unknown) =>
    error instanceof CodedError && error.code === code && message.test(error.message);

const opened: { close?(): Promise<void>; dispose?(): void }[] = [];

afterEach(async () => {
  for (const item of opened.splice(0).reverse()) {
    item.dispose?.();
    await item.close?.();
  }
});

const answering = (status: RunStatus) => () => ({ status });
const usual: ControlHandlers = {
  'run/pause': answering('paused'),
  'run/continue': answering('running'),
  'run/stop': answering('stopped'),
};

async function serve(handlers: Partial<ControlHandlers> = {}): Promise<ControlServer> {
  const server = await serveControl('run', { ...usual, ...handlers });
  opened.push(server);
  return server;
}

function recordOf(trainer: RunRecord['process']): RunRecord {
  return {
    format: 1,
    id: 'the-run',
    name: 'run',
    status: 'running',
    created: new Date().toISOString(),
    experimentFile: 'x.experiment.json',
    seed: 0,
    request: { engine: 'auto' },
    versions: {},
    process: trainer,
    progress: { epoch: 0, epochs: 1, step: 0, stepsPerEpoch: 1 },
  };
}

async function attach(server: ControlServer): Promise<RunConnection> {
  const connection = await attachToRun(recordOf(server.process));
  opened.push(connection);
  return connection;
}

/** A promise and the function that fulfils it. */
function signal<T = void>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}

describe('the control socket', () => {
  it('answers each request of several clients', async () => {
    const server = await serve();
    const clients = await Promise.all([attach(server), attach(server), attach(server)]);
    for (const client of clients) {
      assert.deepEqual(await client.request('run/pause', {}), { status: 'paused' });
      assert.deepEqual(await client.request('run/continue', {}), { status: 'running' });
      assert.deepEqual(await client.request('run/stop', {}), { status: 'stopped' });
    }
    assert.equal(server.attached, 3);
  });

  it('can be found by the record, and only by it', async () => {
    const server = await serve();
    assert.equal(server.process.pid, process.pid);
    assert.equal(await hasTrainer(recordOf(server.process)), true);
    const { socket } = server.process;
    assert.ok(Buffer.byteLength(socket) <= 103);
    const mode = (file: string) => statSync(file).mode & 0o777;
    assert.equal(mode(server.process.tokenFile), 0o600);
    assert.equal(mode(path.dirname(server.process.tokenFile)), 0o700);
    await server.close();
    assert.equal(existsSync(server.process.tokenFile), false);
    assert.equal(await hasTrainer(recordOf(server.process)), false);
    await assert.rejects(
      attachToRun(recordOf(server.process)),
      coded('control/not-live', /the-run has no trainer.*Resume/),
    );
    await assert.rejects(attachToRun(recordOf(undefined)), coded('control/not-live', /"running"/));
  });

  it('is made somewhere shorter when the temporary folder is too deep', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-'.padEnd(90, 'x')));
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
    try {
      const server = await serve();
      assert.ok(Buffer.byteLength(server.process.socket) <= 103);
      assert.deepEqual(await (await attach(server)).request('run/pause', {}), { status: 'paused' });
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      rmSync(folder, { recursive: true });
    }
  });

  it('is not opened in a folder that others can enter', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-test-'));
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
    try {
      writeFileSync(path.join(folder, `lightbench-${process.getuid?.()}`), '');
      await assert.rejects(serveControl('run', usual), coded('control/unsafe-folder', /TMPDIR/));
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses a wrong token and hangs up', async () => {
    const server = await serve();
    const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-test-'));
    const tokenFile = path.join(folder, 'token');
    const token = readFileSync(server.process.tokenFile, 'utf8');
    for (const wrong of ['', `${token}0`, 'f'.repeat(64)]) {
      writeFileSync(tokenFile, wrong);
      const record = recordOf({ ...server.process, tokenFile });
      await assert.rejects(attachToRun(record), coded('control/refused'));
    }
    assert.equal(server.attached, 0);
    rmSync(folder, { recursive: true });
  });

  it('refuses every request before authentication', async () => {
    let calls = 0;
    const server = await serve({
      'run/stop': () => {
        calls++;
        return { status: 'stopped' };
      },
    });
    for (const wrong of [null, { token: 1 }, {}]) {
      const socket = connect(server.process.socket);
      const closed = signal();
      socket.once('close', closed.resolve);
      const raw = createMessageConnection(
        new SocketMessageReader(socket),
        new SocketMessageWriter(socket),
      );
      raw.onNotification('run/changed', () => assert.fail('a stranger is told nothing'));
      raw.listen();
      await assert.rejects(raw.sendRequest('run/stop', {}), /has not authenticated/);
      server.changed('running');
      await assert.rejects(raw.sendRequest('control/authenticate', wrong), /token is wrong/);
      await closed.promise;
      raw.dispose();
    }
    assert.equal(calls, 0);
  });

  it('survives a client that sends nonsense', async () => {
    const server = await serve();
    for (const nonsense of ['GET / HTTP/1.1\r\n\r\n', 'Content-Length: 5\r\n\r\nabcde', '\0\0\0']) {
      const socket = connect(server.process.socket);
      socket.on('error', () => undefined);
      socket.end(nonsense);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    assert.deepEqual(await (await attach(server)).request('run/pause', {}), { status: 'paused' });
  });

  it('brings the code and the message of what a handler throws', async () => {
    const server = await serve({
      'run/pause': () => Promise.reject(new CodedError('run/ended', 'It has ended.')),
      'run/continue': () => {
        throw new Error('broken');
      },
    });
    const client = await attach(server);
    await assert.rejects(client.request('run/pause', {}), coded('run/ended', /^It has ended\.$/));
    await assert.rejects(client.request('run/continue', {}), coded('control/failed', /broken/));
    assert.deepEqual(await client.request('run/stop', {}), { status: 'stopped' });
  });

  it('tells all clients of a change, at once and then at most every 50 ms', async () => {
    const server = await serve();
    const clients = await Promise.all([attach(server), attach(server)]);
    const last = clients.map((client) => {
      const done = signal<readonly RunStatus[]>();
      const seen: RunStatus[] = [];
      client.onChanged(({ status }) => {
        seen.push(status);
        if (status === 'paused') done.resolve(seen);
      });
      return done.promise;
    });
    for (let i = 0; i < 100; i++) server.changed('running');
    server.changed('paused');
    for (const seen of await Promise.all(last)) assert.deepEqual(seen, ['running', 'paused']);
  });

  it('tells of the last change before it closes', async () => {
    const server = await serve();
    const client = await attach(server);
    const seen: RunStatus[] = [];
    const closed = signal();
    client.onChanged(({ status }) => seen.push(status));
    client.onClosed(closed.resolve);
    server.changed('running');
    server.changed('finished');
    await server.close();
    await closed.promise;
    assert.deepEqual(seen, ['running', 'finished']);
    client.onClosed(() => seen.push('failed'));
    assert.equal(seen.at(-1), 'failed', 'who asks later is told at once');
    await assert.rejects(client.request('run/pause', {}), coded('control/closed'));
  });

  it('answers a stop that ends the run before it closes', async () => {
    const ended = signal<{ status: RunStatus }>();
    const stopping = signal();
    const server = await serve({
      'run/stop': () => {
        stopping.resolve();
        return ended.promise;
      },
    });
    const client = await attach(server);
    const answer = client.request('run/stop', {});
    await stopping.promise;
    const closing = server.close();
    ended.resolve({ status: 'stopped' });
    assert.deepEqual(await answer, { status: 'stopped' });
    await closing;
  });

  it('that is gone rejects what is pending', async () => {
    const asked = signal();
    const server = await serve({
      'run/pause': () => {
        asked.resolve();
        return new Promise<{ status: RunStatus }>(() => undefined);
      },
    });
    const client = await attach(server);
    const answer = client.request('run/pause', {});
    await asked.promise;
    await Promise.all([
      assert.rejects(answer, coded('control/closed', /the-run hung up/)),
      server.close(),
    ]);
  });

  it('forgets clients that leave', async () => {
    const server = await serve();
    const [first, second] = await Promise.all([attach(server), attach(server)]);
    const gone = signal();
    first.onClosed(() => assert.fail('a client that leaves by itself is not told'));
    first.dispose();
    await assert.rejects(first.request('run/pause', {}), coded('control/closed'));
    // The answer to the second client comes after the server has seen the first one go.
    second.onClosed(gone.resolve);
    await second.request('run/pause', {});
    await second.request('run/pause', {});
    assert.equal(server.attached, 1);
    await server.close();
    await gone.promise;
  });
});
