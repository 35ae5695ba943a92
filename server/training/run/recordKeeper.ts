import type { RunRecord } from '#common/run/record';
import { writeRecord } from '#runs/folder';

/** Keeps `run.json` up to date. */
export interface RecordKeeper {
  readonly record: RunRecord;
  /** Changes the record in memory; it is written soon, at most every second. */
  note(changes: Partial<RunRecord>): void;
  /** Changes the record and waits until it is on disk. */
  save(changes: Partial<RunRecord>): Promise<void>;
  /** The error of a write in the background, if one failed. */
  readonly failure: unknown;
}

const intervalMs = 1000;

export function keepRecord(
  folder: string,
  first: RunRecord,
  onWritten: (record: RunRecord) => void,
): RecordKeeper {
  let record = first;
  let writtenMs = 0;
  let failure: unknown;
  let last: Promise<void> = Promise.resolve();
  let isWriting = false;

  /** One write at a time, in order, so that an older record never replaces a newer one. */
  function write(): Promise<void> {
    const next = last.then(async () => {
      isWriting = true;
      try {
        const now = record;
        await writeRecord(folder, now);
        onWritten(now);
      } finally {
        writtenMs = Date.now();
        isWriting = false;
      }
    });
    last = next.catch(() => undefined);
    return next;
  }
  return {
    get record() {
      return record;
    },
    get failure() {
      return failure;
    },
    note(changes) {
      record = { ...record, ...changes };
      if (isWriting || Date.now() - writtenMs < intervalMs) return;
      isWriting = true;
      write().catch((error: unknown) => (failure = error));
    },
    save(changes) {
      record = { ...record, ...changes };
      return write();
    },
  };
}
