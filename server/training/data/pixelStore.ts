import type { Shape } from '#common/catalogue/component';
import type { Raster } from './decodeImage';
import { emptyLike, sizeOf, type Pixels } from './pixels';

/** Takes images one by one and keeps them in the smallest form that loses nothing. */
export interface PixelStore {
  put(index: number, image: Raster): void;
  pixels(): Pixels;
}

/** Bytes at first; 16 bit or float, for all images, from the first one on that needs it. */
export function createPixelStore(count: number, shape: Shape): PixelStore {
  const size = sizeOf(shape);
  let pixels: Pixels = { values: new Uint8Array(count * size), white: 0xff };
  return {
    put: (index, image) => {
      pixels = widen(pixels, image);
      copyScaled(image, pixels, index * size);
    },
    pixels: () => pixels,
  };
}

function widen(pixels: Pixels, { values, white }: Raster): Pixels {
  if (rank(values) <= rank(pixels.values)) return pixels;
  const wide = { values: emptyLike(values, pixels.values.length), white };
  copyScaled(pixels, wide, 0);
  return wide;
}

function rank(values: Pixels['values']): number {
  if (values instanceof Float32Array) return 2;
  return values instanceof Uint16Array ? 1 : 0;
}

/** 65535 / 255 is a whole number, so that bytes become 16 bit without a rounding error. */
function copyScaled(from: Pixels, to: Pixels, offset: number): void {
  const { values } = from;
  if (from.white === to.white) {
    to.values.set(values, offset);
    return;
  }
  for (let i = 0; i < values.length; i++) {
    to.values[offset + i] = (values[i]! * to.white) / from.white;
  }
}
