import { encodeUtf8 } from '../utf8';
import { fileVersion, type Histogram } from './event';
import { createByteWriter, type ByteWriter } from './writer';

/**
 * Writes TensorBoard event files: TFRecord frames (length, its CRC, data, their CRC) around Event
 * messages of tensorflow/core/util/event.proto. The few messages needed are encoded by hand, in the
 * canonical form that protobuf gives them: fields rise, zeros of plain fields are left out.
 */
export interface EventEncoder {
  version(wallTimeSeconds: number): void;
  /** SessionLog START of a run that is resumed at `step`. */
  start(wallTimeSeconds: number, step: number): void;
  /** All values of one step in one record, by tag. */
  scalars(wallTimeSeconds: number, step: number, values: ReadonlyMap<string, number>): void;
  histogram(wallTimeSeconds: number, step: number, tag: string, histogram: Histogram): void;
  /** Bytes written since the last `take`. */
  readonly size: number;
  /** Hands out those bytes, whole records, and starts anew. */
  take(): Uint8Array<ArrayBuffer>;
}

export function createEventEncoder(): EventEncoder {
  const out = createByteWriter();
  const tagBytes = new Map<string, Uint8Array>();

  function bytesOfTag(tag: string): Uint8Array {
    let bytes = tagBytes.get(tag);
    if (bytes === undefined) tagBytes.set(tag, (bytes = encodeUtf8(tag)));
    return bytes;
  }

  /** One record around an Event with its time and step. */
  function record(wallTimeSeconds: number, step: number, writeRest: () => void): void {
    const frame = out.length;
    out.skip(12);
    if (wallTimeSeconds !== 0) out.doubleField(1, wallTimeSeconds);
    if (step !== 0) out.varintField(2, step);
    writeRest();
    out.frame(frame);
  }

  return {
    version: (time) => record(time, 0, () => out.bytesField(3, encodeUtf8(fileVersion))),
    start: (time, step) => record(time, step, () => out.nested(7, () => out.varintField(1, 1))),
    scalars(time, step, values) {
      const writeValue = (tag: string, value: number) =>
        out.nested(1, () => {
          out.bytesField(1, bytesOfTag(tag));
          out.floatField(2, value);
        });
      const writeValues = () => {
        for (const [tag, value] of values) writeValue(tag, value);
      };
      record(time, step, () => out.nested(5, writeValues));
    },
    histogram(time, step, tag, histogram) {
      const writeValue = () => {
        out.bytesField(1, bytesOfTag(tag));
        out.nested(5, () => writeHistogram(out, histogram));
      };
      record(time, step, () => out.nested(5, () => out.nested(1, writeValue)));
    },
    get size() {
      return out.length;
    },
    take: () => out.take(),
  };
}

function writeHistogram(out: ByteWriter, histogram: Histogram): void {
  const { minimum, maximum, count, sum, sumOfSquares, limits, counts } = histogram;
  for (const [index, value] of [minimum, maximum, count, sum, sumOfSquares].entries()) {
    if (value !== 0 || Object.is(value, -0)) out.doubleField(index + 1, value);
  }
  out.packedDoublesField(6, limits);
  out.packedDoublesField(7, counts);
}
