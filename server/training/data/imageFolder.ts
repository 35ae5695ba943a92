import fs from 'node:fs';
import path from 'node:path';
import type { DataSourceValueOf } from '#common/catalogue/data';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { Dataset, OpenOptions } from './dataset';
import { decodeImage, type Raster } from './decodeImage';
import { listImages, type ImageFile } from './imageFiles';
import { toChannels } from './luminance';
import { createPixelStore } from './pixelStore';
import { checkMemory, datasetOf } from './pixels';
import { fitTo } from './resample';

type ImageFolderValue = DataSourceValueOf<'imageFolder'>;

/** Reads every image of the class folders, in the order of their names. */
export async function openImageFolder(
  source: ImageFolderValue,
  { baseFolder, signal, onProgress }: OpenOptions,
): Promise<Dataset> {
  const folder = path.resolve(baseFolder, source.path);
  const { classNames, files } = await listImages(folder, source.path, signal);
  const shape = [...source.size, source.channels];
  checkMemory(files.length, shape, Float32Array.BYTES_PER_ELEMENT);
  const store = createPixelStore(files.length, shape);
  let fitting: ImageFile | undefined;
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    const image = await readImage(file);
    if (source.resize === 'exact') {
      checkSize(image, file, source, fitting);
      fitting ??= file;
    }
    store.put(index, toChannels(fitTo(image, source.size, source.resize), source.channels));
    onProgress?.(index + 1, files.length);
  }
  const labels = Int32Array.from(files, ({ label }) => label);
  return datasetOf({ shape, classNames, labels, pixels: store.pixels() });
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
