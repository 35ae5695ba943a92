// Builds the native add-on for this machine with AddressSanitizer and UndefinedBehaviorSanitizer. The
// compiler of the committed add-ons has no AddressSanitizer: this takes Debian's clang.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';
import { CACHE, canInstallPackages, installPackages, output, ROOT } from '../../scripts/processes';
import { KERNELS_VARIABLE } from '../../server/training/engine/kernelFile';
import { wasmFiles } from '../../server/training/engine/kernels/buildWasm';
import { kernelFolder } from '../../server/training/engine/kernels/sources';

/** The oldest that knows all the vector functions of the kernels is 17. */
const CLANG = 'clang-19';
const PACKAGES = [CLANG, 'libclang-rt-19-dev', 'llvm-19'];

const FOLDER = path.join(CACHE, 'sanitize');
const HERE = path.join(ROOT, 'test/sanitize');

/** As in buildNative.ts, in the words of clang. */
const processors: Readonly<Record<string, readonly (readonly string[])[]>> = {
  x64: [
    ['tasks_baseline', '-march=x86-64-v2'],
    ['tasks_avx2', '-march=x86-64-v3'],
    ['tasks_avx512', '-march=x86-64-v4', '-mprefer-vector-width=512'],
  ],
  arm64: [['tasks_baseline']],
};

const SHARED_FLAGS = ['-std=gnu11', '-O1', '-g', '-fno-omit-frame-pointer', `-I${kernelFolder}`];
const ADDON_FLAGS = [
  ...['-fPIC', '-fvisibility=hidden', '-ffp-contract=off', '-fno-math-errno', '-shared-libsan'],
  ...['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
];

/** Environment for a process whose native kernels are watched, which ends it at the first fault. */
export function sanitizedEnvironment(): NodeJS.ProcessEnv {
  ensureClang();
  const kernels = buildAddon();
  return {
    [KERNELS_VARIABLE]: kernels,
    // Node was built without: the runtime has to be there before everything else.
    LD_PRELOAD: findRuntime(),
    // V8 keeps its memory to the end, and handles the faults of WebAssembly itself.
    ASAN_OPTIONS: 'detect_leaks=0:handle_segv=0:allow_user_poisoning=1',
    UBSAN_OPTIONS: 'print_stacktrace=1',
    ASAN_SYMBOLIZER_PATH: '/usr/bin/llvm-symbolizer-19',
  };
}

/** Compiles a C file of this folder, with the kernels' headers, to a program. */
export function buildProgram(source: string, flags: readonly string[]): string {
  ensureClang();
  mkdirSync(FOLDER, { recursive: true });
  const program = path.join(FOLDER, [path.basename(source, '.c'), ...flags].join(''));
  output(CLANG, [...SHARED_FLAGS, ...flags, path.join(HERE, source), '-lpthread', '-o', program]);
  return program;
}

/** The folder with the add-on and the usual WebAssembly modules. */
function buildAddon(): string {
  const kernels = path.join(FOLDER, 'kernels');
  rmSync(kernels, { recursive: true, force: true });
  mkdirSync(path.join(kernels, 'native'), { recursive: true });
  for (const file of wasmFiles) {
    symlinkSync(path.join(kernelFolder, file), path.join(kernels, file));
  }
  const objects = (processors[process.arch] ?? []).map(([table = '', ...flags]) => {
    const source = path.join(kernelFolder, 'kernels.c');
    return compile(source, `${table}.o`, [`-DTABLE=${table}`, ...flags, '-c']);
  });
  const addon = path.join(kernels, `native/${process.platform}-${process.arch}.node`);
  compile(path.join(HERE, 'sanitized.c'), addon, ['-shared', ...objects, '-lpthread']);
  return kernels;
}

function compile(source: string, to: string, flags: readonly string[]): string {
  const target = path.resolve(FOLDER, to);
  output(CLANG, [...SHARED_FLAGS, ...ADDON_FLAGS, source, ...flags, '-o', target]);
  return target;
}

function ensureClang(): void {
  if (hasClang()) return;
  if (!canInstallPackages()) {
    throw new Error(
      `The sanitizers need ${CLANG} with its runtime libraries, which is not here. Install the ` +
        `packages ${PACKAGES.join(', ')} (Debian's names).`,
    );
  }
  console.log(`Installing ${PACKAGES.join(', ')} ...`);
  installPackages(PACKAGES);
}

function hasClang(): boolean {
  try {
    return path.isAbsolute(findRuntime());
  } catch {
    return false;
  }
}

/** The library of AddressSanitizer; its bare name where only the compiler is installed. */
function findRuntime(): string {
  const architecture = process.arch === 'x64' ? 'x86_64' : 'aarch64';
  return output(CLANG, [`-print-file-name=libclang_rt.asan-${architecture}.so`]).trim();
}
