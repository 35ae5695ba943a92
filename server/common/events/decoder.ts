import { maskedCrc32c } from './crc32c';
import type { Histogram, LogEvent } from './event';
import { createInterner, Reader, type Interner } from './reader';

/** Where and why a file can be read no further. */
export interface EventFileProblem {
  /** Byte of the first record that cannot be read. */
  readonly offset: number;
  readonly message: string;
}

/** What some bytes of a file hold. */
export interface DecodedEvents {
  readonly events: readonly LogEvent[];
  /** Bytes of whole, sound records; what follows is a tail still being written, or `problem`. */
  readonly end: number;
  readonly problem?: EventFileProblem;
}

/** Reads a file in pieces, as it grows. */
export interface EventDecoder {
  /** The events that these next bytes complete. Nothing any more after a problem. */
  push(bytes: Uint8Array): readonly LogEvent[];
  /** Bytes of whole records so far. */
  readonly offset: number;
  /** Bytes of the record that is not whole yet; at the end of a file: it was cut there. */
  readonly pending: number;
  readonly problem: EventFileProblem | undefined;
}

export function createEventDecoder(): EventDecoder {
  const intern = createInterner();
  let tail = new Uint8Array(0);
  let offset = 0;
  let problem: EventFileProblem | undefined;
  return {
    push(bytes) {
      if (problem !== undefined) return [];
      const joined = tail.length === 0 ? bytes : join(tail, bytes);
      const decoded = decodeEvents(joined, intern);
      if (decoded.problem !== undefined) {
        problem = { ...decoded.problem, offset: offset + decoded.problem.offset };
      }
      offset += decoded.end;
      // A copy: the caller may fill its buffer anew.
      tail = new Uint8Array(joined.subarray(problem === undefined ? decoded.end : joined.length));
      return decoded.events;
    },
    get offset() {
      return offset;
    },
    get pending() {
      return tail.length;
    },
    get problem() {
      return problem;
    },
  };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** More than any record of ours; a length beyond it is damage that its CRC happens to match. */
const maxRecordBytes = 1 << 28;

/**
 * Decodes the whole records at the start of `bytes`. Stops at a tail that is cut off, without a problem,
 * and at a record whose CRC or content is wrong, with one: what follows it cannot be trusted.
 */
export function decodeEvents(
  bytes: Uint8Array,
  intern: Interner = createInterner(),
): DecodedEvents {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: LogEvent[] = [];
  const stop = (end: number, message: string): DecodedEvents => ({
    events,
    end,
    problem: { offset: end, message },
  });
  const readers = [0, 1, 2].map(() => new Reader(bytes, view)) as unknown as Readers;
  let offset = 0;
  while (offset + 12 <= bytes.length) {
    if (view.getUint32(offset + 8, true) !== maskedCrc32c(bytes, offset, offset + 8)) {
      return stop(offset, 'The length of a record does not fit its checksum.');
    }
    const length = view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
    if (length > maxRecordBytes) return stop(offset, `A record claims ${length} bytes.`);
    const begin = offset + 12;
    const end = begin + length;
    if (end + 4 > bytes.length) break;
    if (view.getUint32(end, true) !== maskedCrc32c(bytes, begin, end)) {
      return stop(offset, 'The data of a record do not fit their checksum.');
    }
    const known = events.length;
    readers[0].reset(begin, end);
    if (!readEvent(readers, events, intern)) {
      events.length = known;
      return stop(offset, 'A record is no Event message.');
    }
    offset = end + 4;
  }
  return { events, end: offset };
}

/** For an Event, its Summary, and one Summary.Value. */
type Readers = readonly [Reader, Reader, Reader];

/** Reads one Event message; false when it is malformed. */
function readEvent(readers: Readers, events: LogEvent[], intern: Interner): boolean {
  const [reader, summary, value] = readers;
  let wallTimeSeconds = 0;
  let step = 0;
  let version: string | undefined;
  let hasSummary = false;
  let starts = false;
  while (reader.next()) {
    if (reader.is(1, 1)) wallTimeSeconds = reader.double();
    else if (reader.is(2, 0)) step = reader.varint();
    else if (reader.is(3, 2)) version = reader.text();
    else if (reader.is(5, 2)) hasSummary = !reader.nested(summary).failed;
    else if (reader.is(7, 2)) starts = isStart(reader.nested());
    else reader.skip();
  }
  if (reader.failed) return false;
  if (version !== undefined) events.push({ kind: 'version', wallTimeSeconds, version });
  if (starts) events.push({ kind: 'start', wallTimeSeconds, step });
  if (!hasSummary) return true;
  while (summary.next()) {
    if (!summary.is(1, 2)) {
      summary.skip();
      continue;
    }
    const event = readValue(summary.nested(value), wallTimeSeconds, step, intern);
    if (event === 'malformed') return false;
    if (event !== undefined) events.push(event);
  }
  return !summary.failed;
}

function isStart(reader: Reader): boolean {
  let status = 0;
  while (reader.next()) {
    if (reader.is(1, 0)) status = reader.varint();
    else reader.skip();
  }
  return status === 1;
}

/** One Summary.Value; undefined when it is of a kind that is not ours. */
function readValue(
  reader: Reader,
  wallTimeSeconds: number,
  step: number,
  intern: Interner,
): LogEvent | undefined | 'malformed' {
  let tag = '';
  let value: number | undefined;
  let histogram: Reader | undefined;
  while (reader.next()) {
    if (reader.is(1, 2)) tag = reader.interned(intern);
    else if (reader.is(2, 5)) value = reader.float();
    else if (reader.is(5, 2)) histogram = reader.nested();
    else reader.skip();
  }
  if (reader.failed) return 'malformed';
  if (value !== undefined) return { kind: 'scalar', wallTimeSeconds, step, tag, value };
  if (histogram === undefined) return undefined;
  const content = readHistogram(histogram);
  if (content === undefined) return 'malformed';
  return { kind: 'histogram', wallTimeSeconds, step, tag, histogram: content };
}

function readHistogram(reader: Reader): Histogram | undefined {
  const figures = [0, 0, 0, 0, 0, 0];
  let limits: Float64Array = new Float64Array(0);
  let counts: Float64Array = new Float64Array(0);
  while (reader.next()) {
    if (reader.type === 1 && reader.field <= 5) figures[reader.field] = reader.double();
    else if (reader.is(6, 2)) limits = reader.packedDoubles();
    else if (reader.is(7, 2)) counts = reader.packedDoubles();
    else reader.skip();
  }
  if (reader.failed || limits.length !== counts.length) return undefined;
  const [, minimum = 0, maximum = 0, count = 0, sum = 0, sumOfSquares = 0] = figures;
  return { minimum, maximum, count, sum, sumOfSquares, limits, counts };
}
