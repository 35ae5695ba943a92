import { maskedCrc32c } from './crc32c';

/** Writes protobuf messages and the frames around them into one growing buffer. */
export type ByteWriter = ReturnType<typeof createByteWriter>;

/** Protobuf's wire types. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export function createByteWriter() {
  let bytes = new Uint8Array(1 << 12);
  let view = new DataView(bytes.buffer);
  let length = 0;

  function reserve(count: number): void {
    if (length + count <= bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes.length * 2, length + count));
    grown.set(bytes.subarray(0, length));
    bytes = grown;
    view = new DataView(bytes.buffer);
  }
  /** Up to 2⁵³; numbers above 32 bits cannot be shifted. */
  function varint(value: number): void {
    reserve(8);
    while (value >= 128) {
      bytes[length++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    bytes[length++] = value;
  }
  const key = (field: number, type: number): void => varint(field * 8 + type);
  function double(value: number): void {
    reserve(8);
    view.setFloat64(length, value, true);
    length += 8;
  }

  return {
    get length() {
      return length;
    },
    skip(count: number): void {
      reserve(count);
      length += count;
    },
    varintField(field: number, value: number): void {
      key(field, wire.varint);
      varint(value);
    },
    doubleField(field: number, value: number): void {
      key(field, wire.fixed64);
      double(value);
    },
    floatField(field: number, value: number): void {
      key(field, wire.fixed32);
      reserve(4);
      view.setFloat32(length, value, true);
      length += 4;
    },
    bytesField(field: number, value: Uint8Array): void {
      key(field, wire.bytes);
      varint(value.length);
      reserve(value.length);
      bytes.set(value, length);
      length += value.length;
    },
    packedDoublesField(field: number, values: Float64Array): void {
      if (values.length === 0) return;
      key(field, wire.bytes);
      varint(values.length * 8);
      for (const value of values) double(value);
    },
    /** A message inside: written first, then moved up by the length of its length. */
    nested(field: number, write: () => void): void {
      key(field, wire.bytes);
      const begin = length;
      write();
      const size = length - begin;
      varint(size);
      const prefix = bytes.slice(begin + size, length);
      bytes.copyWithin(begin + prefix.length, begin, begin + size);
      bytes.set(prefix, begin);
    },
    /** Fills in the frame of a record whose 12 first bytes were skipped at `begin`. */
    frame(begin: number): void {
      reserve(4);
      view.setBigUint64(begin, BigInt(length - begin - 12), true);
      view.setUint32(begin + 8, maskedCrc32c(bytes, begin, begin + 8), true);
      view.setUint32(length, maskedCrc32c(bytes, begin + 12, length), true);
      length += 4;
    },
    take(): Uint8Array<ArrayBuffer> {
      const taken = bytes.slice(0, length);
      length = 0;
      return taken;
    },
  };
}
