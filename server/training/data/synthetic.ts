import { dataSources, type DataSourceValueOf } from '#common/catalogue/data';
import { draws, fillNormal, streamKey, threefry, type Key } from '#common/rng';
import type { Dataset, OpenOptions } from './dataset';
import { checkMemory, datasetOf, sizeOf } from './pixels';

type SyntheticValue = DataSourceValueOf<'synthetic'>;

/** f, in periods a pixel: slow enough for 8 × 8 images, fast enough to survive pooling. */
const frequency = 1 / 8;
/** Leaves room above and below the grating, so that noise is seldom cut off. */
const contrast = 0.8;
/** How many images are made before the event loop gets its turn. */
const stride = 1024;

/** Makes the gratings; a sample depends on seed and index only, whatever their number. */
export async function openSynthetic(
  source: SyntheticValue,
  { seed, signal, onProgress }: OpenOptions,
): Promise<Dataset> {
  const { shape, classes, count } = source;
  checkMemory(count, shape, Float32Array.BYTES_PER_ELEMENT);
  const size = sizeOf(shape);
  const values = new Float32Array(count * size);
  const labels = Int32Array.from({ length: count }, (_, sample) => sample % classes);
  for (let sample = 0; sample < count; sample++) {
    if (sample % stride === 0) {
      onProgress?.(sample, count);
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    }
    const image = values.subarray(sample * size, (sample + 1) * size);
    drawGrating(image, source, labels[sample]!, streamKey(seed, 'synthetic', 0, sample));
  }
  onProgress?.(count, count);
  const { classNames = [] } = dataSources.synthetic.facts(source);
  return datasetOf({ shape, classNames, labels, pixels: { values, white: 1 } });
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
