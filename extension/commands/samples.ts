import * as path from 'node:path';
import { readExperiment } from '#common/experiment/read';

/** What a list of samples shows of one. */
export interface Sample {
  readonly name: string;
  /** First sentence of the comment at its top: what to look at. */
  readonly summary: string;
  /** Folder with its images, relative to the sample, when it has one. */
  readonly dataFolder?: string;
}

/** Reads what a sample's text says about itself. */
export function describeSample(fileName: string, text: string): Sample {
  const { experiment } = readExperiment(text);
  const name = experiment?.name ?? fileName.replace(/\.experiment\.json$/, '');
  const source = experiment?.data.source;
  const summary = headerOf(text);
  if (source?.type !== 'imageFolder' || !isBeside(source.path)) return { name, summary };
  return { name, summary, dataFolder: source.path };
}

/** The comment lines at the top of a file as one text. */
function headerOf(text: string): string {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const comment = /^\s*\/\/ ?(.*)$/.exec(line)?.[1];
    if (comment !== undefined) lines.push(comment.trim());
    else if (line.trim() !== '') break;
  }
  return lines.join(' ').trim();
}

/** A path that stays below the folder of the file. */
function isBeside(file: string): boolean {
  const normal = path.posix.normalize(file.replaceAll('\\', '/'));
  return !normal.startsWith('..') && !path.posix.isAbsolute(normal) && normal !== '.';
}

/** The first name of `name.experiment.json`, `name-2.experiment.json` … that is free. */
export function freeName(fileName: string, isTaken: (name: string) => boolean): string {
  const stem = fileName.replace(/\.experiment\.json$/, '');
  for (let number = 1; ; number++) {
    const name = `${stem}${number === 1 ? '' : `-${number}`}.experiment.json`;
    if (!isTaken(name)) return name;
  }
}
