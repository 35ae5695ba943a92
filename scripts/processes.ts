// Starting other programs from the scripts and the test rings.
import { execFileSync, spawn } from 'node:child_process';
import * as path from 'node:path';

/** The repository's top folder. */
export const ROOT = path.resolve(__dirname, '..');

/** Where everything that is downloaded or generated for tests lives; git ignores it. */
export const CACHE = path.join(ROOT, '.cache');

/** The environment without what npm and VS Code add to it: nested npm calls and editors obey those. */
export function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...extra };
  for (const name of Object.keys(env)) {
    if (/^(npm_|VSCODE_|ELECTRON_)/i.test(name)) delete env[name];
  }
  return env;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program with its output on ours and gives its exit code (1 when a signal ended it). */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? ROOT,
      env: options.env ?? process.env,
      stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Runs a program and gives what it wrote; throws with its error output when it fails. */
export function output(program: string, args: readonly string[], options: RunOptions = {}): string {
  return execFileSync(program, args, {
    cwd: options.cwd ?? ROOT,
    env: options.env ?? process.env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 2 ** 20,
  });
}

/** Runs npm without the traces of an npm that called us. */
export function npm(args: readonly string[], cwd: string): void {
  const quiet = ['--no-fund', '--no-audit', '--loglevel=error'];
  const program = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  execFileSync(program, [...args, ...quiet], {
    cwd,
    env: cleanEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}

/** Builds dist/. */
export async function build(): Promise<void> {
  const code = await run(process.execPath, ['esbuild.js']);
  if (code !== 0) throw new Error('The build failed; its messages are above.');
}

/** Whether Debian packages can be installed without asking anybody. */
export function canInstallPackages(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    output('apt-get', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Installs Debian packages; to be called only when `canInstallPackages()` says yes. */
export function installPackages(names: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  output('apt-get', ['update'], { env });
  output('apt-get', ['install', '-y', '--no-install-recommends', ...names], { env });
}
