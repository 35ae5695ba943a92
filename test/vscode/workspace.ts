// Temporary workspace folders with experiment files in them.
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { isLive, runFiles, runsFolder } from '#common/run/record';
import { parseRecord } from '#runs/folder';

/** Makes a folder with the given files (path → text, or an object that becomes JSON). */
export function makeWorkspace(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-workspace-'));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
  return folder;
}

/** Removes a workspace, and ends the trainers that a failed test has left at work in it. */
export function removeWorkspace(folder: string): void {
  const root = path.join(folder, runsFolder);
  for (const name of existsSync(root) ? readdirSync(root) : []) endTrainer(path.join(root, name));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function endTrainer(run: string): void {
  const file = path.join(run, runFiles.record);
  if (!existsSync(file)) return;
  const { status, process: trainer } = parseRecord(readFileSync(file, 'utf8'), file);
  if (!isLive(status) || trainer === undefined) return;
  try {
    process.kill(trainer.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** An experiment on the shipped digits that a machine of any kind trains in seconds. */
export function digitsExperiment(epochs: number): Record<string, unknown> {
  return {
    version: 1,
    name: 'digits in the editor',
    seed: 7,
    data: {
      source: { type: 'digits' },
      split: { train: 0.7, validation: 0.15, test: 0.15, stratify: true },
    },
    model: {
      layers: [
        { type: 'conv2d', filters: 8, kernelSize: 3, activation: 'relu' },
        { type: 'maxPooling2d' },
        { type: 'flatten' },
        { type: 'dense', units: 10 },
      ],
    },
    loss: { type: 'softmaxCrossEntropy' },
    optimizer: { type: 'adam', learningRate: 1e-2 },
    training: { epochs, batchSize: 64 },
    metrics: ['accuracy'],
  };
}
