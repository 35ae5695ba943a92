import fs from 'node:fs';
import path from 'node:path';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { splits, type Split } from '#common/run/series';
import type { Dataset } from './dataset';
import { splitNamed } from './table';

export interface ImageFile {
  readonly path: string;
  /** As messages name it: the folder as the experiment writes it, then class and file. */
  readonly shown: string;
  readonly label: number;
}

/** Images with everything that is known of them before they are read. */
export interface ImageList extends Pick<
  Dataset,
  'groups' | 'times' | 'assigned' | 'sampleWeights'
> {
  /** The names of the class folders, sorted by their UTF-16 units: the same on every machine. */
  readonly classNames: readonly string[];
  /** Class after class, each sorted by name; or in the order of a table. */
  readonly files: readonly ImageFile[];
}

const imageName = /\.(png|jpe?g)$/i;

/**
 * Lists the images of a folder that holds one folder for each class. Names that begin with a dot are
 * left out, and so are files that are no PNG or JPEG by their name.
 *
 * @param shown the folder as the experiment writes it.
 */
export async function listImages(
  folder: string,
  shown: string,
  signal?: AbortSignal,
): Promise<ImageList> {
  const { folders: classNames } = await readFolder(folder, shown);
  checkClasses(classNames, folder, shown);
  return { classNames, files: await listClasses(folder, shown, classNames, signal) };
}

/**
 * Lists the images of a folder that holds the folders of the splits, each with one folder for each
 * class.
 */
export async function listSplits(
  folder: string,
  shown: string,
  signal?: AbortSignal,
): Promise<ImageList> {
  const { folders } = await readFolder(folder, shown);
  const parts = splits.map((split) => {
    const name = folders.find((one) => splitNamed(one.toLowerCase()) === split);
    if (name === undefined) throw noSplitFolder(split, folder, shown);
    return { split, at: path.join(folder, name), shown: `${shown}/${name}` };
  });
  const perSplit = await Promise.all(parts.map((part) => readFolder(part.at, part.shown)));
  const classNames = [...new Set(perSplit.flatMap((content) => content.folders))].sort();
  checkClasses(classNames, folder, shown);
  const files: ImageFile[] = [];
  const assigned: Split[] = [];
  for (const [index, part] of parts.entries()) {
    const present = new Set(perSplit[index]!.folders);
    const found = await listClasses(part.at, part.shown, classNames, signal, present);
    files.push(...found);
    assigned.push(...found.map(() => part.split));
  }
  return { classNames, files, assigned };
}

function noSplitFolder(split: Split, folder: string, shown: string): CodedError {
  return new CodedError(
    'data/no-split-folder',
    `The image folder has no folder "${split}": "${shown}" (${folder}). With \`layout\` "splits" it holds train, validation and test; add the folder, or set \`layout\` to "classes".`,
  );
}

/** The images of each class that is there. */
async function listClasses(
  folder: string,
  shown: string,
  classNames: readonly string[],
  signal: AbortSignal | undefined,
  present: ReadonlySet<string> = new Set(classNames),
): Promise<readonly ImageFile[]> {
  const files: ImageFile[] = [];
  for (const [label, name] of classNames.entries()) {
    signal?.throwIfAborted();
    if (!present.has(name)) continue;
    const at = path.join(folder, name);
    const content = await readFolder(at, `${shown}/${name}`);
    const images = content.files.filter((file) => imageName.test(file));
    if (images.length === 0) throw emptyClass(name, at, content);
    for (const file of images) {
      files.push({ path: path.join(at, file), shown: `${shown}/${name}/${file}`, label });
    }
  }
  return files;
}

function checkClasses(classNames: readonly string[], folder: string, shown: string): void {
  if (classNames.length === 0) {
    throw new CodedError(
      'data/no-classes',
      `The image folder holds no class folders: "${shown}" (${folder}). ` +
        'Put the images of each class into a folder of their own in it, named after the class.',
    );
  }
  if (classNames.length === 1) {
    throw new CodedError(
      'data/one-class',
      `A network cannot learn to choose from one class only: "${shown}" (${folder}) holds just ` +
        `"${classNames[0]}". Add a folder with images of another class.`,
    );
  }
}

interface FolderContent {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** Follows links, so that images can stay where they are. */
async function readFolder(folder: string, shown: string): Promise<FolderContent> {
  const folders: string[] = [];
  const files: string[] = [];
  try {
    const names = (await fs.promises.readdir(folder)).filter((name) => !name.startsWith('.'));
    // The default order, by UTF-16 units, does not depend on the language of the machine.
    for (const name of names.sort()) {
      const isFolder = (await fs.promises.stat(path.join(folder, name))).isDirectory();
      (isFolder ? folders : files).push(name);
    }
  } catch (error) {
    throw unreadableFolder(error, folder, shown);
  }
  return { folders, files };
}

function unreadableFolder(error: unknown, folder: string, shown: string): CodedError {
  const code = (error as NodeJS.ErrnoException).code;
  const broken = (error as NodeJS.ErrnoException).path ?? folder;
  if (code === 'ENOENT' && broken === folder) {
    return new CodedError(
      'data/folder-missing',
      `The image folder does not exist: "${shown}", relative to the experiment file, is ${folder}. ` +
        'Correct `"path"`, or create the folder.',
    );
  }
  if (code === 'ENOTDIR' && broken === folder) {
    return new CodedError(
      'data/not-a-folder',
      `The image folder is a file: "${shown}" (${folder}). ` +
        'Set `"path"` to the folder that holds the class folders.',
    );
  }
  return new CodedError(
    'data/unreadable-folder',
    `The image folder cannot be read: "${shown}" (${folder}): ${messageOf(error)}. ` +
      'Check the rights of the folder, and that its links lead somewhere.',
  );
}

function emptyClass(name: string, folder: string, { files, folders }: FolderContent): CodedError {
  const other = files.length > 0 ? `other files only, such as "${files[0]}"` : undefined;
  const deeper = folders.length > 0 ? `folders only, such as "${folders[0]}"` : undefined;
  const [content, advice] = other
    ? [other, 'Save the images as PNG or JPEG, or take the folder out.']
    : deeper
      ? [deeper, 'Move the images up into the class folder.']
      : ['nothing', 'Add images, or take the folder out.'];
  return new CodedError(
    files.length > 0 ? 'data/unsupported-files' : 'data/empty-class',
    `Class "${name}" has no PNG or JPEG image: ${folder} holds ${content}. ${advice}`,
  );
}
