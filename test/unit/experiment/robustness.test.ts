import assert from 'node:assert/strict';
import fc from 'fast-check';
import { diagnoseExperiment } from '#common/experiment/diagnose';
import { readExperiment } from '#common/experiment/read';
import { baseText } from './base';

/** Pieces that break a file in interesting ways, put anywhere into a good one. */
const pieces = fc.oneof(
  fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', '"', '//', '/*', '*/', '\\', '\\u12', '\n', '\r', '-', 'e'],
    ...['null', 'true', '1e999', '-0', '0x1', '""', '"type"', '"__proto__": 1,', '"toString": 1,'],
    ...['"constructor": {},', '"hasOwnProperty": [],', '\uFEFF', '\uD800', '\0', '{}', '[[]]'],
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

interface Mutation {
  readonly at: number;
  readonly removed: number;
  readonly piece: string;
}
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: baseText.length }),
  removed: fc.oneof(fc.nat({ max: 6 }), fc.nat({ max: 400 })),
  piece: pieces,
});

function mutate(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce(
    (current, { at, removed, piece }) => current.slice(0, at) + piece + current.slice(at + removed),
    text,
  );
}

/** Everything that must hold of any text whatever. */
function checkAnyText(text: string): void {
  const { problems, experiment } = diagnoseExperiment(text);
  for (const { offset, length, message, code } of problems) {
    assert.ok(offset >= 0 && length >= 0 && offset + length <= text.length, `${code}: ${message}`);
    assert.ok(message.length > 20 && message.length < 2000, message);
    assert.match(message, /[.?]$|^.*\.$/s);
  }
  assert.ok(experiment !== undefined || problems.some(({ severity }) => severity === 'error'));
  const offsets = problems.map(({ offset }) => offset);
  assert.deepEqual(
    offsets,
    [...offsets].sort((a, b) => a - b),
  );
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
}

/** Values of any JSON, with the keys of an experiment more often than not. */
const keys = fc.constantFrom(
  ...['version', 'name', 'seed', 'data', 'source', 'type', 'model', 'layers', 'loss', 'physics'],
  ...['optimizer', 'training', 'split', 'filters', 'kernelSize', 'metrics', '__proto__', 'x'],
);
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, true, 0, -1, 1.5, 1e308, '', 'conv2d', 'digits', 'adam', 'shotNoise'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(keys, tie('value')), { maxLength: 6 })
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

describe('any text', () => {
  it('made by breaking a good file is read without an exception, with places inside it', () => {
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(mutations, (some) => checkAnyText(mutate(baseText, some))),
      { numRuns: 1500 },
    );
  });

  it('cut off at any character is read', () => {
    for (let end = 0; end <= baseText.length; end += 3) checkAnyText(baseText.slice(0, end));
  });

  it('of arbitrary JSON is read', () => {
    fc.assert(
      fc.property(anyValue, (value) => checkAnyText(JSON.stringify(value))),
      { numRuns: 800 },
    );
  });

  it('gives an experiment exactly when it has no problem', () => {
    const mutations = fc.array(mutation, { maxLength: 2 });
    fc.assert(
      fc.property(mutations, (some) => {
        const { experiment, problems } = readExperiment(mutate(baseText, some));
        assert.equal(experiment !== undefined, problems.length === 0);
      }),
      { numRuns: 500 },
    );
  });

  it('with a thousand mistakes is cut short', () => {
    const layer = '{ "type": "dense", "units": 0, "x": 1 }';
    const text = `{ "model": { "layers": [${Array(2000).fill(layer).join(',')}] } }`;
    const { problems } = readExperiment(text);
    assert.ok(problems.length >= 500 && problems.length < 520, String(problems.length));
  });
});
