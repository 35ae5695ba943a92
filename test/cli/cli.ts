// Drives the built command line as its users do: as a child process with arguments, streams and an exit code.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

const program = path.join(__dirname, '../../dist/cli.js');

/** How a call ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A call that goes on. */
export interface Call {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves with the first line of JSON on stdout that fits; rejects when the call ends without one. */
  nextEvent(fits: (event: JsonEvent) => boolean): Promise<JsonEvent>;
}

export interface JsonEvent {
  readonly event: string;
  readonly [member: string]: unknown;
}

export interface CallOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Runs the command line inside of another command: `bash -c '… "$@"' bash`. */
  readonly wrapper?: readonly string[];
}

/** Begins a call. */
export function start(args: readonly string[], options: CallOptions = {}): Call {
  const [command = '', ...rest] = [...(options.wrapper ?? []), process.execPath, program, ...args];
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<(event: JsonEvent) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`;
    const event = parse(line);
    if (event !== undefined) for (const listener of waiting) listener(event);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const nextEvent = (fits: (event: JsonEvent) => boolean) =>
    new Promise<JsonEvent>((resolve, reject) => {
      waiting.add((event) => fits(event) && resolve(event));
      outcome.then(
        (end) => reject(new Error(`It ended with ${end.code} before that.\n${end.stderr}`)),
        reject,
      );
    });
  return { child, outcome, nextEvent };
}

/** A whole call. */
export function run(args: readonly string[], options: CallOptions = {}): Promise<Outcome> {
  const { child, outcome } = start(args, options);
  child.stdin?.end();
  return outcome;
}

function parse(line: string): JsonEvent | undefined {
  try {
    return JSON.parse(line) as JsonEvent;
  } catch {
    return undefined;
  }
}

/** Every line of stdout as JSON; throws on a line that is none. */
export function jsonLines({ stdout }: Outcome): readonly JsonEvent[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonEvent);
}

const folders: string[] = [];

/** A folder to work in with some files; `removeFolders` removes it after the test. */
export function workFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lightbench-cli-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** An experiment that trains in a moment; `changes` replaces sections. */
export function experimentText(changes: Readonly<Record<string, unknown>> = {}): string {
  const experiment = {
    version: 1,
    name: 'small',
    seed: 3,
    data: { source: { type: 'synthetic', shape: [8, 8, 1], classes: 2, count: 200 } },
    model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
    loss: { type: 'softmaxCrossEntropy' },
    optimizer: { type: 'adam' },
    training: { epochs: 3, batchSize: 20 },
    metrics: ['accuracy'],
    ...changes,
  };
  return `// An experiment for tests.\n${JSON.stringify(experiment, undefined, 2)}\n`;
}

/** A folder with `x.experiment.json` in it. */
export function experimentFolder(changes: Readonly<Record<string, unknown>> = {}): string {
  return workFolder({ 'x.experiment.json': experimentText(changes) });
}
