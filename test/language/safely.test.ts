import assert from 'node:assert/strict';
import {
  CancellationTokenSource,
  LSPErrorCodes,
  ResponseError,
  type Connection,
  type TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { runSafely } from '../../server/language/safely';

const doc = TextDocument.create('file:///open.experiment.json', 'jsonc', 1, '{}');
const params = { textDocument: { uri: doc.uri } };

/** The wrapper over a connection that keeps what is logged, with one open document. */
function wrapper() {
  const logged: string[] = [];
  const connection = { console: { error: (text: string) => logged.push(text) } };
  const documents = { get: (uri: string) => (uri === doc.uri ? doc : undefined) };
  const answer = runSafely(
    connection as unknown as Connection,
    documents as unknown as TextDocuments<TextDocument>,
  );
  return { answer, logged };
}

function isCancelled(result: unknown): boolean {
  return result instanceof ResponseError && result.code === LSPErrorCodes.RequestCancelled;
}

describe('a wrapped handler', () => {
  it('gets the open document and gives its answer', async () => {
    const { answer, logged } = wrapper();
    const { token } = new CancellationTokenSource();
    assert.equal(await answer('test', params, token, (given) => given.getText()), '{}');
    assert.deepEqual(logged, []);
  });

  it('is not called for a request that has been cancelled', async () => {
    const { answer } = wrapper();
    const source = new CancellationTokenSource();
    const result = answer('test', params, source.token, () => assert.fail('called'));
    // The request is waiting its turn: the client takes it back before then.
    source.cancel();
    assert.ok(isCancelled(await result));
  });

  it('answers as cancelled when that happens on the way', async () => {
    const { answer } = wrapper();
    const source = new CancellationTokenSource();
    const result = await answer('test', params, source.token, () => {
      source.cancel();
      return 'late';
    });
    assert.ok(isCancelled(result));
  });

  it('answers null and logs when it throws, at once or later', async () => {
    const { answer, logged } = wrapper();
    const { token } = new CancellationTokenSource();
    const thrown = () => {
      throw new Error('broken');
    };
    assert.equal(await answer('hover', params, token, thrown), null);
    assert.equal(await answer('hover', params, token, () => Promise.reject(new Error('b'))), null);
    assert.equal(logged.length, 2);
    assert.match(logged[0] ?? '', /^hover failed: Error: broken/);
  });

  it('answers null for a document that is not open', async () => {
    const { answer } = wrapper();
    const { token } = new CancellationTokenSource();
    const other = { textDocument: { uri: 'file:///other' } };
    assert.equal(await answer('test', other, token, () => 1), null);
  });
});
