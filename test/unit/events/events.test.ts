import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import {
  createEventDecoder,
  createEventEncoder,
  decodeEvents,
  makeHistogram,
  type LogEvent,
} from '#common/events/index';
import { crc32c, maskedCrc32c } from '#common/events/crc32c';

const fixtures = path.join(__dirname, '../../fixtures/events');
const fixture = (name: string) => new Uint8Array(readFileSync(path.join(fixtures, name)));

/** The content of plain.bin, as make.py beside it states it. */
const plainHistogram = {
  minimum: -0.5,
  maximum: 2,
  count: 4,
  sum: 2.5,
  sumOfSquares: 5.25,
  limits: Float64Array.of(0.75, 2),
  counts: Float64Array.of(3, 1),
};
const plainEvents: readonly LogEvent[] = [
  { kind: 'version', wallTimeSeconds: 1700000000.25, version: 'brain.Event:2' },
  { kind: 'start', wallTimeSeconds: 1700000001.5, step: 300 },
  { kind: 'scalar', wallTimeSeconds: 1700000002, step: 0, tag: 'epoch_loss', value: 0 },
  {
    kind: 'scalar',
    wallTimeSeconds: 1700000002,
    step: 0,
    tag: 'epoch_accuracy',
    value: Math.fround(0.1),
  },
  {
    kind: 'scalar',
    wallTimeSeconds: 1700000003,
    step: 129,
    tag: 'physics/gaussianBlur/sigmaPx',
    value: -1.5,
  },
  {
    kind: 'scalar',
    wallTimeSeconds: 1700000004,
    step: 4294967295,
    tag: 'größe · µm',
    value: Math.fround(3.4e38),
  },
  {
    kind: 'histogram',
    wallTimeSeconds: 1700000006,
    step: 16384,
    tag: 'conv2d_1/kernel',
    histogram: plainHistogram,
  },
];

/** A file of `count` steps with two scalars each. */
function sampleFile(count: number): Uint8Array {
  const encoder = createEventEncoder();
  encoder.version(1.5);
  for (let step = 0; step < count; step++) {
    const values = { batch_loss: 1 / (step + 1), batch_accuracy: step / count };
    encoder.scalars(step + 0.25, step, new Map(Object.entries(values)));
  }
  return encoder.take();
}

describe('CRC-32C', () => {
  it('has the check value of the standard, and its masked form', () => {
    const bytes = new TextEncoder().encode('123456789');
    assert.equal(crc32c(bytes), 0xe3069283);
    // From tensorboard's own masked_crc32c.
    assert.equal(maskedCrc32c(bytes), 0xc78ab0e5);
  });

  it('has the values of RFC 3720, appendix B.4', () => {
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
    const rising = Uint8Array.from({ length: 32 }, (_, i) => i);
    assert.equal(crc32c(rising), 0x46dd794e);
    assert.equal(crc32c(rising.slice().reverse()), 0x113fdb5c);
  });
});

