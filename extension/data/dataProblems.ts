import * as path from 'node:path';
import * as vscode from 'vscode';
import { factsOf } from '#common/experiment/check';
import { diagnoseWithData } from '#common/experiment/dataProblems';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import type { Experiment } from '#common/experiment/experiment';
import type { Problem, Severity } from '#common/experiment/problem';
import { messageOf } from '#common/protocol/rpc';
import { languageId } from '../language/index';
import { readSettings } from '../settings';
import type { TrainingService } from './service';

/**
 * Marks what the language server cannot know, when an experiment is opened and when it is saved: what only
 * the data can tell (a missing folder, a corrupt image), and what the engine of the settings cannot train.
 * The training service reads the data, and only those of sources that the catalogue does not know by heart.
 */
export function watchDataProblems(
  service: TrainingService,
  log: (message: string) => void,
): vscode.Disposable {
  const shown = vscode.languages.createDiagnosticCollection('lightbench-data');
  const underWay = new Map<string, AbortController>();

  const cancel = (uri: vscode.Uri) => {
    underWay.get(uri.toString())?.abort();
    underWay.delete(uri.toString());
  };
  async function look(doc: vscode.TextDocument): Promise<void> {
    if (doc.languageId !== languageId || doc.uri.scheme !== 'file') return;
    cancel(doc.uri);
    const abort = new AbortController();
    underWay.set(doc.uri.toString(), abort);
    const problems = await findDataProblems(doc, service, abort.signal);
    if (abort.signal.aborted) return;
    shown.set(
      doc.uri,
      problems.map((problem) => diagnosticOf(doc, problem)),
    );
  }
  const lookSafely = (doc: vscode.TextDocument) => {
    look(doc).catch((error: unknown) => log(`Could not look at the data: ${messageOf(error)}`));
  };
  const lookAtAll = () => vscode.workspace.textDocuments.forEach(lookSafely);
  const forget = ({ uri }: vscode.TextDocument) => {
    cancel(uri);
    shown.delete(uri);
  };
  // Not while the extension is activated: what is open can wait a turn.
  setImmediate(lookAtAll);
  const subscriptions = [
    shown,
    vscode.workspace.onDidOpenTextDocument(lookSafely),
    vscode.workspace.onDidSaveTextDocument(lookSafely),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('lightbench.engine')) lookAtAll();
    }),
    vscode.workspace.onDidCloseTextDocument(forget),
  ];
  return {
    dispose: () => {
      for (const abort of underWay.values()) abort.abort();
      vscode.Disposable.from(...subscriptions).dispose();
    },
  };
}

/** The problems that appear with data and engine: the others are the language server's. */
async function findDataProblems(
  doc: vscode.TextDocument,
  service: TrainingService,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const text = doc.getText();
  const { experiment, problems: known } = diagnoseExperiment(text);
  if (experiment === undefined) return [];
  const { engine } = readSettings(doc.uri);
  const baseFolder = path.dirname(doc.uri.fsPath);
  const inspect = ({ data, seed }: Experiment) =>
    service.request('data/inspect', { data, seed, baseFolder }, signal);
  const { problems } = isKnownByHeart(experiment)
    ? diagnoseExperiment(text, undefined, engine)
    : await diagnoseWithData(text, inspect, engine);
  const identify = ({ code, offset }: Problem) => `${code} ${offset}`;
  const knownOnes = new Set(known.map(identify));
  return problems.filter((problem) => !knownOnes.has(identify(problem)));
}

function isKnownByHeart({ data }: Experiment): boolean {
  return factsOf(data.source).count !== undefined;
}

const severities: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

function diagnosticOf(doc: vscode.TextDocument, problem: Problem): vscode.Diagnostic {
  const range = new vscode.Range(
    doc.positionAt(problem.offset),
    doc.positionAt(problem.offset + problem.length),
  );
  const diagnostic = new vscode.Diagnostic(range, problem.message, severities[problem.severity]);
  diagnostic.source = 'lightbench';
  diagnostic.code = problem.code;
  return diagnostic;
}
