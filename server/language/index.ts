import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import {
  CodeActionKind,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { codeActions } from './codeActions';
import { completeAt } from './completion';
import { publishDiagnostics } from './diagnostics';
import { Diagnoses } from './diagnoses';
import { formatDocument } from './format';
import { hoverAt } from './hover';
import { inlayHints } from './inlayHints';
import { documentSymbols } from './outline';
import { runSafely } from './safely';

/** Serves one client over standard input and output, for editors other than VS Code. */
export function serveStdio(): void {
  startLanguageServer(createConnection(ProposedFeatures.all, process.stdin, process.stdout));
}

/** Serves one client until it closes the connection. */
export function startLanguageServer(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const diagnoses = new Diagnoses();

  connection.onInitialize((params) => initialize(params));
  publishDiagnostics(connection, documents, diagnoses);
  documents.onDidClose(({ document }) => diagnoses.forget(document.uri));

  const answer = runSafely(connection, documents);
  connection.onCompletion((params, token) =>
    answer('completion', params, token, (doc) =>
      completeAt(doc, params.position, diagnoses.of(doc)),
    ),
  );
  connection.onHover((params, token) =>
    answer('hover', params, token, (doc) => hoverAt(doc, params.position, diagnoses.of(doc))),
  );
  connection.languages.inlayHint.on((params, token) =>
    answer('inlay hints', params, token, (doc) => inlayHints(doc, params.range, diagnoses.of(doc))),
  );
  connection.onDocumentSymbol((params, token) =>
    answer('outline', params, token, (doc) => documentSymbols(doc, diagnoses.of(doc))),
  );
  connection.onCodeAction((params, token) =>
    answer('quick fixes', params, token, (doc) =>
      codeActions(doc, params.range, diagnoses.of(doc)),
    ),
  );
  connection.onDocumentFormatting((params, token) =>
    answer('formatting', params, token, (doc) => formatDocument(doc, params.options)),
  );

  documents.listen(connection);
  connection.listen();
}

function initialize(_params: InitializeParams): InitializeResult {
  return {
    serverInfo: { name: 'Lightbench' },
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      completionProvider: { triggerCharacters: ['"', ':', ' '] },
      hoverProvider: true,
      inlayHintProvider: true,
      documentSymbolProvider: true,
      documentFormattingProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
    },
  };
}
