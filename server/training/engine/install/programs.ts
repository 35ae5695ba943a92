import { spawn } from 'node:child_process';
import { CodedError } from '#common/protocol/rpc';

/** A program that is called with these arguments before any others. */
export type Program = readonly [file: string, ...args: string[]];

/** The programs of the user that building an engine takes. */
export interface Programs {
  readonly npm: Program;
  readonly python: Program;
  readonly pip: Program;
  readonly compiler: Program;
  readonly tar: Program;
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Where each program may be, how to see that it is there, and what to do when it is not. */
interface Wanted {
  readonly candidates: readonly Program[];
  readonly trial: readonly string[];
  readonly advice: string;
}

const wanted = ({ PYTHON }: NodeJS.ProcessEnv): Readonly<Record<keyof Programs, Wanted>> => {
  const pythons: readonly Program[] = PYTHON ? [[PYTHON]] : [['python3'], ['python']];
  return {
    npm: {
      candidates: [['npm']],
      trial: ['--version'],
      advice: 'npm, which comes with Node.js (nodejs.org). Install it, or add it to the PATH',
    },
    python: {
      candidates: pythons,
      trial: ['-c', 'import zipfile, sys; sys.exit(sys.version_info < (3, 8))'],
      advice:
        'Python 3.8 or newer. Install it (on Debian: apt install python3), or name it in PYTHON',
    },
    pip: {
      candidates: pythons.map(([file]): Program => [file, '-m', 'pip']),
      trial: ['--version'],
      advice: 'pip for Python 3. Install it (on Debian: apt install python3-pip)',
    },
    compiler: {
      candidates: [['c++'], ['g++'], ['clang++']],
      trial: ['--version'],
      advice:
        'a C++ compiler. Install one (on Debian: apt install g++; on macOS: xcode-select --install)',
    },
    tar: { candidates: [['tar']], trial: ['--version'], advice: 'tar. Install it' },
  };
};

/** Without a GPU, gigabytes would be fetched for nothing. */
const gpu: Wanted = {
  candidates: [['nvidia-smi']],
  trial: ['-L'],
  advice: "an NVIDIA GPU with its driver, and nvidia-smi lists none. Install NVIDIA's driver",
};

/**
 * Finds the programs, and the GPU if there has to be one.
 *
 * @throws CodedError `engine/missing-program` for the first that is not there, with what to do.
 */
export async function findPrograms(options: RunOptions, needsGpu: boolean): Promise<Programs> {
  const find = async ({ candidates, trial, advice }: Wanted): Promise<Program> => {
    for (const program of candidates) {
      if (await works(program, trial, options)) return program;
    }
    const tried = candidates.map((program) => program.join(' ')).join(', ');
    throw new CodedError(
      'engine/missing-program',
      `Setting up this engine needs ${advice}. Tried: ${tried}.`,
    );
  };
  if (needsGpu) await find(gpu);
  const { npm, python, pip, compiler, tar } = wanted(options.env);
  return {
    npm: await find(npm),
    python: await find(python),
    pip: await find(pip),
    compiler: await find(compiler),
    tar: await find(tar),
  };
}

async function works(
  program: Program,
  trial: readonly string[],
  options: RunOptions,
): Promise<boolean> {
  try {
    await runProgram(program, trial, options);
    return true;
  } catch (error) {
    if (options.signal.aborted) throw error;
    return false;
  }
}

/**
 * Runs a program to its end and gives what it wrote to standard output. Aborting ends it with all that it
 * has started.
 *
 * @throws Error with the last lines that it wrote when it fails; the signal's reason when it is aborted.
 */
export async function runProgram(
  [file, ...first]: Program,
  args: readonly string[],
  { env, signal }: RunOptions,
): Promise<string> {
  signal.throwIfAborted();
  // A group of its own, so that pip's and npm's own children can be ended with them.
  const child = spawn(file, [...first, ...args], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => {
    if (child.pid !== undefined) endGroup(child.pid);
  };
  signal.addEventListener('abort', end);
  let output = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal.throwIfAborted();
    if (code === 0) return output;
    throw new Error(lastLines(said || output) || `${file} ended with the exit code ${code}`);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-3).join('\n');
}
