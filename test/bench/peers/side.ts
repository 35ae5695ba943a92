// One side of the comparison: a process that is started once and computes when it is asked to, so that
// rounds of all sides can take turns.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ROOT } from '../../../scripts/processes';
import type { Subject } from './subject';

export interface Request {
  readonly subject: Subject;
  /** One of the side's ways to do it. */
  readonly variant: string;
  /** How long to take steps; warming up comes on top. */
  readonly seconds: number;
}

/** What a worker writes for each request. */
export type Answer =
  | { readonly milliseconds: readonly number[]; readonly parameters: number }
  | { readonly error: string };

/** What a worker writes first: programs and their versions. */
export type Versions = Readonly<Record<string, string>>;

export interface Side {
  readonly versions: Versions;
  ask(request: Request): Promise<Answer>;
  dispose(): void;
}

export interface SideCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a worker and waits until it is ready. Rejects with what it said when it ends before. */
export async function startSide({ program, args, env }: SideCommand): Promise<Side> {
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const nextLine = readLines(child);
  const versions = JSON.parse(await nextLine()) as Versions;
  return {
    versions,
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      try {
        return JSON.parse(await nextLine()) as Answer;
      } catch (error) {
        return { error: String(error) };
      }
    },
    dispose: () => void child.stdin.end(),
  };
}

/** Lines of a worker, one a call; a worker that has ended rejects with the end of what it said. */
function readLines(child: ChildProcess): () => Promise<string> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`The worker ended with ${code}: ${said}`)));
  });
  ended.catch(() => undefined);
  // A write to a worker that has gone is told by its end.
  child.stdin?.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return async () => {
    const line = await Promise.race([lines.next(), ended]);
    return line.done === true ? ended : line.value;
  };
}
