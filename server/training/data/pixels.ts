import { createHash } from 'node:crypto';
import type { Shape } from '#common/catalogue/component';
import { CodedError } from '#common/protocol/rpc';
import type { Dataset } from './dataset';

/** Pixels of all samples; the value of a pixel is `values[i] / white`. */
export interface Pixels {
  readonly values: Uint8Array | Uint16Array | Float32Array;
  readonly white: number;
}

/** What a source knows of its samples once they are read. */
export interface Samples {
  readonly shape: Shape;
  readonly classNames: readonly string[];
  readonly labels: Int32Array;
  readonly pixels: Pixels;
}

/** The data set of these samples. */
export function datasetOf({ shape, classNames, labels, pixels }: Samples): Dataset {
  const { values, white } = pixels;
  const sampleSize = sizeOf(shape);
  const classCounts = classNames.map(() => 0);
  for (const label of labels) classCounts[label]!++;
  return {
    facts: { shape, classNames, count: labels.length, classCounts },
    fingerprint: fingerprintOf({ shape, classNames, labels, pixels }),
    labels,
    read: (indices, out) => {
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i]! * sampleSize;
        const to = i * sampleSize;
        for (let j = 0; j < sampleSize; j++) out[to + j] = values[from + j]! / white;
      }
    },
  };
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** A new array of the same kind of numbers. */
export function emptyLike(values: Pixels['values'], length: number): Pixels['values'] {
  if (values instanceof Float32Array) return new Float32Array(length);
  return values instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
}

/** What Node can hold in one typed array with room to spare for the training itself. */
const largestBytes = 4 * 2 ** 30;

/** Refuses data that cannot be held in memory, before hours are spent on reading them. */
export function checkMemory(count: number, shape: Shape, bytesPerValue: number): void {
  const bytes = count * sizeOf(shape) * bytesPerValue;
  if (bytes <= largestBytes) return;
  throw new CodedError(
    'data/too-large',
    `The data do not fit in memory: ${count} images of ${shape.join(' × ')} values take ` +
      `${(bytes / 2 ** 30).toFixed(1)} GiB, and at most ${largestBytes / 2 ** 30} GiB are read. ` +
      'Use fewer or smaller images.',
  );
}

function fingerprintOf({ shape, classNames, labels, pixels }: Samples): string {
  const { values, white } = pixels;
  return createHash('sha256')
    .update(JSON.stringify({ shape, classNames, white }))
    .update(bytesOf(labels))
    .update(bytesOf(values))
    .digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
