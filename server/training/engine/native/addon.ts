import fs from 'node:fs';
import { createRequire } from 'node:module';
import { messageOf } from '#common/protocol/rpc';
import { blockBytes } from '../backend/heap';
import type { KernelHost, RunningKernels, StartOptions } from '../backend/host';
import { findKernelFile } from '../kernelFile';
import type { KernelMemory } from '../wasm/webassembly';

/** What addon.c exports. */
interface Addon {
  /** Instruction sets that this processor has kernels for, the best first, separated by commas. */
  readonly processors: string;
  /** The table of the kernels. */
  readonly tasks: string;
  open(
    memory: Uint8Array,
    record: number,
    threads: number,
    processor: number,
    mostBytes: number,
  ): number;
  run(handle: number): number;
  runList(handle: number, records: number, count: number): number;
  threads(handle: number): number;
  close(handle: number): void;
  /** Makes kernels that touch these bytes end the process; only if built with AddressSanitizer. */
  poison?(bytes: Uint8Array): void;
  unpoison?(bytes: Uint8Array): void;
}

/** The add-on, loaded, with the kernels that it will run. */
export interface NativeKernels {
  /** The instruction set, as people call it: "AVX2". */
  readonly processor: string;
  readonly addon: Addon;
}

/** Instruction sets that the add-on can use here, the best first. */
export function nativeProcessors(): readonly string[] {
  return loadAddon().processors.split(',').filter(Boolean);
}

/**
 * Loads the add-on of this platform, for its best instruction set or the one asked for. Throws an Error
 * that says why it cannot be had.
 */
export function loadNative(wanted?: string): NativeKernels {
  const addon = loadAddon();
  const processors = nativeProcessors();
  const processor = wanted ?? processors[0];
  if (processor !== undefined && processors.includes(processor)) return { processor, addon };
  throw new Error(
    `The native kernels do not run on this processor: they need ${wanted ?? 'SSE4.2'}, and it has ` +
      `${processors.join(', ') || 'none of their instruction sets'}.`,
  );
}

function loadAddon(): Addon {
  const platform = `${process.platform}-${process.arch}`;
  const name = `native/${platform}.node`;
  let file: string;
  try {
    file = findKernelFile(name);
  } catch {
    throw new Error(`There are no native kernels for ${platform} in this version.`);
  }
  try {
    return createRequire(__filename)(fs.realpathSync(file)) as Addon;
  } catch (error) {
    // The system's message may have lines: the first says what is wrong.
    const [reason] = messageOf(error).split('\n');
    throw new Error(`The native kernels for ${platform} were refused by this system: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * Makes the kernels work on a memory. That is a WebAssembly memory here too: it grows in place, V8
 * lets JavaScript see all of it, and one heap serves both engines.
 */
export function hostNative({ addon, processor }: NativeKernels, memory: KernelMemory): KernelHost {
  const idx = addon.processors.split(',').indexOf(processor);
  return {
    memory,
    // Address 0 means "none" to the kernels.
    heapStart: 64,
    taskTable: addon.tasks,
    ...observing(addon, memory),
    start: (options) => start(addon, idx, memory, options),
  };
}

/** Room between blocks for kernels to fall into: more than the widest vectors. */
const marginBytes = 1024;

/** Lets an add-on that was built with AddressSanitizer (test/sanitize) use what is handed out, no more. */
function observing(
  { poison, unpoison }: Addon,
  memory: KernelMemory,
): Pick<KernelHost, 'observer'> {
  if (!poison || !unpoison) return {};
  const bytesAt = (start: number, end: number): Uint8Array =>
    new Uint8Array(memory.buffer, start, end - start);
  return {
    observer: {
      marginBytes,
      allocated(pointer, wantedBytes, sizeBytes) {
        const end = pointer + blockBytes(wantedBytes);
        unpoison(bytesAt(pointer, end));
        poison(bytesAt(end, pointer + sizeBytes));
      },
      freed: (pointer, sizeBytes) => poison(bytesAt(pointer, pointer + sizeBytes)),
    },
  };
}

function start(
  addon: Addon,
  processor: number,
  memory: KernelMemory,
  { record, threads }: StartOptions,
): RunningKernels {
  const bytes = new Uint8Array(memory.buffer);
  const handle = addon.open(bytes, record, threads, processor, memory.mostBytes);
  let isOpen = true;
  /** The add-on believes its handle: after closing it would reach for memory that is gone. */
  const openHandle = (): number => {
    if (isOpen) return handle;
    throw new Error('The engine is closed: tensors of it cannot be computed with.');
  };
  return {
    threads: addon.threads(handle),
    run: () => addon.run(openHandle()),
    runList: (records, count) => addon.runList(openHandle(), records, count),
    close() {
      if (isOpen) addon.close(handle);
      isOpen = false;
    },
  };
}
