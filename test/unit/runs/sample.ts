// A run folder to try things on, made by the code that makes the real ones.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { readExperiment } from '#common/experiment/read';
import type { Experiment } from '#common/experiment/experiment';
import { createRun, type NewRun } from '#runs/folder';

export const sampleText = `{
  // The smallest one.
  "version": 1,
  "name": "Größe & Blur",
  "seed": 7,
  "data": { "source": { "type": "digits" } },
  "model": { "layers": [{ "type": "flatten" }, { "type": "dense", "units": 10 }] },
  "loss": { "type": "softmaxCrossEntropy" },
  "optimizer": { "type": "adam" },
  "training": { "epochs": 3 }
}
`;

export function sampleExperiment(): Experiment {
  const { experiment, problems } = readExperiment(sampleText);
  if (experiment === undefined) throw new Error(JSON.stringify(problems));
  return experiment;
}

const folders: string[] = [];

/** A folder that `removeTemporaryFolders`, called after each test, removes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-test-'));
  folders.push(folder);
  return folder;
}

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export function createSampleRun(
  root: string,
  options: Partial<NewRun> = {},
): Promise<{ id: string; folder: string }> {
  return createRun({
    root,
    experimentFile: path.join(root, 'blur.experiment.json'),
    text: sampleText,
    experiment: sampleExperiment(),
    engine: 'auto',
    ...options,
  });
}
