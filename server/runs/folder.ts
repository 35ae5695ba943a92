import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { EngineChoice } from '#common/engine';
import type { Experiment } from '#common/experiment/experiment';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { runFiles, runId, runRecordSchema, type RunRecord } from '#common/run/record';
import { version } from '#common/version';
import { diskError, errorCode, replaceFile } from './disk';
import { gitCommit } from './gitCommit';
import { withTrueStatus } from './liveness';
import { misfitOf } from './validate';

/** What a new run is made of. */
export interface NewRun {
  /** The folder of runs: `…/.lightbench/runs`. */
  readonly root: string;
  readonly experimentFile: string;
  /** The file's text as it is. */
  readonly text: string;
  /** With defaults, and with what the command line overrides. */
  readonly experiment: Experiment;
  readonly engine: EngineChoice;
  readonly threads?: number;
  /** A safetensors file with the weights to begin with. */
  readonly initialWeights?: string;
}

/** Two runs of one second seldom get the same four digits, but a script can start hundreds. */
const nameAttempts = 20;

/**
 * Makes the folder of a run that is queued. It appears under its name only when it is complete.
 * Throws CodedError `disk/…`.
 */
export async function createRun(options: NewRun): Promise<{ id: string; folder: string }> {
  const failed = `Could not create the run in ${options.root}`;
  await mkdir(options.root, { recursive: true }).catch((error: unknown) => {
    throw diskError(error, failed);
  });
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryCreateRun(options);
    } catch (error) {
      const isTaken = ['EEXIST', 'ENOTEMPTY'].includes(errorCode(error) ?? '');
      if (isTaken && attempt < nameAttempts) continue;
      throw diskError(error, failed);
    }
  }
}

async function tryCreateRun(options: NewRun): Promise<{ id: string; folder: string }> {
  const { root, experiment } = options;
  const now = new Date();
  const id = runId(now, experiment.name, randomBytes(2).toString('hex'));
  const folder = path.join(root, id);
  const draft = path.join(root, `.${id}`);
  await mkdir(draft);
  try {
    await mkdir(path.join(draft, runFiles.checkpoints));
    await writeFile(path.join(draft, runFiles.experiment), options.text);
    const resolved = JSON.stringify(experiment, undefined, 2);
    await writeFile(path.join(draft, runFiles.resolved), `${resolved}\n`);
    await copyInitialWeights(options.initialWeights, draft);
    await writeRecord(draft, await newRecord(options, id, now));
    // Fails when the name is taken, because the folder of a run is never empty.
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  return { id, folder };
}

async function copyInitialWeights(file: string | undefined, folder: string): Promise<void> {
  if (file === undefined) return;
  const target = path.join(folder, runFiles.checkpoints, 'initial.safetensors');
  await copyFile(file, target).catch((error: unknown) => {
    throw diskError(error, `Could not copy the initial weights ${file}`);
  });
}

async function newRecord(options: NewRun, id: string, now: Date): Promise<RunRecord> {
  const { experiment, engine, threads } = options;
  const experimentFile = path.resolve(options.experimentFile);
  const commit = await gitCommit(path.dirname(experimentFile));
  return {
    format: 1,
    id,
    name: experiment.name,
    status: 'queued',
    created: now.toISOString(),
    experimentFile,
    seed: experiment.seed,
    request: { engine, ...(threads === undefined ? {} : { threads }) },
    versions: { lightbench: version, node: process.versions.node },
    ...(commit === undefined ? {} : { gitCommit: commit }),
    progress: { epoch: 0, epochs: experiment.training.epochs, step: 0, stepsPerEpoch: 0 },
  };
}

/**
 * The record of a run as it is true now: one that says "live" and whose trainer is gone reads as
 * interrupted. Throws CodedError `run/not-found` or `run/broken`.
 */
export async function readRun(folder: string): Promise<RunRecord> {
  return withTrueStatus(await readRecord(folder));
}

/** The record as it is written, checked. */
export async function readRecord(folder: string): Promise<RunRecord> {
  const file = path.join(folder, runFiles.record);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw diskError(error, `Could not read ${file}`);
    const message = `There is no run in ${folder}: it has no ${runFiles.record}. Choose one of the folders that "lightbench runs" lists.`;
    throw new CodedError('run/not-found', message);
  });
  return parseRecord(text, file);
}

/** Checks the text of a `run.json`. */
export function parseRecord(text: string, file: string): RunRecord {
  const broken = (fault: string) => {
    const message = `${file} cannot be read: ${fault}. The checkpoints and event files beside it may still be good; start a new run with --initial to go on from a checkpoint.`;
    return new CodedError('run/broken', message);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(messageOf(error));
  }
  const misfit = misfitOf(runRecordSchema, value);
  if (misfit !== undefined) throw broken(misfit);
  return value as RunRecord;
}

/** Replaces `run.json`. Figures that are not finite, which JSON cannot hold, are left out. */
export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  const finite = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
  const text = JSON.stringify(record, finite, 2);
  await replaceFile(path.join(folder, runFiles.record), `${text}\n`);
}

/** One folder below the folder of runs: its record, or why it has none. */
export interface RunEntry {
  readonly folder: string;
  readonly record?: RunRecord;
  readonly problem?: string;
}

/** Every run, newest first. A folder that cannot be read is listed with its problem. */
export async function listRuns(root: string): Promise<readonly RunEntry[]> {
  const names = await runNames(root);
  const entries = await Promise.all(names.map((name) => readEntry(path.join(root, name))));
  const order = (entry: RunEntry) => entry.record?.created ?? '';
  return entries.sort(
    (a, b) =>
      compare(order(b), order(a)) || compare(path.basename(b.folder), path.basename(a.folder)),
  );
}

async function runNames(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw diskError(error, `Could not list the runs in ${root}`);
  });
  return entries
    .filter((entry) => !entry.name.startsWith('.') && !entry.isFile())
    .map((entry) => entry.name);
}

async function readEntry(folder: string): Promise<RunEntry> {
  try {
    return { folder, record: await readRun(folder) };
  } catch (error) {
    return { folder, problem: messageOf(error) };
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The folder of the run that a person means: its folder, its id, the beginning of the id, or the four
 * digits at its end. Throws CodedError `run/not-found` or `run/ambiguous`.
 */
export async function findRun(root: string, text: string): Promise<string> {
  const names = await runNames(root);
  if (names.includes(text)) return path.join(root, text);
  if (text !== '' && (await isRunFolder(text))) return path.resolve(text);
  const matches = names.filter((name) => name.startsWith(text) || name.endsWith(`-${text}`));
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return path.join(root, match);
  if (matches.length > 1) {
    const message = `"${text}" fits ${matches.length} runs: ${matches.slice(0, 5).join(', ')}. Give more of the id.`;
    throw new CodedError('run/ambiguous', message);
  }
  const newest = names.sort().at(-1);
  const advice =
    newest === undefined
      ? 'There are no runs yet; start one with "lightbench train FILE".'
      : `"lightbench runs" lists them; the newest is ${newest}.`;
  throw new CodedError('run/not-found', `No run in ${root} is called "${text}". ${advice}`);
}

async function isRunFolder(folder: string): Promise<boolean> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  return names.includes(runFiles.record);
}
