import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { createEventEncoder, makeHistogram, type EventEncoder } from '#common/events/index';
import { diskError } from './disk';

/** The metrics log of one split of a run that is going on: a TensorBoard event file that grows. */
export interface EventLog {
  readonly file: string;
  /** All values of one step, by tag. Kept in memory until `flush`. */
  scalars(step: number, wallTimeSeconds: number, values: ReadonlyMap<string, number>): void;
  histogram(step: number, wallTimeSeconds: number, tag: string, values: Float32Array): void;
  /** Appends what is in memory, whole records only. Throws CodedError `disk/…`, and can be tried again. */
  flush(): Promise<void>;
  /** Flushes and waits until the disk has it. */
  close(): Promise<void>;
}

export interface EventLogOptions {
  /** A resumed run goes on at this step: what earlier files hold from it on no longer counts. */
  readonly resumeStep?: number;
}

/**
 * Opens a new event file in a split's folder (`run/train`), which is made if need be. Every session
 * writes a file of its own, so that a file which a crash has cut is never written to again.
 */
export async function openEventLog(
  folder: string,
  options: EventLogOptions = {},
): Promise<EventLog> {
  const nowSeconds = Date.now() / 1000;
  const encoder = createEventEncoder();
  encoder.version(nowSeconds);
  if (options.resumeStep !== undefined) encoder.start(nowSeconds, options.resumeStep);
  try {
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, await nextName(folder, nowSeconds));
    const log = writeTo(file, await open(file, 'wx'), encoder);
    await log.flush();
    return log;
  } catch (error) {
    throw diskError(error, `Could not start the metrics log in ${folder}`);
  }
}

/** Event files of a folder in the order in which they were begun, which is that of their names. */
export async function eventFiles(folder: string): Promise<string[]> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  return names.filter((name) => /^events\.out\.tfevents\.\d{10}\./.test(name)).sort();
}

/** TensorBoard reads the files in the order of their names, so a later one gets a later second. */
async function nextName(folder: string, nowSeconds: number): Promise<string> {
  const last = (await eventFiles(folder)).at(-1);
  const lastSeconds = last === undefined ? 0 : Number(last.split('.')[3]);
  const seconds = Math.max(Math.floor(nowSeconds), lastSeconds + 1);
  return `events.out.tfevents.${String(seconds).padStart(10, '0')}.lightbench.${process.pid}.0`;
}

function writeTo(file: string, handle: FileHandle, encoder: EventEncoder): EventLog {
  /** Bytes that the file holds for sure. */
  let written = 0;
  /** Taken from the encoder and not yet in the file; kept when a write fails. */
  let waiting: Uint8Array[] = [];
  let last: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    if (encoder.size > 0) waiting.push(encoder.take());
    if (waiting.length === 0) return;
    const bytes = Buffer.concat(waiting);
    waiting = [bytes];
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await handle.write(bytes, done, bytes.length - done, written + done)).bytesWritten;
      }
    } catch (error) {
      // Half a record at the end would look like damage once more follows it.
      await handle.truncate(written).catch(() => undefined);
      throw diskError(error, `Could not write the metrics log ${file}`);
    }
    written += bytes.length;
    waiting = [];
  }
  /** One write at a time; a failed one does not stop the next. */
  function flush(): Promise<void> {
    const next = last.then(write, write);
    last = next;
    return next;
  }

  return {
    file,
    scalars: (step, wallTimeSeconds, values) => encoder.scalars(wallTimeSeconds, step, values),
    histogram: (step, wallTimeSeconds, tag, values) =>
      encoder.histogram(wallTimeSeconds, step, tag, makeHistogram(values)),
    flush,
    async close() {
      try {
        await flush();
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}
