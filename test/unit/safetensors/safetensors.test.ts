import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { CodedError } from '#common/protocol/rpc';
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from '#common/safetensors';

const fixtures = path.join(__dirname, '../../fixtures/safetensors');
const fixture = (name: string) => new Uint8Array(readFileSync(path.join(fixtures, name)));

/** The content of plain.safetensors, as make.py beside it states it. */
const plain: ReadonlyMap<string, SafeTensor> = new Map<string, SafeTensor>([
  [
    'conv2d/kernel',
    { shape: [3, 2, 2], data: Float32Array.from({ length: 12 }, (_, i) => i / 8 - 0.5) },
  ],
  ['conv2d/bias', { shape: [2], data: Float32Array.of(1.5, -2.25) }],
  ['optimizer/steps', { shape: [], data: Uint32Array.of(4294967295) }],
  ['labels', { shape: [1, 3], data: Int32Array.of(-1, 2, 2147483647) }],
  ['tally', { shape: [2], data: Float64Array.of(0.1, 1e300) }],
  ['empty', { shape: [0, 3], data: new Float32Array(0) }],
]);
const plainMetadata = { note: 'größe "µm"' };

/** A file with the given header and data. */
function fileOf(header: string | object, dataBytes = 0): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const bytes = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + bytes.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(bytes.length), true);
  file.set(bytes, 8);
  return file;
}

function checkBroken(bytes: Uint8Array, message: RegExp, code = 'checkpoint/broken'): void {
  assert.throws(
    () => decodeSafetensors(bytes),
    (error) => error instanceof CodedError && error.code === code && message.test(error.message),
  );
}

describe('safetensors', () => {
  it('are written as the reference package writes them, byte for byte', () => {
    assert.deepEqual(encodeSafetensors(plain, plainMetadata), fixture('plain.safetensors'));
  });

  it('of the reference package are read', () => {
    const { tensors, metadata } = decodeSafetensors(fixture('plain.safetensors'));
    assert.deepEqual(new Map([...tensors].sort()), new Map([...plain].sort()));
    assert.deepEqual(metadata, plainMetadata);
  });

  it('of half precision are widened', () => {
    const { tensors } = decodeSafetensors(fixture('half.safetensors'));
    const expected = [1, -2.5, 65504, 2 ** -24, 0.333251953125, Infinity, -Infinity, NaN];
    assert.deepEqual(tensors.get('half')?.data, Float32Array.from(expected));
    assert.deepEqual(tensors.get('single')?.data, Float32Array.of(7));
    const bfloat = fileOf({ a: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } }, 4);
    bfloat.set([0x80, 0x3f, 0x20, 0xc0], bfloat.length - 4);
    assert.deepEqual(decodeSafetensors(bfloat).tensors.get('a')?.data, Float32Array.of(1, -2.5));
  });

  it('of another dtype are refused by name', () => {
    checkBroken(
      fixture('int64.safetensors'),
      /"index" has dtype I64.*Save it as/,
      'checkpoint/dtype',
    );
  });

  it('begin their data at a multiple of eight bytes', () => {
    for (let length = 1; length < 20; length++) {
      const tensor = { shape: [1], data: Float32Array.of(length) };
      const bytes = encodeSafetensors(new Map([['x'.repeat(length), tensor]]));
      assert.equal((bytes.length - 4) % 8, 0);
      assert.equal(decodeSafetensors(bytes).tensors.size, 1);
    }
  });

  it('are read from a view at an odd offset', () => {
    const bytes = fixture('plain.safetensors');
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const { tensors } = decodeSafetensors(shifted.subarray(3));
    assert.deepEqual(tensors.get('tally'), plain.get('tally'));
  });

  it("are read from one of Node's buffers into arrays of their own", () => {
    const buffer = Buffer.concat([Buffer.alloc(16), fixture('plain.safetensors')]).subarray(16);
    const { tensors } = decodeSafetensors(buffer);
    buffer.fill(0xff);
    assert.deepEqual(new Map([...tensors].sort()), new Map([...plain].sort()));
    for (const { data } of tensors.values()) assert.equal(data.buffer.byteLength, data.byteLength);
  });

  it('cut at any byte are refused', () => {
    const bytes = fixture('plain.safetensors');
    for (let length = 0; length < bytes.length; length++) {
      checkBroken(bytes.subarray(0, length), /./);
    }
  });

  it('with any bytes changed are read or refused, never anything else', () => {
    const bytes = fixture('plain.safetensors');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 20 }), (at, change) => {
        const damaged = bytes.slice();
        damaged.set(change.subarray(0, bytes.length - at), at);
        try {
          decodeSafetensors(damaged);
        } catch (error) {
          assert.ok(error instanceof CodedError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keep arrays of any name and text', () => {
    const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__');
    const data = fc.float32Array({ maxLength: 20 });
    const metadata = fc.dictionary(fc.string(), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, data)), metadata, (pairs, texts) => {
        const tensors = new Map(pairs.map(([key, x]) => [key, { shape: [x.length], data: x }]));
        const read = decodeSafetensors(encodeSafetensors(tensors, texts));
        assert.equal(read.tensors.size, tensors.size);
        for (const [key, tensor] of tensors) assert.deepEqual(read.tensors.get(key), tensor);
        assert.deepEqual({ ...read.metadata }, { ...texts });
      }),
    );
  });

  const entry = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const cases: readonly [string, Uint8Array, RegExp][] = [
    ['a header beyond 100 MB', Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 123), /claims 4294967296/],
    ['a header that is no JSON', fileOf('{"a":'), /not a JSON object/],
    ['a header that is a list', fileOf('[]'), /not a JSON object/],
    ['a header that begins with a space', fileOf(' {}'), /not a JSON object/],
    ['metadata that are no texts', fileOf({ __metadata__: { a: 1 } }), /__metadata__/],
    ['an entry without dtype', fileOf({ a: { shape: [], data_offsets: [0, 4] } }, 4), /no dtype/],
    ['a negative length', fileOf({ a: entry(0, 4, [-1]) }, 4), /shape of "a"/],
    ['a fractional length', fileOf({ a: entry(0, 4, [0.5]) }, 4), /shape of "a"/],
    ['a range that is none', fileOf({ a: { ...entry(0, 4), data_offsets: [0] } }, 4), /offsets/],
    ['a shape beyond its bytes', fileOf({ a: entry(0, 4, [2]) }, 4), /needs 8 bytes and has 4/],
    ['a shape that overflows', fileOf({ a: entry(0, 4, [2 ** 52, 2 ** 52]) }, 4), /needs/],
    ['a range beyond the file', fileOf({ a: entry(0, 8) }, 4), /describes 8 bytes.*holds 4/],
    ['bytes that belong to nothing', fileOf({ a: entry(0, 4) }, 8), /describes 4.*holds 8/],
    ['overlapping arrays', fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12), /"b".*overlaps/],
    ['a gap', fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12), /"b".*gap/],
  ];
  for (const [what, bytes, message] of cases) {
    it(`with ${what} are refused`, () => checkBroken(bytes, message));
  }

  it('do not take a shape that does not fit its data', () => {
    const tensors = new Map([['a', { shape: [3], data: new Float32Array(2) }]]);
    assert.throws(() => encodeSafetensors(tensors), /a has 2 values/);
  });
});
