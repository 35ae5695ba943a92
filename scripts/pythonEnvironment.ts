// Python environments with packages from PyPI, for the comparisons with other programs.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CACHE, canInstallPackages, installPackages, output, run } from './processes';

export interface PythonEnvironment {
  /** Name of its folder below .cache. */
  readonly name: string;
  /** As pip writes them: `keras==3.15.1`. */
  readonly packages: readonly string[];
  /** Packages that others ask for and that nothing here needs. */
  readonly leftOut?: readonly string[];
  /** What whoever waits for it is told: "Keras and JAX". */
  readonly title: string;
  /** How long and how much: "about a minute". */
  readonly effort: string;
}

/** Installs packages in a tenth of pip's processor time, and can leave some out. */
const installer = 'uv==0.13.9';

/** Makes an environment unless it is there with just these packages, and gives its Python. */
export async function ensurePythonEnvironment({
  name,
  packages,
  leftOut = [],
  title,
  effort,
}: PythonEnvironment): Promise<string> {
  const folder = path.join(CACHE, name);
  const python = path.join(
    folder,
    process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python',
  );
  const stamp = path.join(folder, 'stamp.json');
  const wanted = JSON.stringify({ packages, leftOut, layout: 2 });
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  console.log(`Installing ${title} into .cache/${name} (${effort}) ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  makeEnvironment(systemPython(), folder);
  await install(python, folder, { packages, leftOut });
  writeFileSync(stamp, wanted);
  return python;
}

async function install(
  python: string,
  folder: string,
  {
    packages,
    leftOut,
  }: { readonly packages: readonly string[]; readonly leftOut: readonly string[] },
): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', installer];
  // Overridden by themselves on a platform that there is not, packages are asked for nowhere.
  const overrides = path.join(folder, 'leftOut.txt');
  writeFileSync(overrides, leftOut.map((name) => `${name}; sys_platform == 'none'\n`).join(''));
  const uv = ['-m', 'uv', 'pip', 'install', '--quiet', '--python', python];
  // What was downloaded is unpacked into the environment, and not needed again.
  const all = [...uv, '--no-cache', '--overrides', overrides, ...packages];
  const isInstalled = (await run(python, pip)) === 0 && (await run(python, all)) === 0;
  if (isInstalled) return;
  throw new Error(
    `${packages.join(', ')} could not be installed; the messages are above. These comparisons need ` +
      'Python 3.11 or newer and a way to PyPI.',
  );
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

function makeEnvironment(python: string, folder: string): void {
  try {
    output(python, ['-m', 'venv', folder]);
  } catch (error) {
    // Debian keeps this part of Python in a package of its own.
    if (!canInstallPackages()) {
      throw new Error(
        `${python} cannot make a virtual environment: ${String(error)}. On Debian install ` +
          'python3-venv.',
      );
    }
    installPackages(['python3-venv']);
    rmSync(folder, { recursive: true, force: true });
    execFileSync(python, ['-m', 'venv', folder], { stdio: 'inherit' });
  }
}
