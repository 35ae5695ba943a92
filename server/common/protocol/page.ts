import type { Events, Requests } from './rpc';

/**
 * How a page talks with its host over `postMessage`. The page asks and the host answers each request
 * once, with a result or a coded error; the host tells events. The page speaks first, with a request of
 * its own that says it is ready.
 */
export interface PageRequest<M extends string = string> {
  readonly kind: 'request';
  readonly id: number;
  readonly method: M;
  readonly argument: unknown;
}

export type PageAnswer =
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly error: { readonly code: string; readonly message: string };
    };

/** An event of the interface `E` as it goes over the wire. */
export type PageEvent<E extends Events> = {
  readonly [N in keyof E & string]: {
    readonly kind: 'event';
    readonly event: N;
    readonly value: E[N];
  };
}[keyof E & string];

/** What the host posts to a page. */
export type ToPage<E extends Events> = PageAnswer | PageEvent<E>;

/** The names of the requests of an interface. */
export type MethodOf<R extends Requests> = keyof R & string;

/** A message from a page, checked: a page is not trusted. Undefined when it is no request. */
export function parsePageRequest<M extends string>(
  message: unknown,
  methods: readonly M[],
): PageRequest<M> | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, id, method, argument } = message as Partial<Record<string, unknown>>;
  if (kind !== 'request' || !Number.isSafeInteger(id)) return undefined;
  const known = methods.find((name) => name === method);
  return known && { kind, id: id as number, method: known, argument };
}
