import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Raster } from '../../../server/training/data/decodeImage';
import { fitTo, type Resize } from '../../../server/training/data/resample';

interface Case {
  readonly resize: Resize;
  readonly height: number;
  readonly width: number;
  readonly image: readonly number[];
  readonly size: readonly [number, number];
  readonly expected: readonly number[];
}

const file = path.join(__dirname, '../../fixtures/data/areas.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[];

describe('bringing an image to a size', () => {
  for (const { resize, height, width, image, size, expected } of cases) {
    it(`${resize}: ${height} × ${width} to ${size.join(' × ')} as NumPy averages it`, () => {
      const source: Raster = {
        height,
        width,
        channels: 1,
        values: Uint8Array.from(image),
        white: 255,
      };
      const { values, white, ...found } = fitTo(source, size, resize);
      assert.deepEqual([found.height, found.width, white], [...size, 1]);
      assert.equal(values.length, expected.length);
      values.forEach((value, i) => {
        assert.ok(Math.abs(value - expected[i]!) < 1e-6, `pixel ${i}: ${value} for ${expected[i]}`);
      });
    });
  }

  it('leaves an image of the size as it is', () => {
    const source: Raster = {
      height: 2,
      width: 1,
      channels: 1,
      values: Uint16Array.of(1, 65535),
      white: 65535,
    };
    for (const resize of ['exact', 'stretch', 'crop', 'pad'] as const) {
      assert.equal(fitTo(source, [2, 1], resize), source);
    }
  });

  it('treats the channels alike', () => {
    const values = Uint8Array.from({ length: 5 * 4 * 3 }, (_, i) => (i * 37) % 256);
    const source: Raster = { height: 5, width: 4, channels: 3, values, white: 255 };
    const colour = fitTo(source, [3, 3], 'stretch').values;
    for (let channel = 0; channel < 3; channel++) {
      const plane = values.filter((_, i) => i % 3 === channel);
      const grey = fitTo({ ...source, channels: 1, values: plane }, [3, 3], 'stretch').values;
      assert.deepEqual(
        colour.filter((_, i) => i % 3 === channel),
        grey,
      );
    }
  });
});
