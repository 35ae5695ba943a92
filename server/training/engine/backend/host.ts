import type { KernelMemory } from '../wasm/webassembly';
import type { HeapObserver } from './heap';

/** Compiled kernels, ready to work on a memory: in WebAssembly or in the native add-on. */
export interface KernelHost {
  readonly memory: KernelMemory;
  /** The first address that the kernels' own data leave free. */
  readonly heapStart: number;
  /** The table of the kernels: see readDeclarations. */
  readonly taskTable: string;
  /** Told of the memory that the kernels may use; only where they were built to be watched. */
  readonly observer?: HeapObserver;
  start(options: StartOptions): RunningKernels;
}

export interface StartOptions {
  /** Address of the record that says what to run: see kernels.ts. */
  readonly record: number;
  /** Threads that compute, the caller's among them. */
  readonly threads: number;
  /** Takes memory from the heap, for good. */
  allocate(sizeBytes: number): number;
}

export interface RunningKernels {
  /** How many threads there really are. */
  readonly threads: number;
  /** Runs what the record says. */
  run(): number;
  /**
   * Runs `count` records that lie one after the other, until a query among them answers with a number
   * other than 0: gives the place of that one, counted from 1, else 0.
   */
  runList(records: number, count: number): number;
  /** Ends the threads. */
  close(): void;
}
