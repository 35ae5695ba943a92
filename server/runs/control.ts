import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { ControlEvents, ControlRequests } from '#common/protocol/control';
import { CodedError, type Handlers } from '#common/protocol/rpc';
import type { RunRecord, RunStatus } from '#common/run/record';
import { openConnection } from './attach';
import { makeControlPlace } from './controlPlace';
import { diskError } from './disk';
import { responseError } from './responseError';

type Method = keyof ControlRequests;

export { attachToRun, type RunConnection } from './attach';

/** What the trainer implements; the server itself authenticates. */
export type ControlHandlers = Omit<Handlers<ControlRequests>, 'control/authenticate'> &
  Partial<Handlers<ControlRequests>>;

/** The socket of a live trainer. */
export interface ControlServer {
  /** What belongs into `run.json`. */
  readonly process: NonNullable<RunRecord['process']>;
  /** Clients that have authenticated and are still there. */
  readonly attached: number;
  /** Tells every client that the folder has changed, at most every 50 ms. */
  changed(status: RunStatus): void;
  /** Sends what is pending, lets requests under way end, and closes. */
  close(): Promise<void>;
}

const changedIntervalMs = 50;
/** The code of an error that has none. */
const failed = 'control/failed';
/** A client that says nothing useful for so long is hung up on. */
const authenticationTimeoutMs = 5_000;
/** How long `close` waits for handlers and for clients to take their answers. */
const closeTimeoutMs = 1_000;

/**
 * Listens for the host, other windows and the command line. `folder` is the run's, for messages.
 * Throws CodedError `control/…` or `disk/…`.
 */
export async function serveControl(
  folder: string,
  handlers: ControlHandlers,
): Promise<ControlServer> {
  const place = await makeControlPlace();
  const clients = new Set<Client>();
  const server = createServer((socket) => {
    const client = serveClient(socket, place.token, handlers);
    clients.add(client);
    socket.once('close', () => clients.delete(client));
  });
  try {
    await listen(server, place.socket);
  } catch (error) {
    await place.remove();
    throw diskError(error, `Could not open the control socket of ${folder} at ${place.socket}`);
  }
  const notifier = createThrottle(changedIntervalMs, (status: RunStatus) => {
    for (const client of clients) client.notify('run/changed', { status });
  });
  return {
    process: { pid: process.pid, socket: place.socket, tokenFile: place.tokenFile },
    get attached() {
      return [...clients].filter((client) => client.isAttached()).length;
    },
    changed: notifier.call,
    async close() {
      notifier.flush();
      server.close();
      await Promise.all([...clients].map((client) => client.end()));
      await place.remove();
    },
  };
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.off('error', reject);
      // A client that disappears while it connects must not end the trainer.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

interface Client {
  isAttached(): boolean;
  notify<E extends keyof ControlEvents & string>(event: E, value: ControlEvents[E]): void;
  end(): Promise<void>;
}

function serveClient(socket: Socket, token: string, handlers: ControlHandlers): Client {
  const connection = openConnection(socket);
  const underWay = new Set<Promise<unknown>>();
  let attached = false;
  const timer = setTimeout(() => socket.destroy(), authenticationTimeoutMs);
  timer.unref();
  socket.once('close', () => {
    attached = false;
    clearTimeout(timer);
    connection.dispose();
  });

  function authenticate(argument: unknown): { pid: number } {
    if (!isTokenOf(argument, token)) {
      setImmediate(() => sayGoodbye(connection));
      setTimeout(() => socket.destroy(), closeTimeoutMs).unref();
      throw responseError(new CodedError('control/refused', 'The token is wrong.'), failed);
    }
    clearTimeout(timer);
    attached = true;
    return { pid: process.pid };
  }
  async function handle<M extends Exclude<Method, 'control/authenticate'>>(method: M) {
    if (!attached) {
      const message = `${method} was refused: the client has not authenticated.`;
      throw responseError(new CodedError('control/unauthenticated', message), failed);
    }
    const answer = Promise.resolve({}).then(handlers[method]);
    underWay.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw responseError(error, failed);
    } finally {
      underWay.delete(answer);
    }
  }

  connection.onRequest('control/authenticate', authenticate);
  for (const method of ['run/pause', 'run/continue', 'run/stop'] as const) {
    connection.onRequest(method, () => handle(method));
  }
  connection.listen();
  return {
    isAttached: () => attached,
    notify(event, value) {
      if (attached) connection.sendNotification(event, value).catch(() => undefined);
    },
    async end() {
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await withTimeout(Promise.allSettled(underWay), closeTimeoutMs);
      if (socket.destroyed) return;
      // The answers of handlers that have just ended are handed to the writer in this turn of the loop.
      setImmediate(() => sayGoodbye(connection));
      await withTimeout(closed, closeTimeoutMs);
      socket.destroy();
    },
  };
}

/** Messages are written in their order, so this one comes after every answer. */
function sayGoodbye(connection: MessageConnection): void {
  const goodbye: keyof ControlEvents = 'control/goodbye';
  connection.sendNotification(goodbye, {}).catch(() => undefined);
}

function isTokenOf(argument: unknown, token: string): boolean {
  const given = typeof argument === 'object' && argument !== null && 'token' in argument;
  if (!given || typeof argument.token !== 'string') return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(argument.token), digest(token));
}

async function withTimeout(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}

/** Calls at once, then at most every `intervalMs` with the latest argument. */
function createThrottle<T>(intervalMs: number, call: (argument: T) => void) {
  let timer: NodeJS.Timeout | undefined;
  let waiting: { readonly argument: T } | undefined;
  function fire(): void {
    timer = undefined;
    if (waiting === undefined) return;
    const { argument } = waiting;
    waiting = undefined;
    timer = setTimeout(fire, intervalMs);
    timer.unref();
    call(argument);
  }
  return {
    call(argument: T): void {
      waiting = { argument };
      if (timer === undefined) fire();
    },
    flush(): void {
      clearTimeout(timer);
      fire();
      clearTimeout(timer);
    },
  };
}
