import { createHash, hash } from 'node:crypto';
import type { DataFacts, Shape } from '#common/catalogue/component';
import { CodedError } from '#common/protocol/rpc';
import type { Dataset } from './dataset';

/** Pixels of all samples; the value of a pixel is `values[i] / white`. */
export interface Pixels {
  readonly values: Uint8Array | Uint16Array | Float32Array;
  readonly white: number;
}

/** What a source knows of its samples once they are read. */
export interface Samples extends Pick<
  Dataset,
  'labels' | 'targets' | 'groups' | 'times' | 'assigned' | 'sampleWeights' | 'names'
> {
  readonly shape: Shape;
  /** Of classes or labels; none where the targets are numbers or images. */
  readonly classNames: readonly string[];
  /** Of samples with each label, where it is not what `labels` say. */
  readonly classCounts?: readonly number[];
  readonly pixels: Pixels;
  readonly target?: Pick<DataFacts, 'target' | 'targetShape'>;
  /** Everything beside the pixels, labels and weights that the fingerprint is to cover. */
  readonly extra?: readonly ArrayBufferView[];
}

/** The data set of these samples. */
export function datasetOf(samples: Samples): Dataset {
  const { shape, classNames, labels, pixels, target, targets, groups, times } = samples;
  const { values, white } = pixels;
  const sampleSize = sizeOf(shape);
  const classCounts = samples.classCounts ?? countsOf(labels, classNames.length);
  let digests: readonly string[] | undefined;
  return {
    facts: { shape, classNames, count: labels.length, classCounts, ...target },
    fingerprint: fingerprintOf(samples),
    labels,
    ...(targets && { targets }),
    ...(groups && { groups }),
    ...(times && { times }),
    ...(samples.assigned && { assigned: samples.assigned }),
    ...(samples.sampleWeights && { sampleWeights: samples.sampleWeights }),
    ...(samples.names && { names: samples.names }),
    digests: () => (digests ??= digestsOf(values, sampleSize)),
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

function countsOf(labels: Int32Array, classes: number): readonly number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

function fingerprintOf(samples: Samples): string {
  const { shape, classNames, labels, pixels, sampleWeights, extra = [] } = samples;
  const { values, white } = pixels;
  const sum = createHash('sha256')
    .update(JSON.stringify({ shape, classNames, white }))
    .update(bytesOf(labels))
    .update(bytesOf(values));
  for (const part of extra) sum.update(bytesOf(part));
  if (sampleWeights !== undefined) sum.update('weights').update(bytesOf(sampleWeights));
  return sum.digest('hex');
}

function digestsOf(values: Pixels['values'], sampleSize: number): readonly string[] {
  const count = values.length / sampleSize;
  return Array.from({ length: count }, (_, sample) => {
    const image = values.subarray(sample * sampleSize, (sample + 1) * sampleSize);
    return hash('sha256', bytesOf(image), 'hex');
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
