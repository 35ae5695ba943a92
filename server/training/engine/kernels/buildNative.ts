// Compiles the C kernels to Node add-ons for every platform, from any: the compiler, from PyPI, brings
// the headers and libraries of all of them.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { kernelFolder } from './sources';

const compilerPackage = 'ziglang';
const compilerVersion = '0.17.1';

/** Name and version of the compiler. */
export const nativeCompiler = `${compilerPackage} ${compilerVersion}`;

/** A platform, in Node's words and in the compiler's. */
interface Target {
  readonly file: string;
  readonly triple: string;
  readonly flags: readonly string[];
}

const linux = ['-lpthread', '-Wl,--build-id=none'];
// Node's functions are found in the program that loads the add-on. Its own name would be a path.
const macos = ['-Wl,-undefined,dynamic_lookup', '-Wl,-install_name,@rpath/lightbench.node'];

const targets: readonly Target[] = [
  { file: 'native/linux-x64.node', triple: 'x86_64-linux-gnu.2.17', flags: linux },
  { file: 'native/linux-arm64.node', triple: 'aarch64-linux-gnu.2.17', flags: linux },
  { file: 'native/darwin-x64.node', triple: 'x86_64-macos.11.0', flags: macos },
  { file: 'native/darwin-arm64.node', triple: 'aarch64-macos.11.0', flags: macos },
  { file: 'native/win32-x64.node', triple: 'x86_64-windows-gnu', flags: [] },
];

export const nativeFiles: readonly string[] = targets.map(({ file }) => file);

/** The kernels are compiled once for each of these, into one add-on that chooses when it loads. */
const processors = {
  x86_64: [
    ['tasks_baseline', '-mcpu=x86_64_v2'],
    ['tasks_avx2', '-mcpu=x86_64_v3'],
    ['tasks_avx512', '-mcpu=x86_64_v4', '-mprefer-vector-width=512'],
  ],
  aarch64: [['tasks_baseline']],
} as const;

const compileFlags = [
  '-std=gnu11',
  '-O3',
  '-g0',
  '-fPIC',
  '-fvisibility=hidden',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-stack-protector',
  '-fno-sanitize=all',
  '-Wall',
  '-Wextra',
  '-Werror',
];
const linkFlags = ['-shared', '-s'];

/** All flags, for the manifest. */
export const nativeFlags: Readonly<Record<string, readonly string[]>> = {
  native: [...compileFlags, ...linkFlags],
  ...Object.fromEntries(targets.map(({ file, triple, flags }) => [file, [triple, ...flags]])),
  ...Object.fromEntries(
    Object.values(processors)
      .flat()
      .map(([table, ...flags]) => [table, flags]),
  ),
};

/** Compiles the add-ons of all platforms, or of the files named. */
export async function compileNative(
  files: readonly string[] = nativeFiles,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const compiler = ensureCompiler();
  const addons = new Map<string, Uint8Array>();
  for (const target of targets) {
    if (files.includes(target.file)) addons.set(target.file, compileTarget(compiler, target));
  }
  return Promise.resolve(addons);
}

function compileTarget(compile: Compiler, { file, triple, flags }: Target): Uint8Array {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lightbench-kernels-'));
  const architecture = triple.startsWith('x86_64') ? 'x86_64' : 'aarch64';
  const units = [
    ...processors[architecture].map(([table, ...more]) => ({
      source: 'kernels.c',
      object: `${table}.o`,
      flags: [`-DTABLE=${table}`, ...more],
    })),
    { source: 'addon.c', object: 'addon.o', flags: processors[architecture][0].slice(1) },
  ];
  try {
    for (const { source, object, flags: more } of units) {
      const to = path.join(folder, object);
      compile(['-target', triple, ...compileFlags, ...more, '-c', source, '-o', to], kernelFolder);
    }
    // Names without a folder: they go into some formats, and must be the same on every machine.
    const addon = path.basename(file);
    const objects = units.map(({ object }) => object);
    compile(['-target', triple, ...linkFlags, ...objects, ...flags, '-o', addon], folder);
    return withoutTime(fs.readFileSync(path.join(folder, addon)));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The header of a Windows program tells when it was linked: cleared, so that builds are alike. */
function withoutTime(bytes: Buffer): Buffer {
  const isWindows = bytes.subarray(0, 2).toString('latin1') === 'MZ';
  if (isWindows) bytes.writeUInt32LE(0, bytes.readUInt32LE(0x3c) + 8);
  return bytes;
}

/** Runs the compiler in a folder. */
export type Compiler = (args: readonly string[], cwd: string) => void;

/** Installs the compiler into .cache/zig unless it is there. */
export function ensureCompiler(): Compiler {
  const folder = path.join(kernelFolder, '../../../../.cache/zig');
  const windows = process.platform === 'win32';
  const python = path.join(folder, windows ? 'Scripts/python.exe' : 'bin/python');
  const stamp = path.join(folder, 'stamp');
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== nativeCompiler) {
    process.stdout.write(`Installing ${nativeCompiler} into .cache/zig (100 MB) ...\n`);
    fs.rmSync(folder, { recursive: true, force: true });
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    execFileSync(windows ? 'python' : 'python3', ['-m', 'venv', folder], { stdio: [...stdio] });
    const wanted = `${compilerPackage}==${compilerVersion}`;
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', wanted], { stdio: [...stdio] });
    fs.writeFileSync(stamp, nativeCompiler);
  }
  // The compiler keeps what it built for later calls.
  const cache = path.join(folder, 'build');
  const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache };
  return (args, cwd) => {
    const all = ['-m', 'ziglang', 'cc', ...args];
    execFileSync(python, all, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  };
}
