// Compiles the C kernels to WebAssembly. The compiler comes from npm and runs in Node, so every machine
// makes the same bytes.
import fs from 'node:fs';
import { readSources } from './sources';

/** One committed module and what it is compiled with. */
interface WasmModule {
  readonly file: string;
  readonly flags: readonly string[];
}

/** The modules: plain SIMD runs everywhere, relaxed SIMD multiplies and adds in one instruction. */
const wasmModules: readonly WasmModule[] = [
  { file: 'kernels.wasm', flags: [] },
  { file: 'kernels.relaxed.wasm', flags: ['-mrelaxed-simd'] },
];

export const wasmFiles: readonly string[] = wasmModules.map(({ file }) => file);

const compileFlags = [
  '--target=wasm32',
  '-std=gnu11',
  '-O3',
  '-ffreestanding',
  '-ffp-contract=off',
  '-msimd128',
  '-matomics',
  '-mbulk-memory',
  '-mbulk-memory-opt',
  '-Wall',
  '-Wextra',
  '-Werror',
];

// The memory is imported and shared, so that worker threads can run the same kernels on it; 65,536
// pages are the 4 GiB that 32-bit addresses reach.
const linkFlags = [
  '--no-entry',
  '--export=__stack_pointer',
  '--export=__heap_base',
  '--import-memory',
  '--shared-memory',
  '--max-memory=4294967296',
  '-z',
  'stack-size=1048576',
  '--strip-all',
];

export const wasmFlags: readonly string[] = [
  ...compileFlags,
  ...linkFlags,
  ...wasmModules.flatMap(({ flags }) => flags),
];

/** Compiles all modules, or the files named. */
export async function compileWasm(
  files: readonly string[] = wasmFiles,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const modules = new Map<string, Uint8Array>();
  for (const module of wasmModules) {
    if (files.includes(module.file)) modules.set(module.file, await compileModule(module));
  }
  return modules;
}

async function compileModule(module: WasmModule): Promise<Uint8Array> {
  const { commands } = await import('@yowasp/clang');
  const print = (bytes: Uint8Array | null): void => void (bytes && process.stderr.write(bytes));
  const options = { stdout: print, stderr: print };
  // Compiling and linking are two calls: the compiler cannot start another program.
  const compiled = await commands.clang(
    [...compileFlags, ...module.flags, '-c', 'module.c', '-o', 'kernels.o'],
    readSources(),
    options,
  );
  const linked = await commands['wasm-ld'](
    ['kernels.o', '-o', 'kernels.wasm', ...linkFlags],
    compiled,
    options,
  );
  const bytes = linked?.['kernels.wasm'];
  if (!(bytes instanceof Uint8Array)) throw new Error(`The compiler made no ${module.file}.`);
  return bytes;
}

/** Name and version of the compiler. */
export function wasmCompiler(): string {
  const file = require.resolve('@yowasp/clang').replace(/gen[\\/].*$/, 'package.json');
  const { name, version } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>;
  return `${name} ${version}`;
}
