import assert from 'node:assert/strict';
import { blockBytes, type Heap } from '../../../server/training/engine/backend/heap';

/** What lies where nothing has been written: as float32 a NaN, as int32 −1. */
const filler = 0xff;
/** Behind every block, beside the bytes that kernels may read. */
const marginBytes = 256;

/** Bytes that nobody may write. */
interface Canary {
  readonly start: number;
  readonly end: number;
}

/** Tells of kernels that write what is not theirs. */
export interface Canaries {
  /** Throws if something was written behind the end of a block since the last call. */
  check(): void;
}

/**
 * Surrounds the blocks that a heap hands out from now on with bytes that nobody may write. What is new or
 * freed is filled with NaN, so that results show it when a kernel reads what it should not.
 */
export function addCanaries(heap: Heap): Canaries {
  const canaries = new Map<number, Canary>();
  const faults: string[] = [];
  const { observer } = heap;
  const bytesAt = (start: number, end: number): Uint8Array =>
    new Uint8Array(heap.bytes, start, end - start);

  function look(pointer: number, { start, end }: Canary): void {
    const bytes = bytesAt(start, end);
    const at = bytes.findIndex((byte) => byte !== filler);
    if (at < 0) return;
    faults.push(`${at + 1} bytes past the end of the ${start - pointer} bytes at ${pointer}`);
    bytes.fill(filler);
  }
  heap.observer = {
    marginBytes: observer?.marginBytes ?? marginBytes,
    allocated(pointer, wantedBytes, sizeBytes) {
      observer?.allocated(pointer, wantedBytes, sizeBytes);
      // Another observer may have made the margin untouchable.
      const end = pointer + (observer ? blockBytes(wantedBytes) : sizeBytes);
      bytesAt(pointer, end).fill(filler);
      canaries.set(pointer, { start: pointer + wantedBytes, end });
    },
    freed(pointer, sizeBytes) {
      const canary = canaries.get(pointer);
      canaries.delete(pointer);
      if (canary) {
        look(pointer, canary);
        bytesAt(pointer, canary.end).fill(filler);
      }
      observer?.freed(pointer, sizeBytes);
    },
  };
  return {
    check() {
      for (const [pointer, canary] of canaries) look(pointer, canary);
      const found = faults.splice(0);
      assert.deepEqual(found, [], 'a kernel wrote past the end of its memory');
    },
  };
}
