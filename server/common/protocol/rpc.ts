/**
 * A boundary between two processes is one interface of requests and one of events; messages are mapped
 * types over them. Requests take one argument and answer with a promise.
 */
export type Requests = { readonly [method: string]: (argument: never) => unknown };
export type Events = { readonly [event: string]: unknown };

/** The implementing side of a boundary. */
export type Handlers<R extends Requests> = {
  readonly [M in keyof R]: (
    argument: Parameters<R[M]>[0],
  ) => Promise<Awaited<ReturnType<R[M]>>> | Awaited<ReturnType<R[M]>>;
};

/** An error that crosses a boundary: `{ code: 'run/not-found', message }`. */
export class CodedError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'CodedError';
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
