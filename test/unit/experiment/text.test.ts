import assert from 'node:assert/strict';
import { readExperiment } from '#common/experiment/read';
import { positionAt, withValue } from '#common/experiment/text';
import { baseText } from './base';

describe('the position of an offset', () => {
  const text = 'ab\ncd\r\nef\rg😀h';
  const cases: readonly (readonly [offset: number, line: number, character: number])[] = [
    [0, 0, 0],
    [2, 0, 2],
    [3, 1, 0],
    [5, 1, 2],
    [7, 2, 0],
    [10, 3, 0],
    [13, 3, 3],
    [99, 3, 4],
    [-1, 0, 0],
  ];
  for (const [offset, line, character] of cases) {
    it(`${offset} is ${line}:${character}`, () => {
      assert.deepEqual(positionAt(text, offset), { line, character });
    });
  }
});

describe('setting a value in a text', () => {
  it('keeps comments and every other value', () => {
    const text = withValue(baseText, ['model', 'layers', 0, 'filters'], 12);
    assert.equal(text, baseText.replace('"filters": 8', '"filters": 12'));
  });

  it('adds what is not there', () => {
    const text = withValue(baseText, ['optimizer', 'learningRate'], 0.1);
    assert.match(text, /\/\/ Digits/);
    const { optimizer } = readExperiment(text).experiment ?? {};
    assert.deepEqual(optimizer, {
      type: 'adam',
      learningRate: 0.1,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
      amsgrad: false,
      weightDecay: 0,
      gradientAccumulationSteps: 1,
    });
  });
});
