import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { readExperiment } from '#common/experiment/read';
import { digitsExperiment } from '../workspace';
import { converse, type Said } from './conversation';
import { runsRoot, workspaceFolder } from './followRun';

const command = (name: string, ...args: readonly unknown[]): PromiseLike<unknown> =>
  vscode.commands.executeCommand(`lightbench.${name}`, ...args);

function runFolders(): readonly string[] {
  return existsSync(runsRoot()) ? readdirSync(runsRoot()) : [];
}

/** A file of the workspace; the name must be new. */
function writeFile(name: string, text: string): vscode.Uri {
  const file = path.join(workspaceFolder(), name);
  assert.ok(!existsSync(file), `${name} is there already`);
  writeFileSync(file, text);
  return vscode.Uri.file(file);
}

/** The first line of each sample, sorted. */
function titlesOfSamples(): readonly string[] {
  const extension = vscode.extensions.getExtension('lightbench.lightbench');
  assert.ok(extension, 'the extension is not there');
  const samples = path.join(extension.extensionPath, 'samples');
  return readdirSync(samples, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.experiment.json'))
    .map((file) => readFileSync(path.join(samples, file), 'utf8').split('\n', 1)[0]!.slice(3))
    .sort();
}

describe('without a run', () => {
  before(() => assert.deepEqual(runFolders(), []));

  const answers: readonly (readonly [name: string, text: RegExp])[] = [
    ['pauseRun', /^No run is going on\. Open an experiment and choose Train\.$/],
    ['continueRun', /^No run is paused\./],
    ['stopRun', /^No run is going on\./],
    ['resumeRun', /^No run can be resumed: only stopped, interrupted and failed/],
    ['openTestSet', /^The test set can be opened when a run has ended\.$/],
    ['openRun', /^There are no runs yet\. Open an experiment and choose Train\.$/],
    ['showLog', /^There are no runs yet\./],
    ['openExperiment', /^There are no runs yet\./],
    ['revealRun', /^There are no runs yet\./],
    ['deleteRun', /^There are no runs yet\./],
  ];
  for (const [name, text] of answers) {
    it(`${name} says what is missing`, async () => {
      const { said } = await converse(() => command(name));
      assert.equal(said.length, 1);
      assert.equal(said[0]?.how, 'information');
      assert.match(said[0].text, text);
    });
  }

  it('a run that is gone is said to be gone', async () => {
    const { said } = await converse(() => command('pauseRun', path.join(runsRoot(), 'no-such')));
    assert.equal(said.length, 1);
    assert.match(said[0]?.text ?? '', /^The run no-such cannot be read: its folder is gone\.$/);
  });

  it('refreshRuns reads an empty list without a word', async () => {
    assert.deepEqual((await converse(() => command('refreshRuns'))).said, []);
  });
});

describe('Train Experiment', () => {
  it('refuses a wrong experiment, with the cursor at the value and no run', async () => {
    const text = JSON.stringify(digitsExperiment(2)).replace('"filters":8', '"filters":-3');
    const uri = writeFile('wrong.experiment.json', text);
    const { result, said } = await converse(() => command('trainExperiment', uri));
    assert.equal(result, undefined);
    assert.equal(said.length, 1);
    assert.equal(said[0]?.how, 'error');
    assert.match(said[0].text, /^wrong\.experiment\.json was not trained: it has an error\. /);
    assert.match(said[0].text, /`filters` must be a whole number of at least 1; got -3\.$/);
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.toString(), uri.toString());
    assert.equal(editor.document.getText(editor.selection), '-3');
    assert.deepEqual(runFolders(), []);
  });

  it('refuses a text that was never saved', async () => {
    const doc = await vscode.workspace.openTextDocument({
      language: 'lightbench-experiment',
      content: JSON.stringify(digitsExperiment(2)),
    });
    await vscode.window.showTextDocument(doc);
    const { said } = await converse(() => command('trainExperiment'));
    assert.match(
      said[0]?.text ?? '',
      /is not a file on this machine\. Save it as a \*\.experiment/,
    );
    assert.deepEqual(runFolders(), []);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('asks which one when no experiment is in front', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const { said } = await converse(() => command('trainExperiment'));
    const expected: Said = {
      how: 'list',
      text: 'Train which experiment?',
      entries: ['digits.experiment.json', 'wrong.experiment.json'],
    };
    assert.deepEqual(said, [expected]);
  });
});

describe('New Experiment', () => {
  /** Asks for the sample with the name and gives the file that is then in front. */
  async function create(sample: string): Promise<vscode.TextDocument> {
    const { said } = await converse(() => command('newExperiment'), [sample]);
    assert.deepEqual(
      said.map(({ how }) => how),
      ['list'],
      said.map(({ text }) => text).join('; '),
    );
    const doc = vscode.window.activeTextEditor?.document;
    assert.ok(doc, 'no editor is open');
    return doc;
  }

  it('offers every sample', async () => {
    const { said } = await converse(() => command('newExperiment'));
    assert.equal(said[0]?.how, 'list');
    assert.deepEqual([...(said[0].entries ?? [])].sort(), titlesOfSamples());
  });

  it('copies a sample beside what is there, under a free name', async () => {
    const doc = await create('Digits through a lens');
    assert.equal(path.basename(doc.fileName), 'blurred-digits.experiment.json');
    assert.deepEqual(readExperiment(doc.getText()).problems, []);
    const again = await create('Digits through a lens');
    assert.equal(path.basename(again.fileName), 'blurred-digits-2.experiment.json');
    assert.equal(again.getText(), doc.getText());
  });

  it('copies the images of a sample with it, and keeps those that are there', async () => {
    await create('Micrographs');
    const images = path.join(workspaceFolder(), 'micrographs');
    assert.deepEqual(readdirSync(images).sort(), ['beads', 'fibres', 'rings']);
    assert.equal(readdirSync(path.join(images, 'beads')).length, 60);
    writeFileSync(path.join(images, 'beads', 'mine.png'), 'mine');
    await create('Micrographs');
    assert.equal(readdirSync(path.join(images, 'beads')).length, 61);
  });

  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));
});
