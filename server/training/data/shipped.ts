import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { dataSources, type DataSourceValueOf } from '#common/catalogue/data';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { Dataset } from './dataset';
import { readIdx, type IdxArray } from './idx';
import { datasetOf } from './pixels';

/** Beside the bundles; or, run from the sources, what is committed and what the build has converted. */
const folders = ['data', 'assets', '../../../dist/data'].map((at) => path.join(__dirname, at));

/** Opens a data set that comes with Lightbench; `white` is what its files store for the value 1. */
export async function openShipped(
  source: DataSourceValueOf<'digits' | 'mnist'>,
  white: number,
): Promise<Dataset> {
  const { shape, classNames = [] } = dataSources[source.type].facts({});
  const [images, labels] = await Promise.all([
    readShipped(`${source.type}-images.idx.gz`),
    readShipped(`${source.type}-labels.idx.gz`),
  ]);
  return datasetOf({
    shape,
    classNames,
    labels: Int32Array.from(labels.values),
    pixels: { values: images.values, white },
  });
}

const gunzip = promisify(zlib.gunzip);

async function readShipped(name: string): Promise<IdxArray> {
  const file = folders.map((folder) => path.join(folder, name)).find((at) => fs.existsSync(at));
  if (file === undefined) {
    throw new CodedError(
      'data/shipped-missing',
      `A data set that comes with Lightbench is missing: no ${name} in ${folders.join(' or ')}. ` +
        'Reinstall the extension, or run npm ci in a checkout.',
    );
  }
  try {
    return readIdx(await gunzip(await fs.promises.readFile(file)));
  } catch (error) {
    throw new CodedError(
      'data/shipped-damaged',
      `A data set that comes with Lightbench cannot be read: ${file}: ${messageOf(error)}. ` +
        'Reinstall the extension, or delete the file and run npm ci in a checkout.',
    );
  }
}
