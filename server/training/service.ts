import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type CancellationToken,
} from 'vscode-jsonrpc/node';
import type { ServiceRequests } from '#common/protocol/service';
import { responseError } from '#runs/responseError';
import { inspectData } from './index';

type Method = keyof ServiceRequests;
type Argument<M extends Method> = Parameters<ServiceRequests[M]>[0];
type Result<M extends Method> = ReturnType<ServiceRequests[M]>;

const handlers: {
  readonly [M in Method]: (argument: Argument<M>, signal: AbortSignal) => Promise<Result<M>>;
} = {
  'data/inspect': ({ baseFolder, ...experiment }, signal) =>
    inspectData(experiment, baseFolder, signal),
};

/** Answers the host that has forked this process, until it hangs up. */
export function serve(): Promise<void> {
  const connection = createMessageConnection(
    new IPCMessageReader(process),
    new IPCMessageWriter(process),
  );
  const bind = <M extends Method>(method: M): void => {
    connection.onRequest(method, (argument: Argument<M>, token: CancellationToken) =>
      handlers[method](argument, signalOf(token)).catch((error: unknown) => {
        throw responseError(error, 'service/failed');
      }),
    );
  };
  (Object.keys(handlers) as Method[]).forEach(bind);
  return new Promise((resolve) => {
    connection.onClose(() => resolve());
    process.once('disconnect', () => resolve());
    connection.listen();
  });
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  token.onCancellationRequested(() => abort.abort());
  if (token.isCancellationRequested) abort.abort();
  return abort.signal;
}
