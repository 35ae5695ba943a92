import {
  convertIndexedToRgb,
  decode as decodePng,
  type DecodedPng,
  type PngDataArray,
} from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';

/** A decoded image, row-major, channels last; the value of a pixel is `values[i] / white`. */
export interface Raster {
  readonly height: number;
  readonly width: number;
  /** Grey or red, green and blue. */
  readonly channels: 1 | 3;
  readonly values: Uint8Array | Uint16Array | Float32Array;
  readonly white: number;
}

/** Some hundred times what a network is trained on: larger ones are a mistake, or an attack. */
const largestMegapixels = 100;

/**
 * Decodes a PNG or JPEG image, told apart by their first bytes. Transparency is left out: what an
 * instrument sees is the light of a pixel, however the file says to blend it.
 *
 * @throws Error that says in a few words why the bytes are no whole image.
 */
export function decodeImage(bytes: Uint8Array): Raster {
  if (bytes.length === 0) throw new Error('the file is empty');
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return fromPng(bytes);
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return fromJpeg(bytes);
  throw new Error('it is neither a PNG nor a JPEG file, whatever its name says');
}

function fromPng(bytes: Uint8Array): Raster {
  // The header's place is fixed: the signature, then length and name of the first chunk.
  if (bytes.length < 33) throw new Error('the file is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkMegapixels(view.getUint32(16), view.getUint32(20));
  const png = decodeChunks(bytes);
  const { height, width, depth } = png;
  const white = depth === 16 ? 0xffff : 0xff;
  if (png.palette) {
    const rgb = convertIndexedToRgb(png);
    return {
      height,
      width,
      channels: 3,
      values: firstChannels(rgb, png.palette[0]!.length, 3),
      white,
    };
  }
  const values = depth < 8 ? unpackGrey(png) : png.data;
  const channels = png.channels >= 3 ? 3 : 1;
  return { height, width, channels, values: firstChannels(values, png.channels, channels), white };
}

function decodeChunks(bytes: Uint8Array): DecodedPng {
  try {
    return decodePng(bytes, { checkCrc: true });
  } catch (error) {
    // The decoder reads on until the bytes end.
    if (error instanceof RangeError) throw new Error('the file is cut off');
    throw error;
  }
}

/** Below 8 bits a byte holds several pixels, and each row begins with a new byte. */
function unpackGrey({ height, width, depth, data }: DecodedPng): Uint8Array {
  const values = new Uint8Array(height * width);
  const rowBytes = Math.ceil((width * depth) / 8);
  const white = 2 ** depth - 1;
  for (let i = 0; i < values.length; i++) {
    const bit = (i % width) * depth;
    const byte = data[Math.floor(i / width) * rowBytes + (bit >> 3)]!;
    values[i] = (((byte >> (8 - depth - (bit & 7))) & white) * 0xff) / white;
  }
  return values;
}

function fromJpeg(bytes: Uint8Array): Raster {
  // Behind the start of the scan, an end mark can only be a real one; the decoder takes its lack for
  // black pixels.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scan = buffer.lastIndexOf('ffda', undefined, 'hex');
  const end = buffer.lastIndexOf('ffd9', undefined, 'hex');
  if (end < scan || scan < 0) throw new Error('the file is cut off');
  const { height, width, data } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: largestMegapixels,
  });
  return { height, width, channels: 3, values: data, white: 0xff };
}

function checkMegapixels(width: number, height: number): void {
  if (width * height <= largestMegapixels * 1e6) return;
  throw new Error(`${height} × ${width} pixels are more than ${largestMegapixels} megapixels`);
}

function firstChannels(values: PngDataArray, of: number, kept: number): Uint8Array | Uint16Array {
  const length = (values.length / of) * kept;
  const out = values instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
  for (let from = 0, to = 0; from < values.length; from += of) {
    for (let channel = 0; channel < kept; channel++) out[to++] = values[from + channel]!;
  }
  return out;
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}
