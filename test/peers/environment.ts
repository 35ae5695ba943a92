// A Python environment with the programs that we compare with, from PyPI, in .cache/peers.
// Keras computes with JAX: the smallest of its engines, a fifth of TensorFlow's or PyTorch's size.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  CACHE,
  canInstallPackages,
  installPackages,
  output,
  ROOT,
  run,
} from '../../scripts/processes';

const PACKAGES = ['keras==3.15.1', 'jax==0.10.2', 'tensorboard==2.21.0', 'numpy>=2.2,<3'];
const FOLDER = path.join(CACHE, 'peers');
const WINDOWS = process.platform === 'win32';
const PYTHON = path.join(FOLDER, WINDOWS ? 'Scripts/python.exe' : 'bin/python');

/** Makes the environment unless it is there, and gives its Python. */
export async function ensurePeers(): Promise<string> {
  const stamp = path.join(FOLDER, 'stamp.json');
  const wanted = JSON.stringify({ packages: PACKAGES, layout: 1 });
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return PYTHON;
  console.log('Installing Keras, JAX and TensorBoard into .cache/peers (about a minute) ...');
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  makeEnvironment(systemPython());
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const code = await run(PYTHON, [...install, ...PACKAGES]);
  if (code !== 0) {
    throw new Error(
      `pip could not install ${PACKAGES.join(', ')}; its messages are above. These comparisons ` +
        'need Python 3.11 or newer and a way to PyPI.',
    );
  }
  writeFileSync(stamp, wanted);
  return PYTHON;
}

/**
 * Runs a script of test/peers with the environment's Python. The script is called with two files: it
 * reads its input as JSON from the first and writes its result as JSON to the second; what it prints
 * is for people.
 */
export async function runPython<Result>(script: string, input: unknown): Promise<Result> {
  const python = await ensurePeers();
  const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-peer-'));
  try {
    const inputFile = path.join(folder, 'input.json');
    const resultFile = path.join(folder, 'result.json');
    writeFileSync(inputFile, JSON.stringify(input));
    const file = path.join(ROOT, 'test', 'peers', script);
    await runQuietly(python, [file, inputFile, resultFile]);
    return JSON.parse(readFileSync(resultFile, 'utf8')) as Result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs Python and shows what it said only when it failed. */
function runQuietly(python: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      KERAS_BACKEND: 'jax',
      JAX_PLATFORMS: 'cpu',
      TF_CPP_MIN_LOG_LEVEL: '2',
    };
    const child = spawn(python, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${path.basename(args[0] ?? '')} ended with ${code}:\n${said}`));
    });
  });
}

/** A Python that is new enough; `PYTHON` in the environment names another one. */
function systemPython(): string {
  const named = process.env['PYTHON'];
  const candidates = named === undefined || named === '' ? ['python3', 'python'] : [named];
  for (const candidate of candidates) {
    try {
      const version = output(candidate, ['-c', 'import sys; print(*sys.version_info[:2])']);
      const [major = 0, minor = 0] = version.trim().split(' ').map(Number);
      if (major === 3 && minor >= 11) return candidate;
    } catch {
      // It is not there; the next one may be.
    }
  }
  throw new Error(
    `No Python 3.11 or newer to compare with; tried ${candidates.join(' and ')}. Install one, or ` +
      'set PYTHON to its executable.',
  );
}

function makeEnvironment(python: string): void {
  try {
    output(python, ['-m', 'venv', FOLDER]);
  } catch (error) {
    // Debian keeps this part of Python in a package of its own.
    if (!canInstallPackages()) {
      throw new Error(
        `${python} cannot make a virtual environment: ${String(error)}. On Debian install ` +
          'python3-venv.',
      );
    }
    installPackages(['python3-venv']);
    rmSync(FOLDER, { recursive: true, force: true });
    execFileSync(python, ['-m', 'venv', FOLDER], { stdio: 'inherit' });
  }
}
