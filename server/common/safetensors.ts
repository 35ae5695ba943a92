import { CodedError } from './protocol/rpc';
import { decodeStrictUtf8, encodeUtf8 } from './utf8';

/**
 * Checkpoints are safetensors files, the format of Hugging Face: eight bytes with the length of a JSON
 * header, the header (name → dtype, shape, byte range), then the data without gaps. Everything is
 * little endian, as is every platform that this runs on, so data are copied as they are.
 * https://github.com/huggingface/safetensors
 */

/** One named array of a checkpoint; row-major. */
export interface SafeTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint32Array;
}

/** What a file holds. */
export interface SafetensorsContent {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

type Dtype = 'F64' | 'F32' | 'U32' | 'I32' | 'F16' | 'BF16';

/** The limit of the reference implementation. */
const maxHeaderBytes = 100_000_000;
const bytesOf: Readonly<Record<Dtype, number>> = {
  F64: 8,
  F32: 4,
  U32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
};
/** The reference sorts by falling alignment, then by name; the header's order is that of the data. */
const order: readonly Dtype[] = ['F64', 'F32', 'U32', 'I32'];
const metadataKey = '__metadata__';

/**
 * Encodes arrays and text pairs, byte for byte as the reference implementation does.
 * Throws a RangeError when a shape does not fit its data, which is a mistake of the caller.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = [...tensors].sort(([nameA, a], [nameB, b]) => {
    const byType = order.indexOf(dtypeOf(a)) - order.indexOf(dtypeOf(b));
    return byType !== 0 ? byType : nameA < nameB ? -1 : 1;
  });
  const members: string[] = [];
  if (Object.keys(metadata).length > 0) {
    members.push(`${JSON.stringify(metadataKey)}:${JSON.stringify(metadata)}`);
  }
  let end = 0;
  for (const [name, tensor] of entries) {
    checkShape(name, tensor);
    const dtype = dtypeOf(tensor);
    const range = [end, (end += tensor.data.byteLength)];
    const value = { dtype, shape: tensor.shape, data_offsets: range };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
  }
  const header = encodeUtf8(`{${members.join(',')}}`);
  const paddedLength = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + paddedLength + end).fill(0x20, 8, 8 + paddedLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(paddedLength), true);
  bytes.set(header, 8);
  let offset = 8 + paddedLength;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function dtypeOf({ data }: SafeTensor): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  return data instanceof Int32Array ? 'I32' : 'U32';
}

function checkShape(name: string, { shape, data }: SafeTensor): void {
  const count = shape.reduce((product, length) => product * length, 1);
  if (name === metadataKey) throw new RangeError(`No array may be called ${metadataKey}.`);
  if (count !== data.length) {
    throw new RangeError(`${name} has ${data.length} values, which do not fill [${shape.join()}].`);
  }
}

/**
 * Decodes a file and believes nothing in it: header length, JSON, dtypes, shapes, and byte ranges that
 * cover the data exactly once. Arrays are copies of their own. Half-precision arrays, which other
 * programs write, are widened to float32.
 * Throws CodedError `checkpoint/broken` or, for a dtype that has no array here, `checkpoint/dtype`.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const { header, dataStart } = readHeader(bytes);
  const data = bytes.subarray(dataStart);
  const metadata = readMetadata(header.get(metadataKey));
  header.delete(metadataKey);
  const entries = [...header].map(([name, value]) => readEntry(name, value));
  checkCoverage(entries, data.length);
  const tensors = new Map(
    entries.map((entry) => [entry.name, { shape: entry.shape, data: readData(entry, data) }]),
  );
  return { tensors, metadata };
}

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readHeader(bytes: Uint8Array): { header: Map<string, unknown>; dataStart: number } {
  if (bytes.length < 8) {
    throw broken(`it has ${bytes.length} bytes, fewer than the 8 of its header's length`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > maxHeaderBytes) {
    throw broken(`its header claims ${length} bytes, more than the ${maxHeaderBytes} allowed`);
  }
  if (8 + length > bytes.length) {
    throw broken(`its header claims ${length} bytes and the file ends after ${bytes.length - 8}`);
  }
  const text = decodeStrictUtf8(bytes.subarray(8, 8 + length));
  const value = text?.startsWith('{') === true ? parseJson(text) : undefined;
  if (!isObject(value)) throw broken('its header is not a JSON object in UTF-8');
  return { header: new Map(Object.entries(value)), dataStart: 8 + length };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  const pairs = isObject(value) ? Object.entries(value) : undefined;
  if (pairs?.every((pair): pair is [string, string] => typeof pair[1] === 'string') !== true) {
    throw broken(`its ${metadataKey} is not an object of texts`);
  }
  return Object.fromEntries(pairs ?? []);
}

function readEntry(name: string, value: unknown): Entry {
  if (!isObject(value)) throw broken(`"${name}" is not described by an object`);
  const { dtype, shape, data_offsets: range } = value;
  if (typeof dtype !== 'string') throw broken(`"${name}" has no dtype`);
  if (!isWholeNumbers(shape)) throw broken(`the shape of "${name}" is not a list of lengths`);
  if (!isWholeNumbers(range) || range.length !== 2) {
    throw broken(`the data_offsets of "${name}" are not [begin, end]`);
  }
  if (!Object.hasOwn(bytesOf, dtype)) {
    const message = `The checkpoint cannot be used: "${name}" has dtype ${dtype}, and only F64, F32, F16, BF16, U32 and I32 are read. Save it as F32.`;
    throw new CodedError('checkpoint/dtype', message);
  }
  const [begin = 0, end = 0] = range;
  const entry = { name, dtype: dtype as Dtype, shape, begin, end };
  const size = shape.reduce((product, length) => product * length, bytesOf[entry.dtype]);
  if (end - begin !== size) {
    throw broken(`"${name}" of shape [${shape.join()}] needs ${size} bytes and has ${end - begin}`);
  }
  return entry;
}

function isWholeNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Every byte of the data belongs to exactly one array. */
function checkCoverage(entries: readonly Entry[], dataBytes: number): void {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of sorted) {
    if (entry.begin !== end) {
      const fault = entry.begin < end ? 'overlaps the array before it' : 'leaves a gap before it';
      throw broken(
        `"${entry.name}" begins at byte ${entry.begin} and ${fault}, which ends at ${end}`,
      );
    }
    end = entry.end;
  }
  if (end !== dataBytes) {
    throw broken(`its header describes ${end} bytes of data and it holds ${dataBytes}`);
  }
}

function readData({ dtype, begin, end }: Entry, data: Uint8Array): SafeTensor['data'] {
  // A copy, because the data of a view need not be aligned. Not by slice(): that of Node's Buffer is a view.
  const { buffer } = new Uint8Array(data.subarray(begin, end));
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'U32':
      return new Uint32Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), widenHalf);
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (x) => x << 16).buffer);
    default:
      return dtype satisfies never;
  }
}

/** The value of an IEEE 754 half-precision number. */
function widenHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function broken(fault: string): CodedError {
  const message = `The checkpoint cannot be read: ${fault}. Use another checkpoint; this file is damaged or no safetensors file.`;
  return new CodedError('checkpoint/broken', message);
}
