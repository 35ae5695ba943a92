import fs from 'node:fs';
import path from 'node:path';
import type { DataSourceValueOf } from '#common/catalogue/data';
import { needsTable } from '#common/experiment/checkSplit';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { Dataset, OpenOptions } from './dataset';
import { decodeImage, type Raster } from './decodeImage';
import { listImages, listSplits, type ImageFile, type ImageList } from './imageFiles';
import { toChannels } from './luminance';
import { createMaskStore } from './masks';
import { createPixelStore } from './pixelStore';
import { checkMemory, datasetOf, type Pixels, type Samples } from './pixels';
import { fitTo } from './resample';
import { cellOf, readTable, type Table } from './table';
import { labelTargets, listTable, numberTargets, valueTargets } from './tableImages';

type ImageFolderValue = DataSourceValueOf<'imageFolder'>;

/** Reads every image of the class folders, or of the table, in their order. */
export async function openImageFolder(
  source: ImageFolderValue,
  options: OpenOptions,
): Promise<Dataset> {
  const folder = path.resolve(options.baseFolder, source.path);
  const table = await tableOf(source, folder);
  const list = await listOf(source, folder, table, options.signal);
  const { files, classNames, groups, times, assigned, sampleWeights } = list;
  const shape = [...source.size, source.channels];
  checkMemory(files.length, shape, Float32Array.BYTES_PER_ELEMENT);
  const readTarget = table === undefined ? undefined : targetReader(source, folder, table);
  const pixels = await readImages(files, source, options, readTarget?.read);
  return datasetOf({
    shape,
    classNames,
    labels: Int32Array.from(files, ({ label }) => label),
    pixels,
    names: files.map(({ shown }) => shown),
    ...(groups && { groups }),
    ...(times && { times }),
    ...(assigned && { assigned }),
    ...(sampleWeights && { sampleWeights }),
    ...readTarget?.finish(),
  });
}

async function tableOf(source: ImageFolderValue, folder: string): Promise<Table | undefined> {
  const { table, path: shown } = source;
  if (table !== undefined) return readTable(path.resolve(folder, table), `${shown}/${table}`);
  if (source.target === 'class') return undefined;
  throw new CodedError('data/needs-table', needsTable(source.target));
}

function listOf(
  source: ImageFolderValue,
  folder: string,
  table: Table | undefined,
  signal: AbortSignal | undefined,
): ImageList | Promise<ImageList> {
  if (table !== undefined) return listTable(table, folder, source);
  const list = source.layout === 'splits' ? listSplits : listImages;
  return list(folder, source.path, signal);
}

/** Reads what belongs to an image beside it, and gives all of it in the end. */
interface TargetReader {
  read?(sample: number): Promise<void>;
  finish(): Partial<Samples>;
}

function targetReader(source: ImageFolderValue, folder: string, table: Table): TargetReader {
  const { size, channels, resize, target } = source;
  const count = table.rows.length;
  const fileOf = (sample: number): ImageFile => {
    const file = cellOf(table.rows[sample]!, 'target');
    return { path: path.resolve(folder, file), shown: `${source.path}/${file}`, label: 0 };
  };
  switch (target) {
    case 'class':
      return { finish: () => ({}) };
    case 'labels':
      return { finish: () => labelTargets(table) };
    case 'numbers':
      return { finish: () => numberTargets(table) };
    case 'mask': {
      const store = createMaskStore(count, size, resize);
      return {
        read: async (sample) =>
          store.put(sample, fileOf(sample), await fittingImage(fileOf(sample), source)),
        finish: store.targets,
      };
    }
    case 'image': {
      const shape = [...size, channels];
      const pixels = size[0] * size[1] * channels;
      const values = new Float32Array(count * pixels);
      return {
        async read(sample) {
          const image = await fittingImage(fileOf(sample), source);
          const { values: found, white } = toChannels(fitTo(image, size, resize), channels);
          for (const [i, value] of found.entries()) values[sample * pixels + i] = value / white;
        },
        finish: () => ({ classNames: [], ...valueTargets('image', values, shape) }),
      };
    }
  }
}

async function fittingImage(file: ImageFile, source: ImageFolderValue): Promise<Raster> {
  const image = await readImage(file);
  if (source.resize === 'exact') checkSize(image, file, source, undefined);
  return image;
}

async function readImages(
  files: readonly ImageFile[],
  source: ImageFolderValue,
  { signal, onProgress }: OpenOptions,
  readTarget: ((sample: number) => Promise<void>) | undefined,
): Promise<Pixels> {
  const store = createPixelStore(files.length, [...source.size, source.channels]);
  let fitting: ImageFile | undefined;
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    const image = await readImage(file);
    if (source.resize === 'exact') {
      checkSize(image, file, source, fitting);
      fitting ??= file;
    }
    store.put(index, toChannels(fitTo(image, source.size, source.resize), source.channels));
    await readTarget?.(index);
    onProgress?.(index + 1, files.length);
  }
  return store.pixels();
}

async function readImage(file: ImageFile): Promise<Raster> {
  try {
    return decodeImage(await fs.promises.readFile(file.path));
  } catch (error) {
    // Some of the decoders' messages end with a colon or a full stop.
    const reason = messageOf(error).replace(/[\s.:]+$/, '');
    throw new CodedError(
      'data/bad-image',
      `An image cannot be read: ${file.shown}: ${reason}. ` +
        'Save it again as PNG or JPEG, or take it out of the folder.',
    );
  }
}

function checkSize(
  image: Raster,
  file: ImageFile,
  { size: [height, width] }: ImageFolderValue,
  fitting: ImageFile | undefined,
): void {
  if (image.height === height && image.width === width) return;
  const wanted = `${height} × ${width}`;
  const found = `${image.height} × ${image.width}`;
  const other = '`"resize"` to "stretch", "crop" or "pad"';
  throw fitting
    ? new CodedError(
        'data/mixed-sizes',
        `The images have different sizes: ${fitting.shown} is ${wanted} pixels (height × width), ` +
          `${file.shown} is ${found}. Set ${other}, or bring the images to one size.`,
      )
    : new CodedError(
        'data/wrong-size',
        `The images do not have the \`"size"\` of the experiment: it says ${wanted} pixels ` +
          `(height × width), ${file.shown} is ${found}. ` +
          `Set \`"size"\` to [${image.height}, ${image.width}], or ${other}.`,
      );
}
