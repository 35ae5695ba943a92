import { readdir, readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { maxFileBytes } from '#common/experiment/readTree';
import { nearestName } from '#common/experiment/suggest';
import { messageOf } from '#common/protocol/rpc';
import { decodeStrictUtf8 } from '#common/utf8';
import { WrongInput } from './exit';

/**
 * The text of an experiment file. Throws WrongInput `file/…` when there is none to read; what is wrong
 * inside of it is left to the reader of experiments.
 */
export async function readText(file: string): Promise<string> {
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined) throw await missing(file);
  if (stats.isDirectory()) throw await isFolder(file);
  if (stats.size > maxFileBytes) {
    const megabytes = (stats.size / 1e6).toFixed(1);
    const message = `${file} is too large for an experiment: ${megabytes} MB, and at most 5 MB are read. Name the experiment file; data belong into files of their own.`;
    throw new WrongInput('file/too-large', message);
  }
  const bytes = await readFile(file).catch((error: unknown) => {
    const message = `${file} cannot be read: ${messageOf(error)}. Check that you may open it.`;
    throw new WrongInput('file/unreadable', message);
  });
  const text = decodeStrictUtf8(bytes);
  if (text !== undefined) return text;
  const message = `${file} is not text in UTF-8. Save it as UTF-8, or name the experiment file.`;
  throw new WrongInput('file/binary', message);
}

async function missing(file: string): Promise<WrongInput> {
  const folder = path.dirname(file);
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const nearest = nearestName(path.basename(file), names);
  const advice =
    nearest === undefined
      ? 'Check the path; an experiment is a file like name.experiment.json.'
      : `Did you mean ${path.join(folder, nearest)}?`;
  return new WrongInput('file/missing', `There is no file ${file}. ${advice}`);
}

async function isFolder(folder: string): Promise<WrongInput> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const found = names.filter((name) => name.endsWith('.experiment.json')).slice(0, 3);
  const advice =
    found.length === 0
      ? 'Name an experiment file.'
      : `Name a file in it: ${found.map((name) => path.join(folder, name)).join(', ')}.`;
  return new WrongInput('file/folder', `${folder} is a folder. ${advice}`);
}
