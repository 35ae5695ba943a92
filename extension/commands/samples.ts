import * as path from 'node:path';
import { readExperiment } from '#common/experiment/read';

/** What a list of samples shows of one. */
export interface Sample {
  readonly title: string;
  /** The first sentence of what its header says after the title. */
  readonly summary: string;
  /** Folder with its images, relative to the sample, when it has one. */
  readonly dataFolder?: string;
}

/** Reads what a sample's text says about itself. */
export function describeSample(fileName: string, text: string): Sample {
  const [title, body = ''] = headerOf(text);
  const { experiment } = readExperiment(text);
  const about = {
    title: title ?? experiment?.name ?? fileName,
    summary: (/^.*?[.!?](?=\s|$)/.exec(body)?.[0] ?? body).replaceAll('`', ''),
  };
  const source = experiment?.data.source;
  if (source?.type !== 'imageFolder' || !isBeside(source.path)) return about;
  return { ...about, dataFolder: source.path };
}

/** The paragraphs of the comment at the top of a file. */
function headerOf(text: string): readonly string[] {
  const paragraphs: string[][] = [[]];
  for (const line of text.split(/\r?\n/)) {
    const comment = /^\s*\/\/(.*)$/.exec(line)?.[1]?.trim();
    if (comment === undefined) break;
    if (comment === '') paragraphs.push([]);
    else paragraphs.at(-1)?.push(comment);
  }
  return paragraphs.map((lines) => lines.join(' ')).filter((paragraph) => paragraph !== '');
}

/** A path that stays below the folder of the file. */
function isBeside(file: string): boolean {
  const normal = path.posix.normalize(file.replaceAll('\\', '/'));
  return !normal.startsWith('..') && !path.posix.isAbsolute(normal) && normal !== '.';
}

/** The first of `name.experiment.json`, `name-2.experiment.json` … that is free. */
export function freeName(fileName: string, isTaken: (name: string) => boolean): string {
  const stem = fileName.replace(/\.experiment\.json$/, '');
  for (let number = 1; ; number++) {
    const name = `${stem}${number === 1 ? '' : `-${number}`}.experiment.json`;
    if (!isTaken(name)) return name;
  }
}
