import { readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';

/**
 * The commit that is checked out where a folder is, read from the `.git` folder itself, so that it works
 * without git. Undefined outside a repository, before its first commit, or when the folder is unusual:
 * it is a fact for the record, and no reason to refuse a run.
 */
export async function gitCommit(folder: string): Promise<string | undefined> {
  const gitFolder = await findGitFolder(folder);
  if (gitFolder === undefined) return undefined;
  const head = (await readText(path.join(gitFolder, 'HEAD')))?.trim() ?? '';
  if (isCommit(head)) return head;
  const ref = /^ref: (refs\/.+)$/.exec(head)?.[1];
  if (ref === undefined) return undefined;
  // A linked work tree keeps its HEAD, and finds the branches in the folder that `commondir` names.
  const common = (await readText(path.join(gitFolder, 'commondir')))?.trim();
  const refsFolder = common === undefined ? gitFolder : path.resolve(gitFolder, common);
  const loose = (await readText(path.join(refsFolder, ref)))?.trim();
  if (loose !== undefined) return isCommit(loose) ? loose : undefined;
  const packed = (await readText(path.join(refsFolder, 'packed-refs'))) ?? '';
  const line = packed.split('\n').find((entry) => entry.endsWith(` ${ref}`));
  const commit = line?.slice(0, line.indexOf(' '));
  return commit !== undefined && isCommit(commit) ? commit : undefined;
}

async function findGitFolder(folder: string): Promise<string | undefined> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const entry = path.join(at, '.git');
    const stats = await stat(entry).catch(() => undefined);
    if (stats?.isDirectory() === true) return entry;
    if (stats?.isFile() === true) {
      const target = /^gitdir: (.+)$/m.exec((await readText(entry)) ?? '')?.[1];
      return target === undefined ? undefined : path.resolve(at, target);
    }
    if (at === path.dirname(at)) return undefined;
  }
}

function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

function isCommit(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
