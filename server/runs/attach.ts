import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import {
  createMessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { ControlEvents, ControlRequests } from '#common/protocol/control';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { RunRecord } from '#common/run/record';
import { codedErrorOf } from './responseError';

type Method = keyof ControlRequests;
type Argument<M extends Method> = Parameters<ControlRequests[M]>[0];
type Result<M extends Method> = ReturnType<ControlRequests[M]>;

/** A line to a live trainer. Every request ends: a line that closes rejects what is pending. */
export interface RunConnection {
  request<M extends Method>(method: M, argument: Argument<M>): Promise<Result<M>>;
  onChanged(listener: (event: ControlEvents['run/changed']) => void): { dispose(): void };
  /** Called once when the trainer hangs up; at once when it has already. Not called after `dispose`. */
  onClosed(listener: () => void): { dispose(): void };
  dispose(): void;
}

/**
 * Attaches to the trainer that a record names.
 * Throws CodedError `control/not-live` when there is none, `control/refused` when it refuses.
 */
export async function attachToRun(record: RunRecord): Promise<RunConnection> {
  const trainer = record.process;
  if (trainer === undefined) throw notLive(record, `its status is "${record.status}"`);
  let token: string;
  let socket: Socket;
  try {
    token = await readFile(trainer.tokenFile, 'utf8');
    socket = await connectTo(trainer.socket);
  } catch (error) {
    throw notLive(record, messageOf(error));
  }
  const connection = createRunConnection(socket, record);
  try {
    await connection.request('control/authenticate', { token });
  } catch (error) {
    connection.dispose();
    throw error;
  }
  return connection;
}

function notLive(record: RunRecord, reason: string): CodedError {
  const message = `The run ${record.id} has no trainer to talk to: ${reason}. Resume it to go on.`;
  return new CodedError('control/not-live', message);
}

function connectTo(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function createRunConnection(socket: Socket, record: RunRecord): RunConnection {
  const connection = openConnection(socket);
  const closedListeners = new Set<() => void>();
  const changedListeners = new Set<(event: ControlEvents['run/changed']) => void>();
  let state: 'open' | 'closed' | 'disposed' = 'open';
  function hangUp(): void {
    // Rejects what is pending; closing alone would leave it waiting for ever.
    connection.dispose();
    socket.destroy();
    if (state === 'open') {
      state = 'closed';
      for (const listener of closedListeners) listener();
    }
  }
  const goodbye: keyof ControlEvents = 'control/goodbye';
  connection.onNotification(goodbye, hangUp);
  // A trainer that was killed says no goodbye.
  socket.once('close', hangUp);
  connection.onNotification('run/changed', (event: ControlEvents['run/changed']) => {
    for (const listener of changedListeners) listener(event);
  });
  connection.listen();
  return {
    async request(method, argument) {
      try {
        return await connection.sendRequest(method, argument);
      } catch (error) {
        throw codedError(error, record);
      }
    },
    onChanged(listener) {
      changedListeners.add(listener);
      return { dispose: () => void changedListeners.delete(listener) };
    },
    onClosed(listener) {
      if (state === 'closed') listener();
      else closedListeners.add(listener);
      return { dispose: () => void closedListeners.delete(listener) };
    },
    dispose() {
      if (state === 'open') state = 'disposed';
      connection.dispose();
      socket.destroy();
    },
  };
}

function codedError(error: unknown, record: RunRecord): CodedError {
  const message = `The trainer of ${record.id} hung up before it answered. Look at the run's status.`;
  return codedErrorOf(error) ?? new CodedError('control/closed', message);
}

/** JSON-RPC over a socket; an error of either ends both. */
export function openConnection(socket: Socket): MessageConnection {
  const connection = createMessageConnection(
    new SocketMessageReader(socket),
    new SocketMessageWriter(socket),
  );
  // Both are followed by the socket's "close", which is where clients are let go.
  socket.on('error', () => undefined);
  connection.onError(() => socket.destroy());
  return connection;
}
