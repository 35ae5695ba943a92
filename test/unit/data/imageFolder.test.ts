import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { encode } from 'fast-png';
import type { DataSourceValueOf } from '#common/catalogue/data';
import { CodedError } from '#common/protocol/rpc';
import { openDataset, type Dataset } from '../../../server/training/data/dataset';

type FolderValue = DataSourceValueOf<'imageFolder'>;

const source: FolderValue = {
  type: 'imageFolder',
  path: 'images',
  layout: 'classes',
  target: 'class',
  size: [2, 3],
  resize: 'exact',
  channels: 1,
};

/** A PNG of 2 × 3 pixels unless said otherwise. */
function png(values: readonly number[], depth: 8 | 16 = 8, height = 2, width = 3): Uint8Array {
  const channels = values.length / (height * width);
  const data = depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
  return encode({ height, width, channels, depth, data });
}

const black = png([0, 0, 0, 0, 0, 0]);
const ramp = png([0, 51, 102, 153, 204, 255]);

describe('an image folder', () => {
  let base: string;

  beforeEach(() => {
    base = mkdtempSync(path.join(tmpdir(), 'lightbench-images-'));
  });
  afterEach(() => {
    rmSync(base, { recursive: true });
  });

  /** Writes files below the folder of the experiment; a name that ends with a slash is a folder. */
  function write(files: Readonly<Record<string, Uint8Array | string>>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(base, name);
      mkdirSync(name.endsWith('/') ? file : path.dirname(file), { recursive: true });
      if (!name.endsWith('/')) writeFileSync(file, content);
    }
  }

  const open = (value: Partial<FolderValue> = {}) =>
    openDataset({ ...source, ...value }, { baseFolder: base, seed: 1 });

  it('has its folders as classes and its files in the order of their names', async () => {
    write({
      'images/b/2.png': ramp,
      'images/b/10.PNG': black,
      'images/B/x.png': black,
      'images/a/y.png': ramp,
      'images/a/.hidden.png': 'not an image',
      'images/a/notes.txt': 'not an image',
      'images/.git/config.png': 'not an image',
      'images/read me.txt': 'not an image',
    });
    const { facts, labels, read } = await open();
    assert.deepEqual(facts, {
      shape: [2, 3, 1],
      classNames: ['B', 'a', 'b'],
      count: 4,
      classCounts: [1, 1, 2],
    });
    assert.deepEqual([...labels], [0, 1, 2, 2]);
    const out = new Float32Array(24);
    read(Uint32Array.of(0, 1, 2, 3), out);
    const tones = [0, 0.2, 0.4, 0.6, 0.8, 1].map(Math.fround);
    assert.deepEqual(
      [...out],
      [...Array<number>(6).fill(0), ...tones, ...Array<number>(6).fill(0), ...tones],
    );
  });

  it('keeps all 16 bits, and the bytes of the 8-bit images beside them', async () => {
    const deep = [0, 1, 256, 257, 40_000, 65_535];
    write({ 'images/a/1.png': ramp, 'images/b/1.png': png(deep, 16) });
    const dataset = await open();
    assert.deepEqual(imageOf(dataset, 0), [0, 0.2, 0.4, 0.6, 0.8, 1].map(Math.fround));
    assert.deepEqual(
      imageOf(dataset, 1),
      deep.map((value) => Math.fround(value / 65_535)),
    );
  });

  it('takes colour as BT.601 luminance or as it is', async () => {
    const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 10, 20, 30];
    write({ 'images/a/1.png': png(colours), 'images/b/1.png': ramp });
    const grey = await open();
    const expected = [0.299, 0.587, 0.114, 1, 0, (0.299 * 10 + 0.587 * 20 + 0.114 * 30) / 255];
    imageOf(grey, 0).forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-7));
    assert.deepEqual(imageOf(grey, 1), [0, 0.2, 0.4, 0.6, 0.8, 1].map(Math.fround));
    const colour = await open({ channels: 3 });
    assert.deepEqual(colour.facts.shape, [2, 3, 3]);
    assert.deepEqual(
      imageOf(colour, 0),
      colours.map((value) => Math.fround(value / 255)),
    );
    assert.deepEqual(imageOf(colour, 1).slice(3, 6), [0.2, 0.2, 0.2].map(Math.fround));
  });

  it('brings images of several sizes to one', async () => {
    const large = png(Array<number>(24).fill(204), 8, 4, 6);
    write({ 'images/a/1.png': large, 'images/b/1.png': ramp });
    const dataset = await open({ resize: 'stretch' });
    assert.deepEqual(imageOf(dataset, 0), Array<number>(6).fill(Math.fround(0.8)));
  });

  it('follows links and takes absolute paths', async () => {
    write({ 'elsewhere/1.png': ramp, 'images/a/1.png': black });
    symlinkSync(path.join(base, 'elsewhere'), path.join(base, 'images/b'));
    const dataset = await open({ path: path.join(base, 'images') });
    assert.deepEqual(dataset.facts.classCounts, [1, 1]);
  });

  it('has another fingerprint when a pixel, a label or a class name is another', async () => {
    const prints: string[] = [];
    for (const [files, name] of [
      [{ 'images/a/1.png': ramp, 'images/b/1.png': black }, 'images'],
      [{ 'pixel/a/1.png': png([0, 51, 102, 153, 204, 254]), 'pixel/b/1.png': black }, 'pixel'],
      [{ 'two/a/1.png': ramp, 'two/b/1.png': black, 'two/b/2.png': black }, 'two'],
      [{ 'label/a/1.png': ramp, 'label/a/2.png': black, 'label/b/1.png': black }, 'label'],
      [{ 'name/a/1.png': ramp, 'name/c/1.png': black }, 'name'],
      [{ 'same/a/other.png': ramp, 'same/b/1.png': black }, 'same'],
    ] as const) {
      write(files as Record<string, Uint8Array>);
      prints.push((await open({ path: name })).fingerprint);
    }
    assert.equal(new Set(prints).size, 5);
    assert.equal(prints[5], prints[0]);
  });

  it('tells how far it is, and stops when cancelled', async () => {
    write({ 'images/a/1.png': ramp, 'images/a/2.png': ramp, 'images/b/1.png': black });
    const progress: number[][] = [];
    const options = { baseFolder: base, seed: 1 };
    await openDataset(source, { ...options, onProgress: (...at) => void progress.push(at) });
    assert.deepEqual(progress, [
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    const stop = new AbortController();
    const reason = new Error('stopped by the test');
    const seen: number[] = [];
    const opening = openDataset(source, {
      ...options,
      signal: stop.signal,
      onProgress: (done) => {
        seen.push(done);
        stop.abort(reason);
      },
    });
    await assert.rejects(opening, reason);
    assert.deepEqual(seen, [1]);
  });

  it('reads the images of real decoders', async () => {
    const fixtures = path.join(__dirname, '../../fixtures/images');
    write({ 'images/a/': '', 'images/b/': '' });
    cpSync(path.join(fixtures, 'grey.jpg'), path.join(base, 'images/a/1.jpeg'));
    cpSync(path.join(fixtures, 'colour.jpg'), path.join(base, 'images/b/1.JPG'));
    const { facts } = await open({ size: [16, 24], channels: 3 });
    assert.deepEqual(facts.shape, [16, 24, 3]);
  });

  const refused: readonly (readonly [
    name: string,
    files: Readonly<Record<string, Uint8Array | string>>,
    code: string,
    parts: readonly string[],
  ])[] = [
    [
      'that is missing',
      {},
      'data/folder-missing',
      ['"images", relative to the experiment file, is {base}/images.', 'Correct `"path"`'],
    ],
    [
      'that is a file',
      { images: 'text' },
      'data/not-a-folder',
      ['"images" ({base}/images)', 'Set `"path"` to the folder that holds'],
    ],
    [
      'without class folders',
      { 'images/1.png': ramp },
      'data/no-classes',
      ['"images" ({base}/images)', 'Put the images of each class into a folder'],
    ],
    [
      'with one class only',
      { 'images/a/1.png': ramp },
      'data/one-class',
      ['holds just "a"', 'Add a folder with images of another class'],
    ],
    [
      'with an empty class',
      { 'images/a/1.png': ramp, 'images/b/': '' },
      'data/empty-class',
      ['Class "b"', '{base}/images/b holds nothing', 'Add images, or take the folder out'],
    ],
    [
      'with images one level too deep',
      { 'images/a/1.png': ramp, 'images/b/deeper/1.png': ramp },
      'data/empty-class',
      ['Class "b"', 'folders only, such as "deeper"', 'Move the images up'],
    ],
    [
      'with other kinds of files only',
      { 'images/a/1.png': ramp, 'images/b/scan.tif': 'II*' },
      'data/unsupported-files',
      ['Class "b"', 'such as "scan.tif"', 'Save the images as PNG or JPEG'],
    ],
    [
      'with a text for an image',
      { 'images/a/1.png': 'no image', 'images/b/1.png': ramp },
      'data/bad-image',
      ['images/a/1.png: it is neither a PNG nor a JPEG file', 'Save it again'],
    ],
    [
      'with an image that is cut off',
      { 'images/a/1.png': ramp, 'images/b/1.png': ramp.subarray(0, -9) },
      'data/bad-image',
      ['images/b/1.png: the file is cut off.', 'take it out of the folder'],
    ],
    [
      'with images of two sizes',
      { 'images/a/1.png': ramp, 'images/b/odd.png': png([1, 2, 3, 4], 8, 4, 1) },
      'data/mixed-sizes',
      ['images/a/1.png is 2 × 3', 'images/b/odd.png is 4 × 1', '"stretch", "crop" or "pad"'],
    ],
    [
      'with images of another size than the experiment says',
      { 'images/a/1.png': png([1, 2, 3, 4], 8, 4, 1), 'images/b/1.png': ramp },
      'data/wrong-size',
      ['it says 2 × 3', 'images/a/1.png is 4 × 1', 'Set `"size"` to [4, 1]'],
    ],
  ];
  for (const [name, files, code, parts] of refused) {
    it(`${name} is refused with what, which and what to do`, async () => {
      write(files);
      await assert.rejects(open(), (error: unknown) => {
        assert.ok(error instanceof CodedError, String(error));
        assert.equal(error.code, code);
        for (const part of parts) {
          const text = part.replaceAll('{base}', base);
          assert.ok(error.message.includes(text), `"${error.message}" has "${text}"`);
        }
        return true;
      });
    });
  }

  it('with a link that leads nowhere is refused with its name', async () => {
    write({ 'images/a/1.png': ramp });
    symlinkSync(path.join(base, 'gone'), path.join(base, 'images/b'));
    await assert.rejects(open(), { code: 'data/unreadable-folder', message: /images.b/ });
  });
});

function imageOf({ facts, read }: Dataset, sample: number): number[] {
  const out = new Float32Array(facts.shape.reduce((size, length) => size * length, 1));
  read(Uint32Array.of(sample), out);
  return [...out];
}
