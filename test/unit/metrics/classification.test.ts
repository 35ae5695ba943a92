import assert from 'node:assert/strict';
import type { MetricKind } from '#common/catalogue/metrics';
import { assertClose } from '../engine/support';
import { addClasses, randomClasses, tallyOf } from './support';

/** The figures of samples of so many classes. */
function figures(
  names: readonly MetricKind[],
  samples: readonly (readonly [number, readonly number[]])[],
  classes = 3,
): Readonly<Record<string, number>> {
  const classNames = Array.from({ length: classes }, (_, k) => `class ${k}`);
  const tally = tallyOf('classification', names, { classNames });
  addClasses(tally, samples);
  return tally.figures();
}

/** Samples by a confusion matrix. */
function byMatrix(rows: readonly (readonly number[])[]): [number, number[]][] {
  return rows.flatMap((row, label) =>
    row.flatMap((count, predicted) =>
      Array.from({ length: count }, (): [number, number[]] => [
        label,
        row.map((_, k) => Number(k === predicted)),
      ]),
    ),
  );
}

const all: readonly MetricKind[] = [
  'accuracy',
  'balancedAccuracy',
  'macroPrecision',
  'macroRecall',
  'macroF1',
  'weightedPrecision',
  'weightedRecall',
  'weightedF1',
  'cohenKappa',
];

describe('metrics of classes', () => {
  it('follow from the confusion matrix as by hand', () => {
    const matrix = [
      [5, 1, 0],
      [2, 3, 1],
      [0, 0, 8],
    ];
    const p = [5 / 7, 3 / 4, 8 / 9];
    const r = [5 / 6, 3 / 6, 1];
    const f = p.map((precision, k) => (2 * precision * r[k]!) / (precision + r[k]!));
    const mean = (values: readonly number[]) => (values[0]! + values[1]! + values[2]!) / 3;
    const byCount = (v: readonly number[]) => (6 * v[0]! + 6 * v[1]! + 8 * v[2]!) / 20;
    const expected = {
      accuracy: 16 / 20,
      balancedAccuracy: mean(r),
      macroPrecision: mean(p),
      macroRecall: mean(r),
      macroF1: mean(f),
      weightedPrecision: byCount(p),
      weightedRecall: 16 / 20,
      weightedF1: byCount(f),
      // p_e = (6·7 + 6·4 + 8·9) / 400.
      cohenKappa: (0.8 - 138 / 400) / (1 - 138 / 400),
    };
    const found = figures(all, byMatrix(matrix));
    for (const [name, value] of Object.entries(expected)) {
      assertClose([found[name]!], [value], name, 1e-15);
    }
  });

  it('count a class that never occurs as scikit-learn does', () => {
    // Class c is neither true nor predicted, class b is predicted only.
    const found = figures(
      all,
      byMatrix([
        [3, 1, 0],
        [0, 0, 0],
        [0, 0, 0],
      ]),
    );
    const { balancedAccuracy, macroPrecision, macroRecall, weightedPrecision, cohenKappa } = found;
    assert.deepEqual(
      [balancedAccuracy, macroPrecision, macroRecall, weightedPrecision, cohenKappa],
      [0.75, 0.5, 0.375, 1, 0],
    );
  });

  it('have values for one class only and for one sample', () => {
    const one = figures(
      [...all, 'rocAuc', 'averagePrecision'],
      byMatrix([
        [4, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ]),
    );
    assert.deepEqual([one['accuracy'], one['cohenKappa'], one['macroF1']], [1, 0, 1]);
    // A ranking of one kind of samples has no area; of what is all positive every precision is 1.
    assert.deepEqual([one['rocAuc'], one['averagePrecision']], [undefined, 1]);
    const tally = tallyOf('classification', ['accuracy', 'rocAuc'], { keepsSamples: true });
    addClasses(tally, [[1, [0, 3, 1]]]);
    const { metrics, intervals, curves } = tally.results('test');
    assert.deepEqual(metrics, { accuracy: 1 });
    assert.ok(Math.abs(intervals!['accuracy']!.low - 0.2065) < 1e-4);
    assert.equal(curves, undefined);
  });

  it('find the true class among the largest, ties in order', () => {
    const names = ['accuracy', 'top3Accuracy', 'top5Accuracy'] as const;
    const six = [6, 5, 4, 3, 2, 1];
    const samples = six.map((_, label) => [label, six] as const);
    assert.deepEqual(figures(names, samples, 6), {
      loss: 0,
      accuracy: 1 / 6,
      top3Accuracy: 3 / 6,
      top5Accuracy: 5 / 6,
    });
    const ties = six.map((_, label) => [label, [0, 0, 0, 0, 0, 0]] as const);
    assert.deepEqual(figures(names, ties, 6), figures(names, samples, 6));
  });

  it('have the Brier score of one half for a coin and of 1 for a sure mistake', () => {
    const two = (logits: readonly number[]) =>
      figures(['brierScore'], [[0, logits]], 2)['brierScore'];
    assert.equal(two([0, 0]), 0.25);
    assert.equal(two([-400, 400]), 1);
    // p = (½, ¼, ¼): ¼ + 1/16 + 1/16.
    const three = figures(['brierScore'], [[0, [Math.log(2), 0, 0]]])['brierScore']!;
    assert.ok(Math.abs(three - 0.375) < 1e-7);
  });

  it('measure how far confidence is from being right', () => {
    // Confidence ½ thrice, right once: |1/3 − 1/2|. Confidence 1 once, right: 0.
    const samples = [
      [0, [0, 0]],
      [1, [0, 0]],
      [1, [0, 0]],
      [1, [0, 800]],
    ] as const;
    const error = figures(['expectedCalibrationError'], samples, 2)['expectedCalibrationError']!;
    assertClose([error], [(3 / 4) * (1 / 2 - 1 / 3)], 'error', 1e-15);
  });

  it('take one logit of two classes as that of the second', () => {
    const names = [
      ...all,
      'brierScore',
      'rocAuc',
      'averagePrecision',
      'expectedCalibrationError',
    ] as const;
    const pairs = randomClasses(3, 50, 2);
    const singles = pairs.map(([label, [z0, z1]]) => [label, [Math.fround(z1! - z0!)]] as const);
    const [two, one] = [figures(names, pairs, 2), figures(names, singles, 2)];
    for (const name of names) assertClose([one[name]!], [two[name]!], name, 1e-6);
  });

  it('take equal logits in another order for a tie', () => {
    const samples = [
      [0, [1, 0.1, 0.2, 0.3]],
      [1, [1, 0.3, 0.1, 0.2]],
      [0, [1, 0.2, 0.3, 0.1]],
      [1, [1, 0.3, 0.2, 0.1]],
    ] as const;
    // Only class 0 can be looked at alone: all its scores are one number.
    const tally = tallyOf('classification', ['rocAuc'], {
      classNames: [...'abcd'],
      keepsSamples: true,
    });
    addClasses(tally, samples);
    assert.equal(tally.results('test').curves![0]!.roc.area, 0.5);
  });

  it('rank where probabilities are rounded to 1', () => {
    const samples = [
      [0, [90, 0]],
      [1, [80, 0]],
      [0, [70, 0]],
    ] as const;
    assert.equal(figures(['rocAuc'], samples, 2)['rocAuc'], 0.5);
  });
});
