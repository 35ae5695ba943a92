import { hash } from 'node:crypto';
import { dataSources, type DataSourceValueOf } from '#common/catalogue/data';
import { draws, fillNormal, streamKey, threefry, type Key } from '#common/rng';
import type { Dataset, OpenOptions } from './dataset';
import { checkMemory, sizeOf } from './pixels';

type SyntheticValue = DataSourceValueOf<'synthetic'>;

/** f, in periods a pixel: slow enough for 8 × 8 images, fast enough to survive pooling. */
const frequency = 1 / 8;
/** Leaves room above and below the grating, so that noise is seldom cut off. */
const contrast = 0.8;

/**
 * Gratings that are drawn when they are first read, so that even a thousand classes of large images open at
 * once; a sample depends on seed and index only, whatever their number.
 */
export function openSynthetic(source: SyntheticValue, { seed }: OpenOptions): Promise<Dataset> {
  const { shape, classes, count, noise } = source;
  // Training reads them all, sooner or later.
  checkMemory(count, shape, Float32Array.BYTES_PER_ELEMENT);
  const size = sizeOf(shape);
  const labels = Int32Array.from({ length: count }, (_, sample) => sample % classes);
  const { classNames = [], classCounts = [] } = dataSources.synthetic.facts(source);
  // All pixels follow from these numbers, and two samples are never made equal.
  const madeFrom = { shape, classes, noise, seed };
  const images = new Map<number, Float32Array>();
  function imageOf(sample: number): Float32Array {
    const known = images.get(sample);
    if (known) return known;
    const image = new Float32Array(size);
    drawGrating(image, source, labels[sample]!, streamKey(seed, 'synthetic', 0, sample));
    images.set(sample, image);
    return image;
  }
  return Promise.resolve({
    facts: { shape, classNames, count, classCounts },
    fingerprint: hashOf({ ...madeFrom, count }),
    labels,
    digests: () => Array.from(labels, (_, sample) => hashOf({ ...madeFrom, sample })),
    read: (indices, out) => {
      for (const [place, sample] of indices.entries()) out.set(imageOf(sample), place * size);
    },
  });
}

function hashOf(numbers: object): string {
  return hash('sha256', JSON.stringify(numbers), 'hex');
}

function drawGrating(image: Float32Array, source: SyntheticValue, label: number, key: Key): void {
  const [, width, channels] = source.shape;
  const theta = (Math.PI * label) / source.classes;
  const phase = 2 * Math.PI * draws(key).uniform();
  const acrossX = 2 * Math.PI * frequency * Math.cos(theta);
  const acrossY = 2 * Math.PI * frequency * Math.sin(theta);
  // The phase took word 0 of the sample's stream; the noise has a stream of its own.
  const noise = new Float32Array(image.length);
  if (source.noise > 0) fillNormal(threefry(key, 0, 1), noise);
  for (let i = 0; i < image.length; i++) {
    const pixel = Math.floor(i / channels);
    const x = pixel % width;
    const y = Math.floor(pixel / width);
    const wave = 0.5 + 0.5 * contrast * Math.cos(acrossX * x + acrossY * y + phase);
    // Light is never negative, and an image ends at 1.
    image[i] = Math.min(1, Math.max(0, wave + source.noise * noise[i]!));
  }
}
