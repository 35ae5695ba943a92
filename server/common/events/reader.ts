import { decodeUtf8 } from '../utf8';

/** Reads protobuf messages, field by field. */
export type Reader = ReturnType<typeof createReader>;

/** Walks the fields of a message. Reading beyond its end ends the walk and sets `failed`. */
export function createReader(bytes: Uint8Array, view: DataView, begin: number, end: number) {
  let position = begin;
  let failed = false;
  let field = 0;
  let type = 0;

  /** Where the next `count` bytes begin, which are passed; −1 when the message does not have them. */
  function take(count: number): number {
    if (position + count > end) {
      failed = true;
      position = end;
      return -1;
    }
    position += count;
    return position - count;
  }
  /** As a double: exact up to 2⁵³; a negative int64 becomes a huge number. */
  function varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const at = take(1);
      if (at < 0) return 0;
      const byte = bytes[at]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    failed = true;
    return 0;
  }
  function nested() {
    const length = varint();
    const at = take(length);
    return at < 0
      ? createReader(bytes, view, end, end)
      : createReader(bytes, view, at, at + length);
  }
  const bytesHere = (): Uint8Array => {
    const length = varint();
    const at = take(length);
    return at < 0 ? bytes.subarray(0, 0) : bytes.subarray(at, at + length);
  };

  return {
    get failed() {
      return failed;
    },
    get field() {
      return field;
    },
    get type() {
      return type;
    },
    is: (wantedField: number, wantedType: number) => field === wantedField && type === wantedType,
    /** Goes to the next field; false at the end. */
    next(): boolean {
      if (failed || position >= end) return false;
      const key = varint();
      field = Math.floor(key / 8);
      type = key % 8;
      return !failed;
    },
    varint,
    nested,
    double(): number {
      const at = take(8);
      return at < 0 ? 0 : view.getFloat64(at, true);
    },
    float(): number {
      const at = take(4);
      return at < 0 ? 0 : view.getFloat32(at, true);
    },
    text: (): string => decodeUtf8(bytesHere()),
    interned(intern: Interner): string {
      const length = varint();
      const at = take(length);
      return at < 0 ? '' : intern(bytes, at, at + length);
    },
    packedDoubles(): Float64Array {
      const part = bytesHere();
      if (part.length % 8 !== 0) failed = true;
      const partView = new DataView(part.buffer, part.byteOffset, part.byteLength);
      const count = Math.floor(part.length / 8);
      return Float64Array.from({ length: count }, (_, i) => partView.getFloat64(i * 8, true));
    },
    /** Passes a field of any kind. */
    skip(): void {
      if (type === 0) varint();
      else if (type === 1) take(8);
      else if (type === 2) take(varint());
      else if (type === 5) take(4);
      else failed = true;
    },
  };
}

/** Turns bytes begin…end into text. */
export type Interner = (bytes: Uint8Array, begin: number, end: number) => string;

/** Gives the text of bytes; the few tags of a log come again and again and are decoded once. */
export function createInterner(): Interner {
  const known = new Map<number, { readonly bytes: Uint8Array; readonly text: string }>();
  return (bytes, begin, end) => {
    let hash = 0;
    for (let i = begin; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const entry = known.get(hash);
    if (entry !== undefined && isSame(entry.bytes, bytes, begin, end)) return entry.text;
    const copy = bytes.slice(begin, end);
    const text = decodeUtf8(copy);
    known.set(hash, { bytes: copy, text });
    return text;
  };
}

function isSame(a: Uint8Array, b: Uint8Array, begin: number, end: number): boolean {
  if (a.length !== end - begin) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[begin + i]) return false;
  return true;
}
