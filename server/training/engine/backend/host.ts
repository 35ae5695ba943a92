import type { WasmMemory } from '../wasm/webassembly';

/** Compiled kernels, ready to work on a memory: in WebAssembly or in the native add-on. */
export interface KernelHost {
  readonly memory: WasmMemory;
  /** The first address that the kernels' own data leave free. */
  readonly heapStart: number;
  /** The names of the kernels, in the order of their table. */
  readonly taskNames: readonly string[];
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
  /** Ends the threads. */
  close(): void;
}
