import {
  createMessageConnection,
  ErrorCodes,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { ServiceRequests } from '#common/protocol/service';
import { evaluateRun, probeEngines } from './index';

type Method = keyof ServiceRequests;
type Argument<M extends Method> = Parameters<ServiceRequests[M]>[0];
type Result<M extends Method> = ReturnType<ServiceRequests[M]>;
type ServiceHandlers = {
  readonly [M in Method]: (argument: Argument<M>, signal: AbortSignal) => Promise<Result<M>>;
};

/** Answers requests until the other side hangs up. */
export function serve(): Promise<void> {
  const connection = openConnection();
  const handlers = createHandlers();
  const bind = <M extends Method>(method: M): void => {
    connection.onRequest(method, (argument: Argument<M>, token: CancellationToken) =>
      answer(() => handlers[method](argument, signalOf(token))),
    );
  };
  (Object.keys(handlers) as Method[]).forEach(bind);
  return new Promise((resolve) => {
    connection.onClose(() => resolve());
    process.once('disconnect', () => resolve());
    connection.listen();
  });
}

function openConnection(): MessageConnection {
  if (process.send === undefined) {
    return createMessageConnection(
      new StreamMessageReader(process.stdin),
      new StreamMessageWriter(process.stdout),
    );
  }
  return createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
}

function createHandlers(): ServiceHandlers {
  // A process has one engine open at a time.
  let lastEvaluation: Promise<unknown> = Promise.resolve();
  return {
    'engines/probe': () => probeEngines(),
    async 'data/inspect'({ source, baseFolder, seed = 0 }, signal) {
      const { openDataset } = await import('./data/dataset');
      return (await openDataset(source, { baseFolder, seed, signal })).facts;
    },
    'run/evaluate'({ folder, split, openReason }, signal) {
      const evaluate = () => evaluateRun(folder, split, { openReason, signal });
      const next = lastEvaluation.then(evaluate, evaluate);
      lastEvaluation = next;
      return next;
    },
  };
}

/** Errors travel with their code, so that the host can tell them apart. */
async function answer<T>(compute: () => Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    const code = error instanceof CodedError ? error.code : 'service/failed';
    throw new ResponseError(ErrorCodes.InternalError, messageOf(error), { code });
  }
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  token.onCancellationRequested(() => abort.abort());
  if (token.isCancellationRequested) abort.abort();
  return abort.signal;
}