describe('event files', () => {
  it('are written as TensorBoard writes them, byte for byte', () => {
    const encoder = createEventEncoder();
    encoder.version(1700000000.25);
    encoder.start(1700000001.5, 300);
    encoder.scalars(
      1700000002,
      0,
      new Map([
        ['epoch_loss', 0],
        ['epoch_accuracy', 0.1],
      ]),
    );
    encoder.scalars(1700000003, 129, new Map([['physics/gaussianBlur/sigmaPx', -1.5]]));
    encoder.scalars(1700000004, 4294967295, new Map([['größe · µm', 3.4e38]]));
    encoder.scalars(1700000005, 3, new Map());
    encoder.histogram(1700000006, 16384, 'conv2d_1/kernel', plainHistogram);
    assert.deepEqual(encoder.take(), fixture('plain.bin'));
  });

  it('of TensorBoard are read', () => {
    const bytes = fixture('plain.bin');
    assert.deepEqual(decodeEvents(bytes), { events: plainEvents, end: bytes.length });
  });

  it('are read past content that is not ours', () => {
    const bytes = fixture('foreign.bin');
    const { events, end, problem } = decodeEvents(bytes);
    assert.equal(problem, undefined);
    assert.equal(end, bytes.length);
    assert.deepEqual(
      events.map((event) => (event.kind === 'scalar' ? [event.tag, event.value] : event.kind)),
      ['version', ['loss', 0.5], ['nan', NaN]],
    );
  });

  it('are read in pieces of any size', () => {
    const bytes = fixture('plain.bin');
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (places) => {
        const decoder = createEventDecoder();
        const ends = [...places.sort((a, b) => a - b), bytes.length];
        const events = ends.flatMap((end, i) =>
          decoder.push(bytes.subarray(ends[i - 1] ?? 0, end)),
        );
        assert.deepEqual(events, plainEvents);
        assert.equal(decoder.pending, 0);
        assert.equal(decoder.offset, bytes.length);
      }),
    );
  });

  it('are read from a buffer of Node that is used again for each piece', () => {
    const bytes = fixture('plain.bin');
    const buffer = Buffer.alloc(50);
    const decoder = createEventDecoder();
    const events: LogEvent[] = [];
    for (let begin = 0; begin < bytes.length; begin += buffer.length) {
      const piece = bytes.subarray(begin, begin + buffer.length);
      buffer.set(piece);
      events.push(...decoder.push(buffer.subarray(0, piece.length)));
    }
    assert.deepEqual(events, plainEvents);
  });

  it('cut at any byte give the records before the cut and no problem', () => {
    const bytes = sampleFile(20);
    const whole = decodeEvents(bytes).events;
    for (let length = 0; length <= bytes.length; length++) {
      const decoder = createEventDecoder();
      const events = decoder.push(bytes.subarray(0, length));
      assert.deepEqual(events, whole.slice(0, events.length));
      assert.equal(decoder.problem, undefined);
      assert.equal(decoder.offset + decoder.pending, length);
      // The rest completes the file.
      assert.deepEqual([...events, ...decoder.push(bytes.subarray(length))], whole);
    }
  });

  it('with one wrong byte stop before the record that holds it, and say where', () => {
    const bytes = sampleFile(20);
    const whole = decodeEvents(bytes).events;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.slice();
        damaged[at]! ^= flip;
        const decoder = createEventDecoder();
        const events = decoder.push(damaged);
        assert.deepEqual(events, whole.slice(0, events.length));
        assert.ok(decoder.problem !== undefined);
        assert.ok(decoder.problem.offset <= at && decoder.problem.offset === decoder.offset);
        assert.deepEqual(decoder.push(bytes), [], 'nothing is read after a problem');
      }),
    );
  });

  it('of random bytes are refused without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.deepEqual(decodeEvents(bytes).events, []);
      }),
    );
  });

  it('with sound checksums around a broken message stop there', () => {
    const message = Uint8Array.of(0x2a, 0x7f, 0x01);
    const record = new Uint8Array(12 + message.length + 4);
    const view = new DataView(record.buffer);
    view.setUint32(0, message.length, true);
    view.setUint32(8, maskedCrc32c(record, 0, 8), true);
    record.set(message, 12);
    view.setUint32(12 + message.length, maskedCrc32c(message), true);
    assert.deepEqual(decodeEvents(record), {
      events: [],
      end: 0,
      problem: { offset: 0, message: 'A record is no Event message.' },
    });
  });

  it('keep every scalar, of any tag, step and value', () => {
    const scalar = fc.record({
      step: fc.nat(0xffffffff),
      time: fc.double({ noNaN: true }),
      tag: fc.string({ unit: 'binary', maxLength: 300 }),
      value: fc.float(),
    });
    fc.assert(
      fc.property(fc.array(scalar), (points) => {
        const encoder = createEventEncoder();
        for (const { step, time, tag, value } of points) {
          encoder.scalars(time, step, new Map([[tag, value]]));
        }
        const expected = points.map(({ step, time, tag, value }) => ({
          kind: 'scalar',
          // Protobuf leaves a plain 0 out, and −0 with it would be read as 0.
          wallTimeSeconds: time === 0 ? 0 : time,
          step,
          tag,
          value,
        }));
        assert.deepEqual(decodeEvents(encoder.take()).events, expected);
      }),
    );
  });
});

// numpy.histogram(x, 30), x.sum() and (x * x).sum() for x = sin(arange(1000)) rounded to float32.
const NUMPY_COUNTS = [
  117, 49, 40, 30, 32, 28, 25, 25, 22, 24, 21, 23, 19, 23, 23, 20, 23, 19, 24, 22, 23, 21, 27, 25,
  27, 33, 30, 38, 51, 116,
];
const NUMPY_SUM = -0.01290975301162689;
const NUMPY_SUM_OF_SQUARES = 499.50884274762149;

describe('a histogram', () => {
  it('counts as NumPy does with 30 bins', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    const { counts, limits, minimum, maximum, count, sum, sumOfSquares } = makeHistogram(values);
    assert.deepEqual([...counts], NUMPY_COUNTS);
    assert.equal(limits.length, 30);
    assert.equal(limits.at(-1), maximum);
    assert.equal(count, 1000);
    assert.ok(Math.abs(minimum - -0.9999903440475464) < 1e-12);
    assert.ok(Math.abs(sum - NUMPY_SUM) < 1e-9);
    assert.ok(Math.abs(sumOfSquares - NUMPY_SUM_OF_SQUARES) < 1e-9);
  });

  it('of equal values has one bucket', () => {
    const { counts, limits, minimum, maximum } = makeHistogram(new Float32Array(5).fill(2));
    assert.deepEqual({ counts: [...counts], limits: [...limits] }, { counts: [5], limits: [2] });
    assert.deepEqual([minimum, maximum], [2, 2]);
  });

  it('leaves out what is not finite', () => {
    const values = Float32Array.of(NaN, 1, Infinity, 3, -Infinity);
    const { count, sum, minimum, maximum } = makeHistogram(values);
    assert.deepEqual([count, sum, minimum, maximum], [2, 4, 1, 3]);
    assert.equal(makeHistogram(Float32Array.of(NaN)).count, 0);
  });
});
