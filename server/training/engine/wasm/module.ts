import fs from 'node:fs';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { KernelHost, RunningKernels, StartOptions } from '../backend/host';
import { findKernelFile } from '../kernelFile';
import { webAssembly, type KernelMemory, type WasmModule } from './webassembly';

/** Which of the two committed modules runs. */
export type WasmVariant = 'relaxed' | 'plain';

export interface CompiledKernels {
  readonly variant: WasmVariant;
  readonly module: WasmModule;
}

const files: Readonly<Record<WasmVariant, string>> = {
  relaxed: 'kernels.relaxed.wasm',
  plain: 'kernels.wasm',
};

/** Compiles the faster of the modules that this Node can run, or the one asked for. */
export async function compileKernels(wanted?: WasmVariant): Promise<CompiledKernels> {
  allowRelaxedSimd();
  for (const variant of wanted ? [wanted] : (['relaxed', 'plain'] as const)) {
    const bytes = await fs.promises.readFile(findKernelFile(files[variant]));
    if (webAssembly.validate(bytes)) return { variant, module: await webAssembly.compile(bytes) };
  }
  throw new Error(
    `The WebAssembly kernels do not run here: Node ${process.versions.node} on ${process.arch} has ` +
      `no ${wanted ?? 'SIMD'} instructions for them. Use Node 20 or newer on a 64-bit processor.`,
  );
}

/** Below Node 22, V8 has relaxed SIMD behind a flag; above, it does not know the flag any more. */
function allowRelaxedSimd(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 22) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** What module.c exports. */
interface ModuleExports {
  readonly __heap_base: { readonly value: number };
  task_names(): number;
  open(record: number, threads: number): void;
  run(): number;
  run_list(records: number, count: number): number;
  close(): void;
}

/** Makes the kernels work on a memory. */
export async function linkKernels(
  { module }: CompiledKernels,
  memory: KernelMemory,
): Promise<KernelHost> {
  const instance = await webAssembly.instantiate(module, { env: { memory } });
  const exports = instance.exports as unknown as ModuleExports;
  return {
    memory,
    heapStart: exports.__heap_base.value,
    taskTable: readText(memory, exports.task_names()),
    start: (options) => start(module, memory, exports, options),
  };
}

/** A text of C, which ends with a zero. */
function readText(memory: KernelMemory, pointer: number): string {
  const bytes = new Uint8Array(memory.buffer);
  return Buffer.from(bytes.slice(pointer, bytes.indexOf(0, pointer))).toString('latin1');
}

const stackBytes = 2 ** 18;

/**
 * A helper thread: an instance of the module on the same memory, with a stack of its own. It does not
 * return before the pool closes. Given as text, because a bundle has no file for it.
 */
const helperSource = `
  const { workerData } = require('node:worker_threads');
  const { module, memory, stackTop, thread } = workerData;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stackTop;
  exports.help(thread);
`;

function start(
  module: WasmModule,
  memory: KernelMemory,
  exports: ModuleExports,
  { record, threads, allocate }: StartOptions,
): RunningKernels {
  exports.open(record, threads);
  for (let thread = 1; thread < threads; thread++) {
    const workerData = { module, memory, thread, stackTop: allocate(stackBytes) + stackBytes };
    const worker = new Worker(helperSource, { eval: true, workerData, execArgv: [] });
    // A helper that cannot start costs time only: the others take its share.
    worker.on('error', () => undefined);
    worker.unref();
  }
  return { threads, run: exports.run, runList: exports.run_list, close: exports.close };
}
