import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { runFiles } from '#common/run/record';
import { digitsExperiment } from '../workspace';
import { converse } from './conversation';
import { noteStatuses, readRecordNow, untilRecord, untilStatus } from './followRun';
import { runsRoot, workspaceFolder } from './followRun';

/** More than any machine gets through before the test stops it. */
const ENDLESS = 100_000;

const command = (name: string, ...args: readonly unknown[]): PromiseLike<unknown> =>
  vscode.commands.executeCommand(`lightbench.${name}`, ...args);

/** Trains a new experiment file and gives the folder of its run. */
async function train(name: string, epochs: number): Promise<string> {
  const file = path.join(workspaceFolder(), `${name}.experiment.json`);
  writeFileSync(file, JSON.stringify({ ...digitsExperiment(epochs), name }));
  const { result, said } = await converse(() => command('trainExperiment', vscode.Uri.file(file)));
  assert.deepEqual(said, []);
  assert.ok(typeof result === 'string', 'Train gave no run folder');
  return result;
}

/** A command on a run to which nothing has to be said. */
async function quietly(name: string, folder: string): Promise<void> {
  assert.deepEqual((await converse(() => command(name, folder))).said, []);
}

/** What a command answers on a run that it is not for: how the extension sees the run. */
async function refusal(name: string, folder: string): Promise<string> {
  const { said } = await converse(() => command(name, folder));
  assert.equal(said.length, 1);
  return said[0]?.text ?? '';
}

describe('a run that is left alone', () => {
  let folder: string;

  it('goes from queued to running to finished, and its folder has everything', async () => {
    const statuses = noteStatuses();
    folder = await train('alone', 3);
    assert.equal(path.dirname(folder), runsRoot());
    const record = await untilStatus(folder, 'finished');
    statuses.dispose();
    assert.deepEqual(statuses.seen, ['queued', 'running', 'finished']);
    assert.deepEqual([record.progress.epoch, record.progress.epochs], [3, 3]);
    assert.ok((record.best?.validation?.['accuracy'] ?? 0) > 0.5, JSON.stringify(record.best));
    for (const file of [runFiles.results, runFiles.log, runFiles.resolved, 'train', 'validation']) {
      assert.ok(existsSync(path.join(folder, file)), `${file} is missing`);
    }
  });

  it('opens in a panel of its own', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const opened = untilTab('alone');
    await quietly('openRun', folder);
    assert.ok((await opened).input instanceof vscode.TabInputWebview);
    await quietly('openRun', folder);
    assert.equal(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length, 1);
  });

  it('shows its log and its experiment', async () => {
    await quietly('showLog', folder);
    assert.equal(
      vscode.window.activeTextEditor?.document.fileName,
      path.join(folder, runFiles.log),
    );
    await quietly('openExperiment', folder);
    const { fileName } = vscode.window.activeTextEditor.document;
    assert.equal(fileName, path.join(workspaceFolder(), 'alone.experiment.json'));
  });

  it('opens its test set once the user has said why, and keeps the reason', async () => {
    const { said } = await converse(
      () => command('openTestSet', folder),
      ['Open Test Set', 'decided'],
    );
    assert.deepEqual(
      said.map(({ how }) => how),
      ['warning', 'box', 'information'],
      said.map(({ text }) => text).join('; '),
    );
    assert.match(
      said[2]?.text ?? '',
      /^Test set of "alone": \d+\.\d % · loss .+, on 269 samples\.$/,
    );
    const log = readFileSync(path.join(folder, runFiles.testLog), 'utf8').trim().split('\n');
    assert.equal(log.length, 1);
    assert.equal((JSON.parse(log[0] ?? '') as { readonly reason: string }).reason, 'decided');
  });

  it('stays sealed, and there, when the user thinks better of it', async () => {
    const asked = await converse(() => command('openTestSet', folder));
    assert.match(asked.said[0]?.text ?? '', /again\? It was opened once before\.$/);
    await converse(() => command('deleteRun', folder));
    assert.ok(existsSync(folder));
    const log = readFileSync(path.join(folder, runFiles.testLog), 'utf8').trim().split('\n');
    assert.equal(log.length, 1);
  });

  it('is deleted when the user confirms it', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const answers = ['Move to Trash', 'Delete Permanently'];
    const { said } = await converse(() => command('deleteRun', folder), answers);
    assert.equal(said[0]?.text, 'Delete the run "alone"?');
    assert.equal(existsSync(folder), false);
    assert.match(await refusal('openRun', folder), /its folder is gone\.$/);
  });
});

