import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import * as path from 'node:path';
import { CodedError } from '#common/protocol/rpc';
import { diskError } from './disk';

/** Where a trainer listens, and the token that opens it. */
export interface ControlPlace {
  readonly socket: string;
  readonly tokenFile: string;
  readonly token: string;
  remove(): Promise<void>;
}

/** Longest path of a Unix socket on macOS, less the final zero; Linux allows four more. */
const maxSocketBytes = 103;

/**
 * Makes a place of its own in a folder that only this user can enter. On Windows the socket is a named
 * pipe, and the folder of temporary files belongs to the user already.
 * Throws CodedError `control/unsafe-folder` or `disk/…`.
 */
export async function makeControlPlace(): Promise<ControlPlace> {
  const name = randomBytes(6).toString('hex');
  const folder = await makeFolder(name);
  const tokenFile = path.join(folder, `${name}.token`);
  const token = randomBytes(32).toString('hex');
  const isWindows = process.platform === 'win32';
  const socket = isWindows ? `\\\\.\\pipe\\lightbench-${name}` : path.join(folder, `${name}.sock`);
  await writeFile(tokenFile, token, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    throw diskError(error, `Could not write ${tokenFile}`);
  });
  const remove = async () => {
    await rm(tokenFile, { force: true });
    if (!isWindows) await rm(socket, { force: true });
  };
  return { socket, tokenFile, token, remove };
}

async function makeFolder(name: string): Promise<string> {
  const wanted = path.join(tmpdir(), `lightbench-${userId()}`);
  const isTooLong = Buffer.byteLength(path.join(wanted, `${name}.sock`)) > maxSocketBytes;
  const folder = isTooLong ? path.join('/tmp', `lightbench-${userId()}`) : wanted;
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw diskError(error, `Could not make the folder ${folder} for the control socket`);
    }
  });
  await checkFolder(folder);
  return folder;
}

/** Somebody else could have made the folder first, to listen in. */
async function checkFolder(folder: string): Promise<void> {
  const stats = await lstat(folder);
  const ownUid = process.getuid?.();
  const isOwn = ownUid === undefined || (stats.uid === ownUid && (stats.mode & 0o077) === 0);
  if (stats.isDirectory() && isOwn) return;
  const message = `The run cannot be controlled: ${folder} is not a folder that only you can enter. Remove it, or set TMPDIR to a folder of your own.`;
  throw new CodedError('control/unsafe-folder', message);
}

function userId(): string {
  return String(process.getuid?.() ?? userInfo().username.replace(/\W+/g, '-'));
}
