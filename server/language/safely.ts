import {
  LSPErrorCodes,
  ResponseError,
  type CancellationToken,
  type Connection,
  type TextDocuments,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';

interface DocumentParams {
  readonly textDocument: { readonly uri: string };
}

/**
 * Wraps a handler of a request about one document: a cancelled request ends as cancelled, a document
 * that is not open answers null, and so does an exception, which is logged.
 */
export function runSafely(connection: Connection, documents: TextDocuments<TextDocument>) {
  return async <R>(
    what: string,
    params: DocumentParams,
    token: CancellationToken,
    handle: (doc: TextDocument) => R | Promise<R>,
  ): Promise<R | null | ResponseError> => {
    // Requests pile up behind a busy server; those that the client gave up meanwhile cost nothing.
    await new Promise((resolve) => setImmediate(resolve));
    if (token.isCancellationRequested) return cancelled();
    const doc = documents.get(params.textDocument.uri);
    if (doc === undefined) return null;
    try {
      const result = await handle(doc);
      return token.isCancellationRequested ? cancelled() : result;
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      connection.console.error(`${what} failed: ${text}`);
      return null;
    }
  };
}

function cancelled(): ResponseError {
  return new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.');
}
