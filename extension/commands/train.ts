import * as path from 'node:path';
import * as vscode from 'vscode';
import { diagnoseExperiment, hasErrors } from '#common/experiment/diagnose';
import type { Experiment } from '#common/experiment/experiment';
import type { Problem } from '#common/experiment/problem';
import { createRun, readRecord, writeRecord } from '#runs/folder';
import { programsOf, type Host } from '../host';
import { languageId } from '../language/index';
import { experimentFiles, ignoredFolders } from '../runs/experimentsContext';
import { startTrainer, type Ending } from '../programs';
import { readSettings } from '../settings';

/** Trains the experiment that is meant: checks it, makes its run, starts the trainer, shows the run. */
export async function trainExperiment(host: Host, argument: unknown): Promise<string | undefined> {
  const doc = await chooseExperiment(argument);
  if (doc === undefined || !(await save(doc))) return undefined;
  const text = doc.getText();
  const { engine } = readSettings(doc.uri);
  const { experiment, problems } = diagnoseExperiment(text, undefined, engine);
  if (experiment === undefined || hasErrors(problems)) {
    await refuse(doc, problems);
    return undefined;
  }
  const folder = await newRun(host, doc, experiment);
  host.panels.show(folder, experiment.name, { preserveFocus: true });
  start(host, folder);
  await host.store.refresh(folder);
  return folder;
}

/** Starts a trainer on a run folder: a new run, or one that ended and is to go on. */
export function start(host: Host, folder: string): void {
  const { training } = host.channels;
  host.startedHere.add(folder);
  const pid = startTrainer(programsOf(host), folder, (ending) => {
    training.info(`The trainer of ${path.basename(folder)} ended: ${describeEnding(ending)}.`);
    void noteFailedStart(folder, ending)
      .catch((error: unknown) => training.error(String(error)))
      .finally(() => void host.store.refresh(folder));
  });
  if (pid !== undefined) training.info(`Started process ${pid} for ${path.basename(folder)}.`);
}

async function newRun(
  host: Host,
  doc: vscode.TextDocument,
  experiment: Experiment,
): Promise<string> {
  const { engine, threads } = readSettings(doc.uri);
  const { folder } = await createRun({
    root: host.store.rootFor(doc.uri),
    experimentFile: doc.uri.fsPath,
    text: doc.getText(),
    experiment,
    engine,
    ...(threads === undefined ? {} : { threads }),
  });
  return folder;
}

/** The experiment that the command was called on, the one in front, or one that the user picks. */
async function chooseExperiment(argument: unknown): Promise<vscode.TextDocument | undefined> {
  if (argument instanceof vscode.Uri) return vscode.workspace.openTextDocument(argument);
  const active = vscode.window.activeTextEditor?.document;
  if (active?.languageId === languageId) return active;
  const visible = vscode.window.visibleTextEditors.map(({ document }) => document);
  const shown = visible.filter((document) => document.languageId === languageId);
  if (shown.length === 1) return shown[0];
  const files = await vscode.workspace.findFiles(experimentFiles, ignoredFolders, 500);
  if (files.length === 0) {
    await offerNewExperiment();
    return undefined;
  }
  const items = files
    .map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const picked = await vscode.window.showQuickPick(items, { title: 'Train which experiment?' });
  return picked && vscode.workspace.openTextDocument(picked.uri);
}

async function offerNewExperiment(): Promise<void> {
  const create = 'New Experiment';
  const message = 'There is no experiment here. An experiment is a file named *.experiment.json.';
  const answer = await vscode.window.showInformationMessage(message, create);
  if (answer === create) await vscode.commands.executeCommand('lightbench.newExperiment');
}

async function save(doc: vscode.TextDocument): Promise<boolean> {
  if (doc.uri.scheme !== 'file') {
    const message = `${path.basename(doc.uri.path)} is not a file on this machine. Save it as a *.experiment.json file, then train.`;
    void vscode.window.showErrorMessage(message);
    return false;
  }
  if (!doc.isDirty || (await doc.save())) return true;
  const message = `${path.basename(doc.fileName)} could not be saved, so it was not trained. Save it by hand and try again.`;
  void vscode.window.showErrorMessage(message);
  return false;
}

/** Says why an experiment is not trained, with the cursor at its first error and the problems in view. */
async function refuse(doc: vscode.TextDocument, problems: readonly Problem[]): Promise<void> {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first !== undefined) {
    const range = new vscode.Range(
      doc.positionAt(first.offset),
      doc.positionAt(first.offset + first.length),
    );
    await vscode.window.showTextDocument(doc, { selection: range });
  }
  await vscode.commands.executeCommand('workbench.actions.view.problems');
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  const message = `${path.basename(doc.fileName)} was not trained: it has ${count}. ${first?.message ?? ''}`;
  void vscode.window.showErrorMessage(message);
}

/** A trainer that dies before it has written anything would leave its run queued. */
async function noteFailedStart(folder: string, ending: Ending): Promise<void> {
  const record = await readRecord(folder);
  if (record.status !== 'queued') return;
  const message = `The trainer did not start: ${describeEnding(ending)}. The log may say why; "lightbench.training.nodePath" names another Node to use.`;
  await writeRecord(folder, {
    ...record,
    status: 'failed',
    message,
    ended: new Date().toISOString(),
  });
}

function describeEnding({ code, signal, error }: Ending): string {
  if (error !== undefined) return error.message;
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
