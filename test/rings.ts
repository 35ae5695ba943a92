// The rings of tests, in the order in which "npm test" runs them: what fails fast comes first.
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../scripts/processes';
import { softwareGpuEnvironment } from '../scripts/softwareGpu';
import { emulate, emulatedEnvironment, emulators } from './emulated';
import { sanitizedEnvironment } from './sanitize/build';

interface NamedRing {
  readonly name: string;
  /** What tells it from others of its name. */
  readonly detail?: string;
}

/** A check that is one program and counts as one test. */
export interface CommandRing extends NamedRing {
  readonly kind: 'command';
  readonly program: readonly string[];
}

/** A folder below test/ whose `*.test.ts` files mocha runs in a process of its own. */
export interface MochaRing extends NamedRing {
  readonly kind: 'mocha';
  /** Folder below test/. */
  readonly folder: string;
  readonly timeoutMs: number;
  /** A module with hooks around the whole ring. */
  readonly hooks?: string;
  /** What to add to the environment of the process; may build what the ring runs. */
  readonly environment?: () => NodeJS.ProcessEnv;
  /** Only the tests whose titles have this. */
  readonly grep?: string;
  /** Has mocha run by something else than this Node; may install that, and change the files for it. */
  readonly emulate?: (files: readonly string[]) => MochaCommand;
  /** Reads dist/. */
  readonly needsBuild?: boolean;
}

/** How to run mocha on files with tests. */
export interface MochaCommand {
  /** The program that runs JavaScript, and its arguments before mocha's. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly reporter: string;
  readonly files: readonly string[];
}

/** Mocha inside the extension host of a real VS Code. */
export interface HostRing extends NamedRing {
  readonly kind: 'host';
  readonly needsBuild: true;
}

export type Ring = CommandRing | MochaRing | HostRing;

const BIN = 'node_modules';

/** Every ring. A name can stand for several: `vscode` runs both rings in the editor. */
export const RINGS: readonly Ring[] = [
  {
    kind: 'command',
    name: 'typecheck',
    program: [`${BIN}/typescript/bin/tsc`, '--build'],
  },
  {
    kind: 'command',
    name: 'lint',
    program: [`${BIN}/eslint/bin/eslint.js`, '.'],
  },
  {
    kind: 'command',
    name: 'format',
    program: [`${BIN}/prettier/bin/prettier.cjs`, '--check', '--log-level', 'warn', '.'],
  },
  { kind: 'mocha', name: 'guard', folder: 'guard', timeoutMs: 60_000, needsBuild: true },
  { kind: 'mocha', name: 'unit', folder: 'unit', timeoutMs: 20_000 },
  { kind: 'mocha', name: 'language', folder: 'language', timeoutMs: 30_000, needsBuild: true },
  { kind: 'mocha', name: 'training', folder: 'training', timeoutMs: 120_000, needsBuild: true },
  { kind: 'mocha', name: 'protocol', folder: 'protocol', timeoutMs: 60_000, needsBuild: true },
  { kind: 'mocha', name: 'cli', folder: 'cli', timeoutMs: 60_000, needsBuild: true },
  {
    kind: 'mocha',
    name: 'webview',
    folder: 'webview',
    timeoutMs: 60_000,
    hooks: 'test/webview/hooks.ts',
    needsBuild: true,
  },
  { kind: 'host', name: 'vscode', detail: 'extension host', needsBuild: true },
  {
    kind: 'mocha',
    name: 'vscode',
    detail: 'as a user',
    folder: 'vscode/user',
    timeoutMs: 180_000,
    hooks: 'test/vscode/user/hooks.ts',
    needsBuild: true,
  },
];

/** Rings that need more than npm's packages, run by name only. */
export const EXTRA_RINGS: readonly Ring[] = [
  {
    kind: 'mocha',
    name: 'peers',
    folder: 'peers',
    timeoutMs: 600_000,
    hooks: 'test/peers/hooks.ts',
    environment: softwareGpuEnvironment,
    needsBuild: true,
  },
  {
    kind: 'mocha',
    name: 'sanitize',
    folder: 'sanitize',
    timeoutMs: 300_000,
    environment: sanitizedEnvironment,
    grep: 'native',
  },
  ...emulators.map((emulator): MochaRing => ({
    kind: 'mocha',
    name: 'emulated',
    detail: emulator.platform,
    folder: 'unit',
    timeoutMs: 600_000,
    environment: () => emulatedEnvironment(emulator),
    emulate: (files) => emulate(emulator, files),
    grep: 'native|every instruction set',
  })),
];

/** The rings with the given names, in running order; all the usual ones when none is given. */
export function selectRings(names: readonly string[]): readonly Ring[] {
  if (names.length === 0) return RINGS;
  const all = [...RINGS, ...EXTRA_RINGS];
  const known = [...new Set(all.map((ring) => ring.name))];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`No ring of tests is called "${unknown}". There are: ${known.join(', ')}.`);
  }
  return all.filter((ring) => names.includes(ring.name));
}

/** The test files below a folder of the repository, as paths from its top, sorted. */
export function testFiles(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
    .sort();
}
