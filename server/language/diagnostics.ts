import type { Problem, Severity } from '#common/experiment/problem';
import {
  DiagnosticSeverity,
  type Connection,
  type Diagnostic,
  type Range,
  type TextDocuments,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Diagnoses } from './diagnoses';

/** Long enough to let a word be finished, short enough to feel at once. */
const debounceMs = 120;

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

/** Sends the problems of every open document: at once when it is opened, after a pause when it changes. */
export function publishDiagnostics(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  diagnoses: Diagnoses,
): void {
  const timers = new Map<string, NodeJS.Timeout>();
  const stop = (uri: string) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
  };
  const publish = (uri: string) => {
    stop(uri);
    const doc = documents.get(uri);
    if (doc === undefined) return;
    try {
      const diagnostics = diagnoses.of(doc).problems.map((found) => diagnosticOf(doc, found));
      void connection.sendDiagnostics({ uri, version: doc.version, diagnostics });
    } catch (error) {
      connection.console.error(`diagnostics failed: ${String(error)}`);
    }
  };
  // Opening counts as a change too: it is answered without a pause.
  const known = new Set<string>();
  documents.onDidChangeContent(({ document: { uri } }) => {
    stop(uri);
    const delayMs = known.has(uri) ? debounceMs : 0;
    known.add(uri);
    timers.set(
      uri,
      setTimeout(() => publish(uri), delayMs),
    );
  });
  documents.onDidClose(({ document: { uri } }) => {
    stop(uri);
    known.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  connection.onShutdown(() => [...timers.keys()].forEach(stop));
}

/** The lines and characters of a problem. */
export function rangeOfProblem(
  doc: TextDocument,
  { offset, length }: Pick<Problem, 'offset' | 'length'>,
): Range {
  return { start: doc.positionAt(offset), end: doc.positionAt(offset + length) };
}

/** A problem as the protocol has it. */
export function diagnosticOf(doc: TextDocument, problem: Problem): Diagnostic {
  return {
    range: rangeOfProblem(doc, problem),
    severity: severities[problem.severity],
    code: problem.code,
    source: 'lightbench',
    message: problem.message,
  };
}
