import assert from 'node:assert/strict';
import { heightOnLines, heightOnSteps } from '../../../webviews/charts/curveReading';
import { formatNumber, formatPercent, formatRange } from '../../../webviews/charts/format';
import { calibrationErrorOf } from '../../../webviews/charts/calibrationError';
import { mistakesOf, partOf, squaresOf, shadeOf } from '../../../webviews/run/matrixCells';

describe('reading a curve', () => {
  const curve = { x: [0, 0, 0.5, 0.5, 1], y: [0, 0.4, 0.6, 0.8, 1], area: 0 };
  const cases: readonly (readonly [place: number, onLines: number, onSteps: number])[] = [
    [0, 0.4, 0],
    [0.25, 0.5, 0.6],
    [0.5, 0.8, 0.6],
    [0.75, 0.9, 1],
    [1, 1, 1],
  ];
  for (const [place, onLines, onSteps] of cases) {
    it(`finds its height at ${place}`, () => {
      assert.ok(Math.abs(heightOnLines(curve, place) - onLines) < 1e-12);
      assert.equal(heightOnSteps(curve, place), onSteps);
    });
  }

  it('holds the first and the last height beyond its ends', () => {
    const short = { x: [0.2, 0.6], y: [1, 0.5], area: 0 };
    assert.deepEqual([heightOnLines(short, 0), heightOnLines(short, 1)], [1, 0.5]);
    assert.deepEqual([heightOnSteps(short, 0), heightOnSteps(short, 1)], [1, 0.5]);
  });
});

describe('the confusion matrix of a page', () => {
  const matrix = [
    [8, 2, 0],
    [0, 0, 0],
    [3, 1, 4],
  ];

  it('gives parts of a true class, none of one without samples', () => {
    assert.equal(partOf(matrix, { actual: 0, predicted: 1 }), 0.2);
    assert.equal(partOf(matrix, { actual: 1, predicted: 1 }), 0);
    assert.equal(partOf(matrix, { actual: 9, predicted: 1 }), 0);
  });

  it('lists mistakes, the most frequent first', () => {
    assert.deepEqual(
      mistakesOf(matrix, 2).map(({ actual, predicted }) => [actual, predicted]),
      [
        [2, 0],
        [0, 1],
      ],
    );
    assert.deepEqual(mistakesOf([[5]], 2), []);
  });

  it('draws each cell that is not empty in one shade', () => {
    assert.deepEqual([shadeOf(1e-9), shadeOf(0.5), shadeOf(1)], [1, 3, 6]);
    assert.equal(squaresOf(matrix, true, shadeOf(0.8)), 'M0 0h1v1h-1z');
    assert.equal(squaresOf(matrix, true, shadeOf(0.5)), 'M2 2h1v1h-1z');
    assert.equal(squaresOf(matrix, false, shadeOf(2 / 10)), 'M1 0h1v1h-1z');
  });
});

describe('figures of results', () => {
  it('have one unit for both ends of an interval', () => {
    assert.equal(formatRange(formatPercent, 0.5, 0.625), '50.0 – 62.5 %');
    assert.equal(formatRange(formatNumber, 0.5, 12), '0.500 – 12.0');
  });

  it('have the calibration error as the mean gap over the predictions', () => {
    const bins = [
      { count: 0 },
      { count: 1, confidence: 0.5, accuracy: 1 },
      { count: 3, confidence: 0.9, accuracy: 0.8 },
    ];
    assert.ok(Math.abs(calibrationErrorOf(bins) - (0.5 + 0.3) / 4) < 1e-12);
  });
});
