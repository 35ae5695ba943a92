import { parsePageRequest, type MethodOf, type ToPage } from '#common/protocol/page';
import {
  CodedError,
  messageOf,
  type Events,
  type Handlers,
  type Requests,
} from '#common/protocol/rpc';

/** Where messages go to and come from: a webview, or a test. */
export interface Port {
  post(message: unknown): PromiseLike<unknown>;
}

/** The host's side of a page. */
export interface PageChannel<E extends Events> {
  /** What the page has posted. Anything but a request is dropped and logged. */
  receive(message: unknown): Promise<void>;
  tell<N extends keyof E & string>(event: N, value: E[N]): PromiseLike<unknown>;
}

/** Answers every request of a page once, with the result of its handler or with a coded error. */
export function createPageChannel<R extends Requests, E extends Events>(options: {
  readonly port: Port;
  readonly methods: readonly MethodOf<R>[];
  readonly handlers: Handlers<R>;
  readonly log: (message: string) => void;
}): PageChannel<E> {
  const { port, methods, handlers, log } = options;
  const post = (message: ToPage<E>) => port.post(message);
  return {
    async receive(message) {
      const request = parsePageRequest(message, methods);
      if (request === undefined) {
        log('A page sent something that is no request; it was dropped.');
        return;
      }
      const { id, method } = request;
      try {
        const handler = handlers[method] as (argument: unknown) => unknown;
        const result: unknown = await handler(request.argument);
        await post({ kind: 'answer', id, result });
      } catch (error) {
        const code = error instanceof CodedError ? error.code : 'page/failed';
        const text = messageOf(error);
        log(`${method}: ${text}`);
        await post({ kind: 'answer', id, error: { code, message: text } });
      }
    },
    tell: (event, value) => post({ kind: 'event', event, value } as ToPage<E>),
  };
}
