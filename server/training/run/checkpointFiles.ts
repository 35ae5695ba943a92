import { readdir, readFile, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import { messageOf } from '#common/protocol/rpc';
import { runFiles } from '#common/run/record';
import { diskError, errorCode, replaceFile } from '#runs/disk';
import { decodeCheckpoint, type Checkpoint } from './checkpoint';

/** What is kept of a run; `epoch-10` and the like only when asked for. */
export type CheckpointName = 'initial' | 'best' | 'last' | `epoch-${number}`;

/** A checkpoint that was found, and what had to be passed over to find it. */
export interface FoundCheckpoint {
  readonly name: string;
  readonly checkpoint: Checkpoint;
}

/** The `checkpoints` folder of a run. */
export interface CheckpointFiles {
  save(name: CheckpointName, bytes: Uint8Array): Promise<void>;
  /** Throws CodedError `checkpoint/…` or `disk/…`. */
  read(name: CheckpointName): Promise<Checkpoint>;
  /** The bytes of the weights that the run begins with, if there are any yet. */
  readInitial(): Promise<Uint8Array | undefined>;
  /**
   * Where to go on: `last`, or else the newest of the others that can be read. `report` is told in words
   * about every file that cannot be used.
   */
  findNewest(report: (message: string) => void): Promise<FoundCheckpoint | undefined>;
}

/** The checkpoint before `last`, in case `last` is damaged. */
const previousName = 'previous';
/** A new `last` that has not taken its place yet. */
const nextName = 'next';

export function openCheckpointFiles(folder: string): CheckpointFiles {
  const checkpoints = path.join(folder, runFiles.checkpoints);
  const fileOf = (name: string) => path.join(checkpoints, `${name}.safetensors`);

  async function readNamed(name: string): Promise<Checkpoint> {
    const file = fileOf(name);
    const bytes = await readBytes(file).catch((error: unknown) => {
      throw diskError(error, `Could not read ${file}`);
    });
    return decodeCheckpoint(bytes);
  }
  async function tryRead(
    name: string,
    report: (message: string) => void,
  ): Promise<FoundCheckpoint | undefined> {
    try {
      return { name, checkpoint: await readNamed(name) };
    } catch (error) {
      report(`${fileOf(name)} is passed over. ${messageOf(error)}`);
      return undefined;
    }
  }
  /** At every moment `last`, `next` or `previous` is whole, whatever happens in between. */
  async function saveLast(bytes: Uint8Array): Promise<void> {
    await replaceFile(fileOf(nextName), bytes);
    try {
      await rename(fileOf('last'), fileOf(previousName)).catch(ignoreMissing);
      await rename(fileOf(nextName), fileOf('last'));
    } catch (error) {
      throw diskError(error, `Could not replace ${fileOf('last')}`);
    }
  }
  return {
    save: (name, bytes) => (name === 'last' ? saveLast(bytes) : replaceFile(fileOf(name), bytes)),
    read: readNamed,
    readInitial: () => readBytes(fileOf('initial')).catch(ignoreMissing),
    async findNewest(report) {
      await removeLeftovers(checkpoints);
      const names = await checkpointNames(checkpoints);
      const last = names.includes('last') ? await tryRead('last', report) : undefined;
      if (last !== undefined) return last;
      const others = names.filter((name) => name !== 'last' && name !== 'initial');
      const readable = await Promise.all(others.map((name) => tryRead(name, report)));
      return readable
        .filter((found) => found !== undefined)
        .reduce<FoundCheckpoint | undefined>(newer, undefined);
    },
  };
}

/** A plain array: the `slice` of Node's Buffer gives a view, not the copy that decoding counts on. */
async function readBytes(file: string): Promise<Uint8Array> {
  const buffer = await readFile(file);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function newer(a: FoundCheckpoint | undefined, b: FoundCheckpoint): FoundCheckpoint {
  return a === undefined || isLater(b, a) ? b : a;
}

function isLater(a: FoundCheckpoint, b: FoundCheckpoint): boolean {
  const [x, y] = [a.checkpoint.state, b.checkpoint.state];
  return x.totalSteps !== y.totalSteps ? x.totalSteps > y.totalSteps : x.epoch > y.epoch;
}

async function checkpointNames(folder: string): Promise<string[]> {
  const names: readonly string[] = (await readdir(folder).catch(ignoreMissing)) ?? [];
  return names
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => name.slice(0, -'.safetensors'.length))
    .sort();
}

/** Half-written files of a trainer that was killed. */
async function removeLeftovers(folder: string): Promise<void> {
  const names: readonly string[] = (await readdir(folder).catch(ignoreMissing)) ?? [];
  for (const name of names.filter((entry) => entry.endsWith('.tmp'))) {
    await rm(path.join(folder, name), { force: true });
  }
}

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
  return undefined;
}
