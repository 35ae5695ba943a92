import { ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import { CodedError, messageOf } from '#common/protocol/rpc';

/** An error as an answer to a request; its code travels in `data`. */
export function responseError(
  error: unknown,
  fallbackCode: string,
): ResponseError<{ readonly code: string }> {
  const code = error instanceof CodedError ? error.code : fallbackCode;
  return new ResponseError(ErrorCodes.InternalError, messageOf(error), { code });
}

/** The error that the other side threw; undefined for one of the connection itself. */
export function codedErrorOf(error: unknown): CodedError | undefined {
  const data: unknown = error instanceof ResponseError ? error.data : undefined;
  if (typeof data !== 'object' || data === null || !('code' in data)) return undefined;
  return new CodedError(String(data.code), messageOf(error));
}
