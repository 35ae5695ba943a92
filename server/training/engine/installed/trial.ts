import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '#common/protocol/rpc';

/** The first time, a large library or a driver takes seconds to start. */
const limitMs = 60_000;

/**
 * Runs a little JavaScript module in a process of its own, with arguments from `process.argv[1]` on, and
 * gives what it wrote as JSON: a library that does not suit the machine may end the process that loads it.
 *
 * @throws Error with the first line of what it said, or how it ended when it could say nothing.
 */
export async function runTrial(
  code: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<unknown> {
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', code, '--', ...args],
      // VS Code's executable behaves as Node then.
      { env: { ...env, ELECTRON_RUN_AS_NODE: '1' }, timeout: limitMs, windowsHide: true },
    );
    return JSON.parse(stdout) as unknown;
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const { stderr = '', signal } = error as { readonly stderr?: string; readonly signal?: string };
  const said = /^\w*Error(?: \[\w+\])?: (.+?)\.?$/m.exec(stderr)?.[1];
  if (said !== undefined) return said;
  return signal ? `it ended its process with ${signal}` : messageOf(error).split('\n')[0]!;
}
