// A client of the language server in a process of its own, over a real JSON-RPC connection.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type {
  CompletionItem,
  CompletionList,
  Diagnostic,
  InitializeResult,
  PublishDiagnosticsParams,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { ROOT } from '../../scripts/processes';

/** A text with the cursor, which is written |. */
export function withCursor(marked: string): { readonly text: string; readonly offset: number } {
  const offset = marked.indexOf('|');
  return { text: marked.slice(0, offset) + marked.slice(offset + 1), offset };
}

export class Client {
  private readonly published = new Map<string, PublishDiagnosticsParams>();
  private readonly listeners = new Set<(published: PublishDiagnosticsParams) => void>();
  private readonly documents = new Map<string, TextDocument>();
  private count = 0;
  readonly log: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly connection: MessageConnection,
    readonly initialized: InitializeResult,
  ) {
    connection.onNotification(
      'textDocument/publishDiagnostics',
      (found: PublishDiagnosticsParams) => {
        this.published.set(found.uri, found);
        for (const listener of this.listeners) listener(found);
      },
    );
    connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
      this.log.push(message);
    });
  }

  /** Starts the bundled server and shakes hands with it. */
  static async start(program = [path.join(ROOT, 'dist', 'language.js')]): Promise<Client> {
    const child = spawn(process.execPath, [...program, '--stdio'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout, stdin } = child;
    const connection = createMessageConnection(
      new StreamMessageReader(stdout),
      new StreamMessageWriter(stdin),
    );
    connection.listen();
    const initialized = await connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
    });
    await connection.sendNotification('initialized', {});
    return new Client(child, connection, initialized);
  }

  /** Ends the server as the protocol asks and gives its exit code. */
  async stop(): Promise<number | null> {
    const exited = once(this.child, 'exit') as Promise<[number | null]>;
    await this.connection.sendRequest('shutdown');
    await this.connection.sendNotification('exit');
    const [code] = await exited;
    this.connection.dispose();
    return code;
  }

  /** Opens a document of this text under a new name. */
  async open(text: string): Promise<TextDocument> {
    const uri = `file:///test/${++this.count}.experiment.json`;
    const doc = TextDocument.create(uri, 'jsonc', 1, text);
    this.documents.set(uri, doc);
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'jsonc', version: 1, text },
    });
    return doc;
  }

  /** Replaces a piece of an open document, as typing does. */
  async replace(doc: TextDocument, piece: string, by: string): Promise<TextDocument> {
    const offset = doc.getText().indexOf(piece);
    const range = {
      start: doc.positionAt(offset),
      end: doc.positionAt(offset + piece.length),
    };
    const version = doc.version + 1;
    const changed = TextDocument.update(doc, [{ range, text: by }], version);
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: doc.uri, version },
      contentChanges: [{ range, text: by }],
    });
    return changed;
  }

  /** The problems of a document at its version, as soon as they are published. */
  async diagnostics(doc: TextDocument): Promise<readonly Diagnostic[]> {
    const isCurrent = (found: PublishDiagnosticsParams | undefined) =>
      found?.uri === doc.uri && found.version === doc.version;
    const known = this.published.get(doc.uri);
    if (known !== undefined && isCurrent(known)) return known.diagnostics;
    return new Promise((resolve) => {
      const listener = (found: PublishDiagnosticsParams) => {
        if (!isCurrent(found)) return;
        this.listeners.delete(listener);
        resolve(found.diagnostics);
      };
      this.listeners.add(listener);
    });
  }

  /** A request about a place in a document. */
  async at<R>(method: string, doc: TextDocument, offset: number): Promise<R> {
    const position = doc.positionAt(offset);
    return this.connection.sendRequest<R>(`textDocument/${method}`, {
      textDocument: { uri: doc.uri },
      position,
    });
  }

  /** A request about a whole document. */
  async about<R>(method: string, doc: TextDocument, more: object = {}): Promise<R> {
    return this.connection.sendRequest<R>(`textDocument/${method}`, {
      textDocument: { uri: doc.uri },
      ...more,
    });
  }

  /** The proposals at the cursor of a marked text. */
  async complete(marked: string): Promise<readonly CompletionItem[]> {
    const { text, offset } = withCursor(marked);
    const doc = await this.open(text);
    const list = await this.at<CompletionList | null>('completion', doc, offset);
    return list?.items ?? [];
  }
}

/** The whole range of a document. */
export function wholeOf(doc: TextDocument) {
  return { start: doc.positionAt(0), end: doc.positionAt(doc.getText().length) };
}

/** A document after a proposal has been accepted, its places to fill in as they are shown. */
export function accept(marked: string, item: CompletionItem): string {
  const { text } = withCursor(marked);
  const doc = TextDocument.create('test:', 'jsonc', 1, text);
  if (item.textEdit === undefined || !('range' in item.textEdit)) throw new Error('no edit');
  const plain = item.textEdit.newText
    .replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, '$1')
    .replace(/\$\{\d+:((?:\\.|[^}\\])*)\}/g, '$1')
    .replace(/\$\d+/g, '');
  const edits = [{ ...item.textEdit, newText: plain }, ...(item.additionalTextEdits ?? [])];
  return TextDocument.applyEdits(doc, edits);
}
