// Builds the committed WebAssembly modules and native add-ons from the C kernels: npm run build:kernels.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { compileNative, nativeCompiler, nativeFiles, nativeFlags } from './buildNative';
import { compileWasm, wasmCompiler, wasmFiles, wasmFlags } from './buildWasm';
import { kernelFolder, readSources } from './sources';

/** What the committed files were made from, kept beside them as kernels.json. */
export interface KernelManifest {
  readonly compilers: readonly string[];
  readonly flags: Readonly<Record<string, readonly string[]>>;
  readonly sources: string;
  readonly files: Readonly<Record<string, string>>;
}

/** The manifest that goes with these files. */
export function describe(files: ReadonlyMap<string, Uint8Array>): KernelManifest {
  const hashes = [...files].map(([file, bytes]) => [file, hashBytes(bytes)] as const);
  return {
    compilers: [wasmCompiler(), nativeCompiler],
    flags: { wasm: wasmFlags, ...nativeFlags },
    sources: hashSources(),
    files: Object.fromEntries(hashes),
  };
}

/** The committed manifest. */
export function readManifest(): KernelManifest {
  const file = path.join(kernelFolder, 'kernels.json');
  return JSON.parse(fs.readFileSync(file, 'utf8')) as KernelManifest;
}

/** The committed files. */
export function readFiles(): ReadonlyMap<string, Uint8Array> {
  const names = [...wasmFiles, ...nativeFiles];
  return new Map(names.map((file) => [file, fs.readFileSync(path.join(kernelFolder, file))]));
}

/** Hash of all C files, names and line ends included as they are in git. */
function hashSources(): string {
  const hash = createHash('sha256');
  for (const [name, text] of Object.entries(readSources())) hash.update(`${name}\n${text}\n`);
  return hash.digest('hex');
}

function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Builds all files and their manifest; or, to try a change on this machine, only the files named (by a
 * part of their names), which leaves the manifest as it is.
 */
async function main(parts: readonly string[]): Promise<void> {
  const isWanted = (file: string): boolean =>
    parts.length === 0 || parts.some((part) => file.includes(part));
  const files = new Map([
    ...(await compileWasm(wasmFiles.filter(isWanted))),
    ...(await compileNative(nativeFiles.filter(isWanted))),
  ]);
  for (const [file, bytes] of files) {
    const target = path.join(kernelFolder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    // Replaced, not written into: a process may be running what is there.
    fs.rmSync(target, { force: true });
    fs.writeFileSync(target, bytes);
    console.log(`${file}: ${(bytes.length / 1024).toFixed(1)} KiB`);
  }
  if (parts.length > 0) return;
  const manifest = `${JSON.stringify(describe(files), null, 2)}\n`;
  fs.writeFileSync(path.join(kernelFolder, 'kernels.json'), manifest);
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    // The compiler's own exit error carries all sources: its diagnostics were printed already.
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
