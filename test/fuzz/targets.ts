// What is fuzzed, and what must hold of it whatever the input.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { createEventDecoder, createEventEncoder } from '#common/events/index';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { CodedError } from '#common/protocol/rpc';
import { decodeSafetensors, encodeSafetensors } from '#common/safetensors';
import { completeAt } from '../../server/language/completion';
import { hoverAt } from '../../server/language/hover';
import { inlayHints } from '../../server/language/inlayHints';
import { documentSymbols } from '../../server/language/outline';
import { checkNetwork, networkPlans } from './networks';
import { checkProgram, programPlans } from './programs';

export interface Target {
  readonly name: string;
  readonly property: fc.IRawProperty<unknown[]>;
}

export function targets(samples: readonly string[]): readonly Target[] {
  const texts = damagedTexts(samples);
  return [
    { name: 'reading and checking', property: fc.property(texts, checkDiagnosis) },
    { name: 'language server', property: fc.property(texts, fc.nat(), checkEditor) },
    { name: 'checkpoints', property: fc.property(damagedBytes(checkpoint()), checkCheckpoint) },
    {
      name: 'event files',
      property: fc.property(damagedBytes(eventFile()), fc.nat(), checkEvents),
    },
    { name: 'recorded programs', property: fc.asyncProperty(programPlans(), checkProgram) },
    { name: 'recorded networks', property: fc.asyncProperty(networkPlans(), checkNetwork) },
  ] as unknown as readonly Target[];
}

/** Pieces that mean something to a JSON parser, and anything else. */
const pieces = fc.oneof(
  fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', '"', '//', '/*', '*/', '\\', '\n', '-', '1e999', 'null'],
    ...['"type":', '"conv2d"', '"dense"', '"__proto__":{},', '{"type":"flatten"},', '\uFEFF', '\0'],
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
);

function damagedTexts(samples: readonly string[]): fc.Arbitrary<string> {
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 300 })),
    piece: pieces,
  });
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(damage, { minLength: 1, maxLength: 5 }))
    .map(([sample, damages]) =>
      damages.reduce((text, { at, removed, piece }) => {
        const offset = Math.floor(at * text.length);
        return text.slice(0, offset) + piece + text.slice(offset + removed);
      }, sample),
    );
}

function checkDiagnosis(text: string): void {
  const { problems, experiment } = diagnoseExperiment(text);
  assert.ok(experiment !== undefined || problems.length > 0);
  for (const { offset, length } of problems) {
    assert.ok(offset >= 0 && length >= 0 && offset + length <= text.length);
  }
}

function checkEditor(text: string, where: number): void {
  const doc = TextDocument.create('test:x.experiment.json', 'jsonc', 1, text);
  const diagnosis = diagnoseExperiment(text);
  const position = doc.positionAt(where % (text.length + 1));
  const offset = doc.offsetAt(position);
  for (const { textEdit } of completeAt(doc, position, diagnosis)?.items ?? []) {
    assert.ok(textEdit !== undefined && 'range' in textEdit);
    const { start, end } = textEdit.range;
    assert.ok(doc.offsetAt(start) <= offset && offset <= doc.offsetAt(end));
  }
  hoverAt(doc, position, diagnosis);
  const whole = { start: doc.positionAt(0), end: doc.positionAt(text.length) };
  inlayHints(doc, whole, diagnosis);
  documentSymbols(doc, diagnosis);
}

interface Damage {
  readonly bytes: Uint8Array;
  readonly isIntact: boolean;
}

/** Some bytes exchanged, and the end perhaps cut off. */
function damagedBytes(good: Uint8Array): fc.Arbitrary<Damage> {
  const change = fc.record({ at: fc.nat({ max: good.length - 1 }), value: fc.nat({ max: 255 }) });
  return fc
    .tuple(fc.array(change, { maxLength: 4 }), fc.option(fc.nat({ max: good.length })))
    .map(([changes, end]) => {
      const bytes = good.slice(0, end ?? good.length);
      for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
      const isIntact = bytes.length === good.length && bytes.every((byte, i) => byte === good[i]);
      return { bytes, isIntact };
    });
}

function checkpoint(): Uint8Array {
  const kernel = { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, i) => i / 7) };
  const counter = { shape: [1], data: Uint32Array.of(7) };
  const tensors = new Map<string, typeof kernel | typeof counter>([
    ['dense/kernel', kernel],
    ['counter', counter],
  ]);
  return encodeSafetensors(tensors, { epoch: '3' });
}

function checkCheckpoint({ bytes, isIntact }: Damage): void {
  try {
    const { tensors } = decodeSafetensors(bytes);
    for (const { shape, data } of tensors.values()) {
      assert.equal(
        shape.reduce((product, size) => product * size, 1),
        data.length,
      );
    }
  } catch (error) {
    assert.ok(error instanceof CodedError && !isIntact, String(error));
  }
}

function eventFile(): Uint8Array {
  const encoder = createEventEncoder();
  encoder.version(1);
  for (let step = 1; step <= 5; step++) {
    encoder.scalars(step, step, new Map([['epoch_loss', 1 / step]]));
  }
  return encoder.take();
}

/** Whatever is damaged, what comes before it is read, and in pieces the same as in one. */
function checkEvents({ bytes, isIntact }: Damage, cut: number): void {
  const whole = createEventDecoder();
  const events = whole.push(bytes);
  if (isIntact) assert.ok(whole.problem === undefined && events.length === 6);
  const inPieces = createEventDecoder();
  const at = cut % (bytes.length + 1);
  const both = [...inPieces.push(bytes.subarray(0, at)), ...inPieces.push(bytes.subarray(at))];
  assert.deepEqual(both, events);
  assert.deepEqual(inPieces.problem, whole.problem);
}
