// Builds the committed WebAssembly modules from the C kernels: npm run build:kernels.
// The compiler comes from npm and runs in Node, so every machine makes the same bytes.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** One committed module and what it is compiled with. */
export interface KernelModule {
  readonly file: string;
  readonly flags: readonly string[];
}

/** The modules: plain SIMD runs everywhere, relaxed SIMD multiplies and adds in one instruction. */
export const kernelModules: readonly KernelModule[] = [
  { file: 'kernels.wasm', flags: [] },
  { file: 'kernels.relaxed.wasm', flags: ['-mrelaxed-simd'] },
];

/** What the committed modules were made from, kept beside them as kernels.json. */
export interface KernelManifest {
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly sources: string;
  readonly modules: Readonly<Record<string, string>>;
}

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

const folder = __dirname;

/** Hash of all C files, names and line ends included as they are in git. */
export function hashSources(): string {
  const hash = createHash('sha256');
  for (const [name, text] of Object.entries(readSources())) hash.update(`${name}\n${text}\n`);
  return hash.digest('hex');
}

/** The manifest that goes with these modules. */
export function describe(modules: ReadonlyMap<string, Uint8Array>): KernelManifest {
  const hashes = [...modules].map(([file, bytes]) => [file, hashBytes(bytes)] as const);
  return {
    compiler: compilerVersion(),
    flags: [...compileFlags, ...linkFlags, ...kernelModules.flatMap((module) => module.flags)],
    sources: hashSources(),
    modules: Object.fromEntries(hashes),
  };
}

/** The committed manifest. */
export function readManifest(): KernelManifest {
  return JSON.parse(fs.readFileSync(path.join(folder, 'kernels.json'), 'utf8')) as KernelManifest;
}

/** The committed modules. */
export function readModules(): ReadonlyMap<string, Uint8Array> {
  return new Map(kernelModules.map(({ file }) => [file, fs.readFileSync(path.join(folder, file))]));
}

/** Compiles all modules. */
export async function compileModules(): Promise<ReadonlyMap<string, Uint8Array>> {
  const modules = new Map<string, Uint8Array>();
  for (const module of kernelModules) modules.set(module.file, await compileModule(module));
  return modules;
}

async function compileModule(module: KernelModule): Promise<Uint8Array> {
  const { commands } = await import('@yowasp/clang');
  const print = (bytes: Uint8Array | null): void => void (bytes && process.stderr.write(bytes));
  const options = { stdout: print, stderr: print };
  // Compiling and linking are two calls: the compiler cannot start another program.
  const compiled = await commands.clang(
    [...compileFlags, ...module.flags, '-c', 'kernels.c', '-o', 'kernels.o'],
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

function readSources(): Record<string, string> {
  const names = fs.readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]),
  );
}

function compilerVersion(): string {
  const file = require.resolve('@yowasp/clang').replace(/gen[\\/].*$/, 'package.json');
  const { name, version } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>;
  return `${name} ${version}`;
}

function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function main(): Promise<void> {
  const modules = await compileModules();
  for (const [file, bytes] of modules) {
    fs.writeFileSync(path.join(folder, file), bytes);
    console.log(`${file}: ${(bytes.length / 1024).toFixed(1)} KiB`);
  }
  const manifest = `${JSON.stringify(describe(modules), null, 2)}\n`;
  fs.writeFileSync(path.join(folder, 'kernels.json'), manifest);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    // The compiler's own exit error carries all sources: its diagnostics were printed already.
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
