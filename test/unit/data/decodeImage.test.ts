import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { decodeImage } from '../../../server/training/data/decodeImage';
import { toChannels } from '../../../server/training/data/luminance';

interface Expected {
  readonly height: number;
  readonly width: number;
  readonly tolerance: number;
  readonly grey: readonly number[];
  readonly colour: readonly number[];
}

const folder = path.join(__dirname, '../../fixtures/images');
const load = (name: string) => readFileSync(path.join(folder, name));
const expected = JSON.parse(load('expected.json').toString()) as Record<string, Expected>;

describe('decoding an image', () => {
  for (const [name, { height, width, tolerance, grey, colour }] of Object.entries(expected)) {
    it(`reads ${name} in grey and in colour`, () => {
      const image = decodeImage(load(name));
      assert.deepEqual([image.height, image.width], [height, width]);
      for (const [channels, truth] of [
        [1, grey],
        [3, colour],
      ] as const) {
        const { values, white } = toChannels(image, channels);
        assert.equal(values.length, truth.length);
        for (const [i, value] of values.entries()) {
          const off = Math.abs(value / white - truth[i]!);
          assert.ok(off <= tolerance + 1e-6, `value ${i}: ${value / white} for ${truth[i]}`);
        }
      }
    });
  }

  it('keeps the exact bytes of grey images that are saved in colour', () => {
    const { values, white } = toChannels(decodeImage(load('grey.jpg')), 1);
    assert.ok(values instanceof Uint8Array && white === 255);
  });

  const broken: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
    ['an empty file', new Uint8Array(0), /the file is empty/],
    ['a text', Buffer.from('not an image'), /neither a PNG nor a JPEG file/],
    ['a PNG cut in its header', load('rgb-8.png').subarray(0, 20), /the file is cut off/],
    ['a PNG cut in its pixels', load('rgb-8.png').subarray(0, 90), /the file is cut off/],
    ['a PNG without its last chunk', load('rgb-16.png').subarray(0, -12), /cut off/],
    ['a PNG with a flipped bit', flipBit(load('rgb-8.png'), 80), /CRC/],
    ['a PNG that claims to be huge', claimWidth(load('grey-8.png'), 2 ** 30), /megapixels/],
    ['a JPEG cut in its pixels', load('colour.jpg').subarray(0, -60), /the file is cut off/],
    ['a JPEG cut in its header', load('colour.jpg').subarray(0, 100), /the file is cut off/],
  ];
  for (const [name, bytes, message] of broken) {
    it(`refuses ${name}`, () => {
      assert.throws(() => decodeImage(bytes), message);
    });
  }
});

function flipBit(bytes: Buffer, at: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  out[at]! ^= 4;
  return out;
}

function claimWidth(bytes: Buffer, width: number): Uint8Array {
  const out = Buffer.from(bytes);
  out.writeUInt32BE(width, 16);
  return out;
}
