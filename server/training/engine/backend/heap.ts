import { webAssembly, type KernelMemory } from '../wasm/webassembly';

/** Room behind every block that kernels may read, not write: see kernels/base.h. */
const slackBytes = 128;
const alignmentBytes = 64;
const pageBytes = 65536;
/** Up to this size, blocks of one class are kept for reuse and never joined. */
const smallBytes = 4096;
/** What 32-bit addresses reach; less where the system does not grant so much address space. */
const mostPages = [65536, 32768, 16384] as const;
const firstPages = 256;

/** What a kernel may work on: values of a tensor, in place. */
export type NumericArray = Float32Array | Int32Array | Uint8Array;

/** What a request for some memory really takes. */
export function blockBytes(wantedBytes: number): number {
  return roundUp(wantedBytes + slackBytes, alignmentBytes);
}

/** Looks on as a heap hands out its memory: for tests, which find kernels that leave their blocks. */
export interface HeapObserver {
  /** Bytes to leave unused behind every block. */
  readonly marginBytes: number;
  /** The first `wantedBytes` are the owner's; the block has `sizeBytes`. */
  allocated(pointer: number, wantedBytes: number, sizeBytes: number): void;
  freed(pointer: number, sizeBytes: number): void;
}

interface FreeBlock {
  pointer: number;
  sizeBytes: number;
}

/** The memory that kernels, backend and (later) worker threads share. */
export function createSharedMemory(): KernelMemory {
  for (const maximum of mostPages) {
    try {
      const memory = new webAssembly.Memory({ initial: firstPages, maximum, shared: true });
      return Object.assign(memory, { mostBytes: maximum * pageBytes });
    } catch {
      // Not so much address space here: ask for less.
    }
  }
  throw new Error(
    `The engine got no memory: the system refused an address range of ` +
      `${mostPages[mostPages.length - 1]! / 16384} GiB. Raise the limit on virtual memory (ulimit -v).`,
  );
}

/**
 * Hands out blocks of a shared WebAssembly memory, which it grows as needed. Views of the memory stay
 * valid when it grows. Small blocks have free lists by size; large ones are joined with their free
 * neighbours and given out best fit, so that a training step finds the same places again.
 */
export class Heap {
  observer: HeapObserver | undefined;
  private buffer: ArrayBufferLike;
  private top: number;
  private readonly sizes = new Map<number, number>();
  private readonly small = new Map<number, number[]>();
  /** Free large blocks by address; no two touch. */
  private readonly large: FreeBlock[] = [];
  /** What best fit gave beyond the request, where it did. */
  private readonly surplus = new Map<number, number>();
  private used = 0;

  /** `start` is the first address that the module's own data and stack leave free. */
  constructor(
    private readonly memory: KernelMemory,
    start: number,
  ) {
    this.buffer = memory.buffer;
    this.top = roundUp(start, alignmentBytes);
  }

  /** Bytes asked for and not yet freed, slack included. */
  get usedBytes(): number {
    return this.used;
  }

  /** Bytes that it can grow to: the address space is one bound, what the system has left another. */
  get mostBytes(): number {
    return Math.min(this.memory.mostBytes, this.totalBytes + process.availableMemory());
  }

  /** Bytes that the memory has grown to. */
  get totalBytes(): number {
    return this.buffer.byteLength;
  }

  /** The memory as it is now. */
  get bytes(): ArrayBufferLike {
    return this.buffer;
  }

  allocate(wantedBytes: number): number {
    const wanted = blockBytes(wantedBytes) + (this.observer?.marginBytes ?? 0);
    const { pointer, sizeBytes } = this.takeSmall(wanted) ??
      this.takeBestFit(wanted) ?? { pointer: this.extend(wanted), sizeBytes: wanted };
    this.sizes.set(pointer, sizeBytes);
    if (sizeBytes > wanted) this.surplus.set(pointer, sizeBytes - wanted);
    this.used += wanted;
    this.observer?.allocated(pointer, wantedBytes, sizeBytes);
    return pointer;
  }

