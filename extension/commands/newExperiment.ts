import * as vscode from 'vscode';
import { CodedError } from '#common/protocol/rpc';
import type { Host } from '../host';
import { describeSample, freeName, type Sample } from './samples';

interface SampleFile extends Sample {
  /** The folder that it is in, which its data folder is relative to. */
  readonly home: vscode.Uri;
  readonly fileName: string;
  readonly text: string;
}

/** Copies a sample, with its images where it has some, into the workspace and opens it. */
export async function newExperiment(host: Host): Promise<void> {
  const folder = await chooseFolder();
  if (folder === undefined) return;
  const samples = vscode.Uri.joinPath(host.extensionUri, 'samples');
  const sample = await pickSample(await readSamples(samples));
  if (sample === undefined) return;
  const taken = new Set((await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name));
  const target = vscode.Uri.joinPath(
    folder,
    freeName(sample.fileName, (name) => taken.has(name)),
  );
  if (sample.dataFolder !== undefined) await copyData(sample.home, folder, sample.dataFolder);
  await vscode.workspace.fs.writeFile(target, Buffer.from(sample.text, 'utf8'));
  await vscode.window.showTextDocument(target, { preview: false });
}

/** The workspace folder that the file goes to. */
async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1) return (await vscode.window.showWorkspaceFolderPick())?.uri;
  if (folders[0] !== undefined) return folders[0].uri;
  const open = 'Open Folder';
  const message = 'An experiment lives in a folder, and no folder is open.';
  const answer = await vscode.window.showInformationMessage(message, open);
  if (answer === open) await vscode.commands.executeCommand('vscode.openFolder');
  return undefined;
}

/** Each sample has a folder of its own, or shares one with others of its kind. */
async function readSamples(folder: vscode.Uri): Promise<readonly SampleFile[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const homes = entries
    .filter(([, type]) => type === vscode.FileType.Directory)
    .map(([name]) => vscode.Uri.joinPath(folder, name));
  return (await Promise.all(homes.map(readSamplesIn))).flat();
}

async function readSamplesIn(home: vscode.Uri): Promise<readonly SampleFile[]> {
  const entries = await vscode.workspace.fs.readDirectory(home);
  const names = entries.map(([name]) => name).filter((name) => name.endsWith('.experiment.json'));
  return Promise.all(
    names.sort().map(async (fileName) => {
      const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(home, fileName));
      const text = Buffer.from(bytes).toString('utf8');
      return { home, fileName, text, ...describeSample(fileName, text) };
    }),
  );
}

async function pickSample(samples: readonly SampleFile[]): Promise<SampleFile | undefined> {
  const items = samples.map((sample) => ({
    label: sample.title,
    description: sample.fileName,
    detail: sample.summary,
    sample,
  }));
  const title = 'New experiment from which sample?';
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDetail: true });
  return picked?.sample;
}

/** Images that are there already are kept: they may be the user's own by now. */
async function copyData(home: vscode.Uri, folder: vscode.Uri, data: string): Promise<void> {
  const target = vscode.Uri.joinPath(folder, data);
  try {
    await vscode.workspace.fs.copy(vscode.Uri.joinPath(home, data), target, {
      overwrite: false,
    });
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileExists') return;
    const message = `The images of the sample could not be copied to ${target.fsPath}: ${String(error)}`;
    throw new CodedError('sample/not-copied', message);
  }
}