describe('a run that goes on', () => {
  let folder: string;
  before(async () => {
    folder = await train('endless', ENDLESS);
  });
  after(() => endIfLive(folder));

  it('pauses and continues', async () => {
    await untilRecord(folder, ({ progress }) => progress.epoch >= 1);
    await quietly('pauseRun', folder);
    assert.equal(readRecordNow(folder).status, 'paused');
    assert.match(await refusal('pauseRun', folder), /^The run "endless" is paused\./);
    const { epoch } = readRecordNow(folder).progress;
    await quietly('continueRun', folder);
    const record = await untilRecord(folder, ({ progress }) => progress.epoch > epoch);
    assert.equal(record.status, 'running');
  });

  it('is not deleted', async () => {
    assert.match(await refusal('deleteRun', folder), /^"endless" is running\. Stop it first\.$/);
  });

  it('is the one that a command means when it is the only one', async () => {
    assert.deepEqual((await converse(() => command('pauseRun'))).said, []);
    assert.equal(readRecordNow(folder).status, 'paused');
    await quietly('continueRun', folder);
  });

  it('stops with its results, and resumes where it was', async () => {
    await quietly('stopRun', folder);
    const stopped = readRecordNow(folder);
    assert.equal(stopped.status, 'stopped');
    assert.ok(existsSync(path.join(folder, runFiles.results)));
    assert.match(await refusal('stopRun', folder), /^The run "endless" is stopped\./);
    await quietly('resumeRun', folder);
    const { epoch } = stopped.progress;
    const resumed = await untilRecord(
      folder,
      ({ status, progress }) => status === 'running' && progress.epoch > epoch,
    );
    assert.notEqual(resumed.process?.pid, stopped.process?.pid);
  });

  it('is interrupted when its process is killed, and resumes', async () => {
    const { process: trainer, progress } = readRecordNow(folder);
    assert.ok(trainer, 'there is no process to kill');
    process.kill(trainer.pid, 'SIGKILL');
    await untilDead(trainer.pid);
    assert.match(await refusal('pauseRun', folder), /^The run "endless" is interrupted\./);
    assert.match(await refusal('stopRun', folder), /^The run "endless" is interrupted\./);
    await quietly('resumeRun', folder);
    const record = await untilRecord(
      folder,
      (now) => now.process !== undefined && now.process.pid !== trainer.pid && isBeyond(now),
    );
    assert.equal(record.status, 'running');
    function isBeyond(now: { readonly progress: { readonly epoch: number } }): boolean {
      return now.progress.epoch > progress.epoch;
    }
  });

  it('is asked about when there are several', async () => {
    const other = await train('other', ENDLESS);
    try {
      await untilStatus(other, 'running');
      // With the panel of a run in front, that run would be meant.
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      const { said } = await converse(() => command('stopRun'), ['other']);
      assert.equal(said[0]?.text, 'Stop which run?');
      assert.equal(said[0].entries?.length, 2);
      assert.equal(readRecordNow(other).status, 'stopped');
      assert.equal(readRecordNow(folder).status, 'running');
    } finally {
      endIfLive(other);
    }
  });
});

function untilTab(label: string): Promise<vscode.Tab> {
  return new Promise((resolve) => {
    const listening = vscode.window.tabGroups.onDidChangeTabs(({ opened }) => {
      const tab = opened.find((one) => one.label === label);
      if (tab === undefined) return;
      listening.dispose();
      resolve(tab);
    });
  });
}

/** A signal takes effect some turns of the loop after it was sent. */
function untilDead(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (isThere(pid)) setImmediate(look);
      else resolve();
    };
    look();
  });
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** For what a failed test leaves behind. */
function endIfLive(folder: string): void {
  const { process: trainer } = readRecordNow(folder);
  if (trainer !== undefined && isThere(trainer.pid)) process.kill(trainer.pid, 'SIGKILL');
}
