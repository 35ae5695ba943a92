import type { PageRequest, ToPage } from '#common/protocol/page';
import { CodedError, type Events, type Requests } from '#common/protocol/rpc';

declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
};

type Argument<R extends Requests, M extends keyof R> = Parameters<R[M]>[0];
type Result<R extends Requests, M extends keyof R> = Awaited<ReturnType<R[M]>>;

/** The page's line to its host. */
export interface HostLine<R extends Requests, E extends Events> {
  /** Throws CodedError with what the host says. */
  request<M extends keyof R & string>(method: M, argument: Argument<R, M>): Promise<Result<R, M>>;
  on<N extends keyof E & string>(event: N, listener: (value: E[N]) => void): void;
  /** What the page keeps while it is hidden, and over a reload of the window. */
  readonly state: unknown;
  keep(state: unknown): void;
}

/** Opens the line; a page does this once. */
export function openHostLine<R extends Requests, E extends Events>(): HostLine<R, E> {
  const api = acquireVsCodeApi();
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<string, (value: never) => void>();
  let lastId = 0;

  window.addEventListener('message', ({ data }: MessageEvent<ToPage<E> | undefined>) => {
    if (data?.kind === 'event') {
      listeners.get(data.event)?.(data.value as never);
    } else if (data?.kind === 'answer') {
      const waiting = pending.get(data.id);
      pending.delete(data.id);
      if ('error' in data) waiting?.reject(new CodedError(data.error.code, data.error.message));
      else waiting?.resolve(data.result);
    }
  });
  return {
    request(method, argument) {
      const id = ++lastId;
      const message: PageRequest = { kind: 'request', id, method, argument };
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
        api.postMessage(message);
      });
    },
    on: (event, listener) => void listeners.set(event, listener),
    get state() {
      return api.getState();
    },
    keep: (state) => api.setState(state),
  };
}
