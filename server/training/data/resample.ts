import type { DataSourceValueOf } from '#common/catalogue/data';
import type { Raster } from './decodeImage';

export type Resize = DataSourceValueOf<'imageFolder'>['resize'];

/**
 * Brings an image to a size. Every new pixel is the average over the area that it covers in the
 * image, and what lies outside of the image is black.
 */
export function fitTo(
  image: Raster,
  [height, width]: readonly [height: number, width: number],
  resize: Resize,
): Raster {
  if (image.height === height && image.width === width) return image;
  const [rowStep, columnStep] = steps(image, height, width, resize);
  const rows = coverage(image.height, height, rowStep);
  const columns = coverage(image.width, width, columnStep);
  const { channels } = image;
  const values = new Float32Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const sum = average(image, rows[y]!, columns[x]!, c);
        values[(y * width + x) * channels + c] = sum / image.white;
      }
    }
  }
  return { height, width, channels, values, white: 1 };
}

/** Length of a new pixel in old ones, down and across. */
function steps(image: Raster, height: number, width: number, resize: Resize): [number, number] {
  const down = image.height / height;
  const across = image.width / width;
  switch (resize) {
    case 'exact':
    case 'stretch':
      return [down, across];
    case 'crop':
      return [Math.min(down, across), Math.min(down, across)];
    case 'pad':
      return [Math.max(down, across), Math.max(down, across)];
  }
}

/** The old pixels that a new one covers: the first of them and the part that each contributes. */
interface Cover {
  readonly first: number;
  readonly parts: Float64Array;
}

/** Covers along one axis; the new pixels lie about the middle of the old ones. */
function coverage(oldLength: number, newLength: number, step: number): readonly Cover[] {
  const start = (oldLength - newLength * step) / 2;
  return Array.from({ length: newLength }, (_, index) => {
    const from = Math.max(0, start + index * step);
    const to = Math.min(oldLength, start + (index + 1) * step);
    const first = Math.floor(from);
    const count = Math.max(0, Math.ceil(to) - first);
    const parts = Float64Array.from({ length: count }, (_, place) => {
      const old = first + place;
      return Math.max(0, Math.min(to, old + 1) - Math.max(from, old)) / step;
    });
    return { first, parts };
  });
}

function average(image: Raster, rows: Cover, columns: Cover, channel: number): number {
  const { width, channels, values } = image;
  let sum = 0;
  for (let i = 0; i < rows.parts.length; i++) {
    const row = (rows.first + i) * width;
    for (let j = 0; j < columns.parts.length; j++) {
      const value = values[(row + columns.first + j) * channels + channel];
      // Rounding can make a cover reach past the edge by a hair; its part is then next to nothing.
      if (value !== undefined) sum += rows.parts[i]! * columns.parts[j]! * value;
    }
  }
  return sum;
}