  free(pointer: number): void {
    const sizeBytes = this.sizes.get(pointer);
    if (sizeBytes === undefined) throw new Error(`No block begins at ${pointer}: freed twice?`);
    this.sizes.delete(pointer);
    this.used -= sizeBytes - (this.surplus.get(pointer) ?? 0);
    this.surplus.delete(pointer);
    this.observer?.freed(pointer, sizeBytes);
    if (sizeBytes > smallBytes) return this.giveBack(pointer, sizeBytes);
    const list = this.small.get(sizeBytes);
    if (list) list.push(pointer);
    else this.small.set(sizeBytes, [pointer]);
  }

  private takeSmall(sizeBytes: number): FreeBlock | undefined {
    const pointer = sizeBytes <= smallBytes ? this.small.get(sizeBytes)?.pop() : undefined;
    return pointer === undefined ? undefined : { pointer, sizeBytes };
  }

  private takeBestFit(sizeBytes: number): FreeBlock | undefined {
    if (sizeBytes <= smallBytes) return undefined;
    let best = -1;
    let bestBytes = Infinity;
    for (let i = 0; i < this.large.length; i++) {
      const candidate = this.large[i]!.sizeBytes;
      if (candidate >= sizeBytes && candidate < bestBytes) [best, bestBytes] = [i, candidate];
    }
    const block = this.large[best];
    if (!block) return undefined;
    if (block.sizeBytes - sizeBytes <= smallBytes) {
      // The rest would be of no use: it goes with the block, and comes back with it.
      this.large.splice(best, 1);
      return block;
    }
    const pointer = block.pointer;
    block.pointer += sizeBytes;
    block.sizeBytes -= sizeBytes;
    return { pointer, sizeBytes };
  }

  private giveBack(pointer: number, sizeBytes: number): void {
    let low = 0;
    let high = this.large.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.large[middle]!.pointer < pointer) low = middle + 1;
      else high = middle;
    }
    const before = this.large[low - 1];
    const after = this.large[low];
    const touchesBefore = before !== undefined && before.pointer + before.sizeBytes === pointer;
    const touchesAfter = after !== undefined && pointer + sizeBytes === after.pointer;
    if (touchesBefore) {
      before.sizeBytes += sizeBytes + (touchesAfter ? after.sizeBytes : 0);
      if (touchesAfter) this.large.splice(low, 1);
    } else if (touchesAfter) {
      after.pointer = pointer;
      after.sizeBytes += sizeBytes;
    } else {
      this.large.splice(low, 0, { pointer, sizeBytes });
    }
  }

  /** Takes a new block at the top, beginning in the last free block where that reaches the top. */
  private extend(sizeBytes: number): number {
    const last = this.large[this.large.length - 1];
    const atTop = last !== undefined && last.pointer + last.sizeBytes === this.top;
    const pointer = atTop && sizeBytes > smallBytes ? last.pointer : this.top;
    this.growTo(pointer + sizeBytes, sizeBytes);
    if (pointer !== this.top) this.large.pop();
    this.top = pointer + sizeBytes;
    return pointer;
  }

  private growTo(endBytes: number, sizeBytes: number): void {
    const missing = endBytes - this.buffer.byteLength;
    if (missing <= 0) return;
    // Growing by a quarter keeps the number of calls small; where that is refused, by what is needed.
    const steps = [Math.max(missing, this.buffer.byteLength / 4), missing];
    for (const step of steps) {
      try {
        this.memory.grow(Math.ceil(step / pageBytes));
        this.buffer = this.memory.buffer;
        return;
      } catch {
        // Refused: try the smaller step, or report below.
      }
    }
    throw new Error(
      `The engine ran out of memory: ${mebibytes(sizeBytes)} MiB more were asked for with ` +
        `${mebibytes(this.used)} MiB in use. Use a smaller batch, smaller images or fewer filters.`,
    );
  }
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
