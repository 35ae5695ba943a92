import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { tensorflowPathVariable } from '#common/engine';
import { CodedError } from '#common/protocol/rpc';
import { runFiles } from '#common/run/record';

/** The Node that runs our programs, and where they are. */
export interface Programs {
  readonly distFolder: string;
  /** Another Node than the one that runs the extension. */
  readonly nodePath?: string;
  /** The folder of TensorFlow for Node, in place of the one that is found. */
  readonly tensorflowPath?: string;
}

/** How a detached program ended before anybody could attach to it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not even be started. */
  readonly error?: Error;
}

/**
 * Starts the trainer of a run as a process that outlives the window. What it writes to its standard
 * streams, a crash of Node itself for example, goes to the run's log. `onEnd` is called while this host
 * lives.
 */
export function startTrainer(
  programs: Programs,
  folder: string,
  onEnd: (ending: Ending) => void,
): number | undefined {
  const log = openSync(path.join(folder, runFiles.log), 'a');
  try {
    const child = spawn(
      nodeOf(programs),
      [path.join(programs.distFolder, 'training.js'), 'run', folder],
      {
        cwd: folder,
        detached: true,
        stdio: ['ignore', log, log],
        windowsHide: true,
        env: programEnvironment(process.env, programs),
      },
    );
    reportEnd(child, onEnd);
    child.unref();
    return child.pid;
  } finally {
    closeSync(log);
  }
}

function reportEnd(child: ChildProcess, onEnd: (ending: Ending) => void): void {
  child.once('error', (error) => onEnd({ code: null, signal: null, error }));
  child.once('exit', (code, signal) => onEnd({ code, signal }));
}

/**
 * Runs the command line to its end and gives what it wrote to standard output; `onLine` is given each line
 * of it at once. When the signal is aborted, it is told to stop and may clean up.
 * Throws CodedError `program/failed` with what it said, `program/cancelled` when the signal is aborted.
 */
export function runCommandLine(
  programs: Programs,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(nodeOf(programs), [path.join(programs.distFolder, 'cli.js'), ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      env: programEnvironment(process.env, programs),
      signal,
    });
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    if (onLine !== undefined) createInterface(child.stdout).on('line', onLine);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.once('error', (error) => {
      // An aborted child says so at once, and ends when it has cleaned up.
      if (!signal.aborted) reject(new CodedError('program/failed', error.message));
    });
    child.once('close', (code) => {
      if (signal.aborted) reject(cancelled());
      else if (code === 0) resolve(output);
      else reject(new CodedError('program/failed', plainText(complaint || output)));
    });
  });
}

function cancelled(): CodedError {
  return new CodedError('program/cancelled', 'Cancelled.');
}

/** The Node that runs our programs. */
export function nodeOf({ nodePath }: Programs): string {
  return nodePath ?? process.execPath;
}

/**
 * The environment of our programs: Electron's executable behaves as Node, and nothing of what VS Code
 * passes to its own processes reaches them.
 */
export function programEnvironment(
  env: NodeJS.ProcessEnv,
  { tensorflowPath }: Pick<Programs, 'tensorflowPath'> = {},
): NodeJS.ProcessEnv {
  const own = Object.entries(env).filter(([name]) => !/^(VSCODE_|ELECTRON_)/.test(name));
  return {
    ...Object.fromEntries(own),
    ...(tensorflowPath === undefined ? {} : { [tensorflowPathVariable]: tensorflowPath }),
    ELECTRON_RUN_AS_NODE: '1',
  };
}

/** What a program said, without the colours of a terminal. */
export function plainText(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, '').trim();
}
