import assert from 'node:assert/strict';
import fc from 'fast-check';
import { editDistance, nearestName } from '#common/experiment/suggest';

describe('the distance between two words', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['filters', 'fliters', 1],
    ['ca', 'abc', 3],
    ['dense', 'dense', 0],
  ];
  for (const [a, b, distance] of cases) {
    it(`"${a}" and "${b}": ${distance}`, () => assert.equal(editDistance(a, b), distance));
  }

  it('is symmetric, and 1 for one swap of different neighbours', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        assert.equal(editDistance(a, b), editDistance(b, a));
        assert.equal(editDistance(a, b) === 0, a === b);
        assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 2, maxLength: 12 }), fc.nat(), (text, at) => {
        const index = at % (text.length - 1);
        const swapped =
          text.slice(0, index) +
          text.charAt(index + 1) +
          text.charAt(index) +
          text.slice(index + 2);
        assert.equal(editDistance(text, swapped), swapped === text ? 0 : 1);
      }),
    );
  });
});

describe('the nearest name', () => {
  const names = ['filters', 'kernelSize', 'strides', 'padding', 'units', 'conv2d', 'dense'];
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['filter', 'filters'],
    ['kernel_size', 'kernelSize'],
    ['KERNELSIZE', 'kernelSize'],
    ['pading', 'padding'],
    ['conv', 'conv2d'],
    ['denseLayer', 'dense'],
    ['size', 'kernelSize'],
    ['con', undefined],
    ['Conv2D', 'conv2d'],
    ['unit', 'units'],
    ['x', undefined],
    ['', undefined],
    ['banana', undefined],
    ['f'.repeat(100_000), undefined],
  ];
  for (const [word, name] of cases) {
    it(`to "${word.slice(0, 20)}" is ${name ?? 'none'}`, () => {
      assert.equal(nearestName(word, names), name);
    });
  }
});
