import { open, readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { decodeEvents } from '#common/events/index';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { isLive, runFiles, type RunRecord } from '#common/run/record';
import { splits, type Series, type Split } from '#common/run/series';
import { createColumns, type ColumnChanges, type Columns, type HistogramPoint } from './columns';
import { diskError, errorCode } from './disk';
import { eventFiles } from './eventLog';
import { parseRecord, readRecord } from './folder';
import { withTrueStatus } from './liveness';

export type { HistogramPoint, SeriesChange } from './columns';

/** What `refresh` found. */
export interface FollowerChange extends ColumnChanges {
  /** Whether `run.json` says something new. */
  readonly record: boolean;
  /** Event files that can be read no further, in words; what was read before stays. */
  readonly problems: readonly string[];
}

/** Reads a run folder and then only what is added to it, also while it is written. */
export interface RunFollower {
  readonly folder: string;
  readonly record: RunRecord;
  /** Every series so far, as copies. */
  series(): readonly Series[];
  histograms(split: Split, tag: string): readonly HistogramPoint[];
  histogramTags(): readonly { readonly split: Split; readonly tag: string }[];
  /**
   * Reads what is new. A call while another is under way waits for it and then reads again.
   * Throws CodedError `run/not-found` once the folder is gone.
   */
  refresh(): Promise<FollowerChange>;
  dispose(): void;
}

/** Whether the trainer still lives is asked no more often than this while the record is unchanged. */
const livenessIntervalMs = 1_000;
/** Small enough for its events to be forgotten before the garbage collector moves them. */
const chunkBytes = 1 << 17;

/** Opens a run folder and reads all that it holds. Throws CodedError `run/not-found`, `run/broken`. */
export async function openRunFollower(folder: string): Promise<RunFollower> {
  let record = await withTrueStatus(await readRecord(folder));
  const watcher = createRecordWatcher(folder);
  const columns = createColumns();
  const files = new Map<string, FollowedFile>();
  let last: Promise<unknown> = Promise.resolve();
  let disposed = false;

  async function read(): Promise<FollowerChange> {
    const fresh = disposed ? undefined : await watcher.read();
    const isNew = fresh !== undefined && JSON.stringify(fresh) !== JSON.stringify(record);
    if (fresh !== undefined) record = fresh;
    const problems: string[] = [];
    for (const split of disposed ? [] : splits) {
      for (const file of await followedFiles(path.join(folder, split), files)) {
        const problem = await readNew(file, split, columns);
        if (problem !== undefined) problems.push(problem);
      }
    }
    return { record: isNew, ...columns.takeChanges(), problems };
  }

  const follower: RunFollower = {
    folder,
    get record() {
      return record;
    },
    series: columns.series,
    histograms: columns.histograms,
    histogramTags: columns.histogramTags,
    refresh() {
      const next = last.then(read, read);
      last = next;
      return next;
    },
    dispose() {
      disposed = true;
      files.clear();
      columns.clear();
    },
  };
  await follower.refresh();
  return follower;
}

/** Reads `run.json` when its text or the life of its trainer may have changed. */
function createRecordWatcher(folder: string) {
  let text = '';
  let checkedMs = 0;
  return {
    async read(): Promise<RunRecord | undefined> {
      const file = path.join(folder, runFiles.record);
      const now = await readFile(file, 'utf8').catch((error: unknown) => {
        if (errorCode(error) !== 'ENOENT') throw diskError(error, `Could not read ${file}`);
        const message = `The run in ${folder} is gone: ${runFiles.record} was removed. Close its views.`;
        throw new CodedError('run/not-found', message);
      });
      const isDue = Date.now() - checkedMs >= livenessIntervalMs;
      if (now === text && !isDue) return undefined;
      const written = parseRecord(now, file);
      if (now === text && !isLive(written.status)) return undefined;
      text = now;
      checkedMs = Date.now();
      return withTrueStatus(written);
    },
  };
}

interface FollowedFile {
  readonly path: string;
  /** Bytes of whole records that have been read. */
  offset: number;
  /** Size at which reading stopped for good; more bytes are a reason to look again. */
  stuckAt: number | undefined;
  problem: string | undefined;
}

async function followedFiles(
  folder: string,
  files: Map<string, FollowedFile>,
): Promise<FollowedFile[]> {
  return (await eventFiles(folder)).map((name) => {
    const file = path.join(folder, name);
    const known = files.get(file);
    if (known !== undefined) return known;
    const followed = { path: file, offset: 0, stuckAt: undefined, problem: undefined };
    files.set(file, followed);
    return followed;
  });
}

/** Reads the whole records after what is known; a problem is told in words. */
async function readNew(
  file: FollowedFile,
  split: Split,
  columns: Columns,
): Promise<string | undefined> {
  const size = await stat(file.path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size <= file.offset || size === file.stuckAt) return file.problem;
  try {
    const problem = await readFrom(file, size, split, columns);
    file.stuckAt = problem === undefined ? undefined : size;
    file.problem = problem;
  } catch (error) {
    return `Could not read ${file.path}: ${messageOf(error)}`;
  }
  return file.problem;
}

/**
 * Always begins at the first record that is not known whole, never at a remembered tail: the trainer
 * takes back half a record when the disk is full.
 */
async function readFrom(
  file: FollowedFile,
  size: number,
  split: Split,
  columns: Columns,
): Promise<string | undefined> {
  const handle = await open(file.path, 'r');
  try {
    let buffer = new Uint8Array(Math.min(chunkBytes, size - file.offset));
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, file.offset);
      const { events, end, problem } = decodeEvents(buffer.subarray(0, bytesRead));
      for (const event of events) columns.add(split, event);
      file.offset += end;
      if (problem !== undefined) {
        return `${file.path} is damaged at byte ${file.offset}: ${problem.message} What follows it is not shown.`;
      }
      if (bytesRead < buffer.length) return undefined;
      // A record that is larger than the buffer.
      if (end === 0) buffer = new Uint8Array(buffer.length * 2);
    }
  } finally {
    await handle.close();
  }
}
