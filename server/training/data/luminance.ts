import type { Raster } from './decodeImage';
import { emptyLike } from './pixels';

/** Rec. ITU-R BT.601: how bright red, green and blue look. */
const weights = [0.299, 0.587, 0.114] as const;

/** The image in grey or in colour. */
export function toChannels(image: Raster, channels: 1 | 3): Raster {
  if (image.channels === channels) return image;
  return channels === 3 ? spread(image) : toGrey(image);
}

/** Grey as equal red, green and blue. */
function spread({ values, ...image }: Raster): Raster {
  const colour = emptyLike(values, values.length * 3);
  for (let i = 0; i < colour.length; i++) colour[i] = values[Math.floor(i / 3)]!;
  return { ...image, channels: 3, values: colour };
}

function toGrey({ values, white, ...image }: Raster): Raster {
  const size = values.length / 3;
  if (isGrey(values)) {
    // Colour files of grey images are common, and every JPEG is one: they keep their exact values.
    const grey = values.filter((_, index) => index % 3 === 0);
    return { ...image, channels: 1, values: grey, white };
  }
  const grey = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let channel = 0; channel < 3; channel++)
      sum += weights[channel]! * values[i * 3 + channel]!;
    grey[i] = sum / white;
  }
  return { ...image, channels: 1, values: grey, white: 1 };
}

function isGrey(values: Raster['values']): boolean {
  for (let i = 0; i < values.length; i += 3) {
    if (values[i] !== values[i + 1] || values[i] !== values[i + 2]) return false;
  }
  return true;
}
