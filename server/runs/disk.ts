import { open, rename, rm } from 'node:fs/promises';
import { CodedError, messageOf } from '#common/protocol/rpc';

/** Renaming over a file that a virus scanner or an indexer has open fails on Windows for a moment. */
const renameAttempts = process.platform === 'win32' ? 10 : 1;
let temporaryFiles = 0;

/**
 * Replaces a file as a whole: whoever reads it, also after a crash or a power cut, sees the old content
 * or the new one. Throws CodedError `disk/…` and leaves the old file as it was.
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}-${temporaryFiles++}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameOver(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw diskError(error, `Could not write ${file}`);
  }
}

async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const isBusy = ['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error) ?? '');
      if (!isBusy || attempt >= renameAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

/** The code of a system error: `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** A system error in three parts: what failed (with the file), why, and what to do. */
export function diskError(error: unknown, failed: string): CodedError {
  if (error instanceof CodedError) return error;
  const code = errorCode(error) ?? '';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG': {
      const advice = 'Make room, then resume; what was written before is intact.';
      return new CodedError('disk/full', `${failed}: the disk is full (${code}). ${advice}`);
    }
    case 'EACCES':
    case 'EPERM':
    case 'EROFS': {
      const advice = 'Allow writing there, or choose another folder.';
      return new CodedError(
        'disk/read-only',
        `${failed}: writing is not allowed (${code}). ${advice}`,
      );
    }
    case 'ENOENT':
    case 'ENOTDIR': {
      const advice = 'Check the path; something on it is missing or not a folder.';
      return new CodedError(
        'disk/missing',
        `${failed}: the place does not exist (${code}). ${advice}`,
      );
    }
    case 'EEXIST':
    case 'ENOTEMPTY': {
      const advice = 'Choose another place, or move what is there.';
      return new CodedError(
        'disk/taken',
        `${failed}: something else is there (${code}). ${advice}`,
      );
    }
    default: {
      const advice = 'Check the disk and try again.';
      return new CodedError('disk/failed', `${failed}: ${messageOf(error)}. ${advice}`);
    }
  }
}
