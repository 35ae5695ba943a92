import { decodeUtf8 } from '../utf8';

/**
 * Walks the fields of a protobuf message. Reading beyond its end ends the walk and sets `failed`. A class
 * whose instances are used again, because a log of a million points holds three million messages.
 */
export class Reader {
  /** Number of the field that `next` found, and its wire type. */
  field = 0;
  type = 0;
  failed = false;
  private position = 0;
  private end = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly view: DataView,
  ) {}

  /** Begins a new walk. */
  reset(begin: number, end: number): this {
    this.position = begin;
    this.end = end;
    this.failed = false;
    return this;
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.failed || this.position >= this.end) return false;
    const key = this.varint();
    this.field = key >>> 3;
    this.type = key & 7;
    return !this.failed;
  }

  is(field: number, type: number): boolean {
    return this.field === field && this.type === type;
  }

  /** As a double: exact up to 2⁵³; a negative int64 becomes a huge number. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const at = this.take(1);
      if (at < 0) return 0;
      const byte = this.bytes[at]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    this.failed = true;
    return 0;
  }

  double(): number {
    const at = this.take(8);
    return at < 0 ? 0 : this.view.getFloat64(at, true);
  }

  float(): number {
    const at = this.take(4);
    return at < 0 ? 0 : this.view.getFloat32(at, true);
  }

  text(): string {
    return decodeUtf8(this.content());
  }

  interned(intern: Interner): string {
    const length = this.varint();
    const at = this.take(length);
    return at < 0 ? '' : intern(this.bytes, at, at + length);
  }

  packedDoubles(): Float64Array {
    const content = this.content();
    if (content.length % 8 !== 0) this.failed = true;
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    const count = Math.floor(content.length / 8);
    return Float64Array.from({ length: count }, (_, i) => view.getFloat64(i * 8, true));
  }

  /** Lets another reader walk the message inside this one, which is empty when it is cut off. */
  nested(inner = new Reader(this.bytes, this.view)): Reader {
    const length = this.varint();
    const at = this.take(length);
    return at < 0 ? inner.reset(this.end, this.end) : inner.reset(at, at + length);
  }

  /** Passes a field of any kind. */
  skip(): void {
    if (this.type === 0) this.varint();
    else if (this.type === 1) this.take(8);
    else if (this.type === 2) this.take(this.varint());
    else if (this.type === 5) this.take(4);
    else this.failed = true;
  }

  private content(): Uint8Array {
    const length = this.varint();
    const at = this.take(length);
    return at < 0 ? this.bytes.subarray(0, 0) : this.bytes.subarray(at, at + length);
  }

  /** Where the next `count` bytes begin, which are passed; −1 when the message does not have them. */
  private take(count: number): number {
    const at = this.position;
    if (at + count > this.end) {
      this.failed = true;
      this.position = this.end;
      return -1;
    }
    this.position = at + count;
    return at;
  }
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
    const copy = new Uint8Array(bytes.subarray(begin, end));
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
