import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { termFigures, type LossValue } from '#common/catalogue/losses';
import { lossFunction, weighed, type Targets } from '../../../server/training/loss/loss';
import { assertClose, centralDifferences, numbers, useEngine } from '../engine/support';
import { experimentWith } from '../model/support';

/** A loss as a file would give it, with all defaults filled in. */
function lossOf(value: object): LossValue {
  return experimentWith({ loss: value }).loss;
}

interface Given {
  readonly outputs: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly labels?: readonly number[];
  readonly target?: ArrayLike<number>;
  readonly epoch?: number;
  /** Of the samples. */
  readonly weights?: readonly number[];
}

interface Found {
  readonly losses: readonly number[];
  readonly gradient: readonly number[];
  readonly terms: readonly (readonly number[])[];
}

/** The losses of a batch, their terms, and the gradient of their sum. */
function evaluate(value: object, given: Given): Found {
  const { outputs, shape, labels, target, epoch = 0, weights } = given;
  const plain = lossFunction(lossOf(value));
  let found: Found | undefined;
  tf.tidy(() => {
    const targets: Targets = {
      ...(labels ? { labels: tf.tensor1d([...labels], 'int32') } : {}),
      ...(target ? { target: tf.tensor(Float32Array.from(target), [...shape]) } : {}),
    };
    const at = tf.scalar(epoch, 'int32');
    const loss = (x: tf.Tensor) => {
      const result = plain(x, targets, at);
      return weights ? weighed(result, tf.tensor1d([...weights])) : result;
    };
    const y = tf.tensor(Float32Array.from(outputs), [...shape]);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(loss(x).perSample))(y);
    const { perSample, parts } = loss(y);
    assert.deepEqual(perSample.shape, [shape[0]]);
    found = {
      losses: [...perSample.dataSync()],
      gradient: [...gradient.dataSync()],
      terms: parts.map(({ losses }) => [...losses.dataSync()]),
    };
  });
  return found!;
}

/** Compares the gradient with central differences of a definition in double precision. */
function checkSlopes(
  value: object,
  given: Given,
  definition: (outputs: Float32Array) => readonly number[],
  { tolerance = 1e-6, slope = 1e-3, step = 2 ** -8 } = {},
): void {
  const { losses, gradient } = evaluate(value, given);
  const y = Float32Array.from(given.outputs);
  const what = JSON.stringify(value);
  assertClose(losses, definition(y), what, tolerance);
  const entries = [...y.keys()].filter((i) => i % Math.ceil(y.length / 20) === 0);
  const sum = (moved: Float32Array): number => definition(moved).reduce((a, b) => a + b, 0);
  const measured = centralDifferences(sum, y, entries, step);
  const largest = Math.max(...measured.map(Math.abs));
  assertClose(
    entries.map((i) => gradient[i]! / largest),
    measured.map((exact) => exact / largest),
    `slope of ${what}`,
    slope,
  );
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;
const rows = [2, 1, 0.1, 0.5, 2, -1, 0, 0, 3];
const three = { outputs: rows, shape: [3, 3], labels: [0, 1, 1] };

describe('softmax cross-entropy', () => {
  useEngine();

  it('has the values of the reference, one a sample', () => {
    const { losses } = evaluate({ type: 'softmaxCrossEntropy' }, three);
    assertClose(losses.slice(0, 1), [0.41703001628], 'first', 1e-7);
    assertClose([mean(losses)], [1.25108809], 'mean', 1e-7);
    const smoothed = evaluate({ type: 'softmaxCrossEntropy', labelSmoothing: 0.1 }, three);
    assertClose(smoothed.losses.slice(0, 1), [0.5136966829], 'smoothed', 1e-7);
  });

  it('weighs classes as PyTorch does, or as Keras', () => {
    const weighted = { type: 'softmaxCrossEntropy', classWeights: [1, 2, 3] };
    assertClose([mean(evaluate(weighted, three).losses)], [1.4178997], 'PyTorch', 1e-7);
    const keras = evaluate({ ...weighted, weighting: 'sampleMean' }, three);
    assertClose([mean(keras.losses)], [7.08949852 / 3], 'Keras', 1e-7);
  });

  it('weighs samples as Keras does with `sample_weight`, in the mean over their number', () => {
    const { losses } = evaluate(
      { type: 'softmaxCrossEntropy' },
      { ...three, weights: [0.5, 0, 4] },
    );
    assertClose([mean(losses)], [4.1960692], 'Keras', 1e-7);
    assert.equal(losses[1], 0);
  });

  for (const weighting of ['weightedMean', 'sampleMean']) {
    it(`multiplies weights of samples with those of classes, which ${weighting} divides by or not`, () => {
      const value = { type: 'softmaxCrossEntropy', classWeights: [1, 2, 3], weighting };
      const weights = [0.5, 0, 4];
      const labels = [0, 1, 2];
      const { losses, gradient } = evaluate(value, { ...three, labels, weights });
      // The classes are those of the samples: their weights are 1, 2, 3, and 6 in all.
      const divisor = weighting === 'weightedMean' ? 6 / 3 : 1;
      const exact = labels.map((label, i) => {
        const logits = [...three.outputs].slice(3 * i, 3 * i + 3);
        const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
        const factor = ((label + 1) * weights[i]!) / divisor;
        const slopes = logits.map((z, k) => factor * (Math.exp(z) / total - Number(k === label)));
        return { loss: factor * (Math.log(total) - logits[label]!), slopes };
      });
      const exactLosses = exact.map(({ loss }) => loss);
      assertClose(losses, exactLosses, 'losses', 1e-6);
      assertClose(
        gradient,
        exact.flatMap(({ slopes }) => slopes),
        'gradient',
        1e-6,
      );
    });
  }

  it('gives nothing to learn from a batch whose classes have no weight', () => {
    const value = { type: 'softmaxCrossEntropy', classWeights: [1, 0, 1] };
    const { losses, gradient } = evaluate(value, { ...three, labels: [1, 1, 1] });
    assert.deepEqual(losses, [0, 0, 0]);
    assert.ok(gradient.every((slope) => slope === 0));
  });

  it('neither saturates nor overflows, and takes one sample of one class', () => {
    const { losses, gradient } = evaluate(
      { type: 'softmaxCrossEntropy' },
      {
        outputs: [40, 0, 0, 80, -80, 0, -80, 80, 80, 1e4, 0, -1e4],
        shape: [4, 3],
        labels: [1, 1, 0, 0],
      },
    );
    assertClose(losses, [40, 160, 160 + Math.LN2, 0], 'losses', 1e-6);
    assertClose(gradient, [1, -1, 0, 1, -1, 0, -1, 0.5, 0.5, 0, 0, 0], 'gradient', 1e-6);
    const alone = evaluate(
      { type: 'softmaxCrossEntropy' },
      { outputs: [7], shape: [1, 1], labels: [0] },
    );
    assert.deepEqual([alone.losses, alone.gradient], [[0], [0]]);
  });

  it('can be differentiated inside a tidy of the caller, and weighed from above', () => {
    const loss = lossFunction(lossOf({ type: 'softmaxCrossEntropy' }));
    tf.tidy(() => {
      const targets = { labels: tf.tensor1d([0, 1], 'int32') };
      const weights = tf.tensor1d([1, -3]);
      const gradient = tf.grad((z) =>
        tf.tidy(() => tf.sum(tf.mul(loss(z, targets, tf.scalar(0, 'int32')).perSample, weights))),
      )(tf.zeros([2, 2]));
      assertClose(gradient.dataSync(), [-0.5, 0.5, -1.5, 1.5], 'gradient', 1e-7);
    });
  });

  it('averages over the pixels of a sample', () => {
    const loss = lossFunction(lossOf({ type: 'softmaxCrossEntropy' }));
    tf.tidy(() => {
      const labels = tf.tensor3d([0, 1, 1, 0], [2, 1, 2], 'int32');
      const z = tf.tensor4d([2, 1, 0.5, 2, 0, 0, 1, 3], [2, 1, 2, 2]);
      const { perSample } = loss(z, { labels }, tf.scalar(0, 'int32'));
      const of = (right: number, wrong: number): number => Math.log1p(Math.exp(wrong - right));
      const expected = [(of(2, 1) + of(2, 0.5)) / 2, (Math.LN2 + of(1, 3)) / 2];
      assertClose(perSample.dataSync(), expected, 'losses', 1e-7);
    });
  });
});

describe('other losses of classes', () => {
  useEngine();
  const oneHot = [1, 0, 0, 0, 1, 0, 0, 1, 0];
  const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const perRow = (y: Float32Array, term: (value: number, i: number) => number): number[] =>
    [0, 3, 6].map((start) => mean([0, 1, 2].map((k) => term(y[start + k]!, start + k))));

  it('are their definitions on one-hot labels', () => {
    checkSlopes({ type: 'sigmoidCrossEntropy' }, three, (y) =>
      perRow(y, (x, i) => softplus(x) - x * oneHot[i]!),
    );
    checkSlopes({ type: 'weightedSigmoidCrossEntropy', positiveWeight: 3 }, three, (y) =>
      perRow(y, (x, i) => (oneHot[i] === 1 ? 3 * softplus(-x) : softplus(x))),
    );
    const apart = { ...three, outputs: rows.map((x) => 0.7 * x + 0.05) };
    checkSlopes({ type: 'hinge' }, apart, (y) =>
      perRow(y, (x, i) => Math.max(0, 1 - (2 * oneHot[i]! - 1) * x)),
    );
    const surprise = (y: Float32Array, row: number): number => {
      const total = [0, 1, 2].reduce((sum, k) => sum + Math.exp(y[3 * row + k]!), 0);
      return Math.log(total) - y[3 * row + three.labels[row]!]!;
    };
    checkSlopes({ type: 'klDivergence' }, three, (y) => [0, 1, 2].map((row) => surprise(y, row)));
    checkSlopes({ type: 'focal', gamma: 2, alpha: 0.25 }, three, (y) =>
      [0, 1, 2].map((row) => 0.25 * (1 - Math.exp(-surprise(y, row))) ** 2 * surprise(y, row)),
    );
  });

  it('take several labels at once, as a target', () => {
    const target = [1, 1, 0, 0, 0, 0, 1, 1, 1];
    checkSlopes({ type: 'sigmoidCrossEntropy' }, { outputs: rows, shape: [3, 3], target }, (y) =>
      perRow(y, (x, i) => softplus(x) - x * target[i]!),
    );
  });

  it('stay finite at logits of 80', () => {
    const nasty = { outputs: [80, -80, 0, -80, 80, 0], shape: [2, 3], labels: [0, 0] };
    for (const type of [
      'sigmoidCrossEntropy',
      'klDivergence',
      'focal',
      'hinge',
      'sigmoidFocal',
      'dice',
      'tversky',
    ]) {
      const { losses, gradient } = evaluate({ type }, nasty);
      assert.ok([...losses, ...gradient].every(Number.isFinite), type);
      assert.ok(losses[1]! > losses[0]!, `${type}: the wrong one costs more`);
    }
  });

  it('take one logit for two classes: that of the second', () => {
    const outputs = [-80, 80, 80, -80, 0, 1.5, -3];
    const given = { outputs, shape: [7, 1], labels: [0, 1, 0, 1, 1, 1, 0] };
    const pairs = { ...given, outputs: outputs.flatMap((z) => [0, z]), shape: [7, 2] };
    const alone = evaluate({ type: 'sigmoidCrossEntropy' }, given);
    const both = evaluate({ type: 'softmaxCrossEntropy' }, pairs);
    const exact = outputs.map((z, i) => softplus(given.labels[i] === 1 ? -z : z));
    assertClose(alone.losses, exact, 'closed form', 1e-6);
    assertClose(alone.losses, both.losses, 'softmax of 0 and z', 1e-6);
    const ofSecond = both.gradient.filter((_, i) => i % 2 === 1);
    assertClose(alone.gradient, ofSecond, 'gradient', 1e-6);
    const signed = outputs.map((z, i) => (given.labels[i] === 1 ? z : -z));
    const weighted = evaluate({ type: 'weightedSigmoidCrossEntropy', positiveWeight: 3 }, given);
    const tripled = exact.map((loss, i) => (given.labels[i] === 1 ? 3 * loss : loss));
    assertClose(weighted.losses, tripled, 'weighted', 1e-6);
    const margins = signed.map((z) => Math.max(0, 1 - z));
    assertClose(evaluate({ type: 'hinge' }, given).losses, margins, 'hinge', 1e-6);
  });

  it('are the sigmoid focal loss of torchvision, hard targets and logits of ±80 included', () => {
    const outputs = [-80, 80, 80, -80, 0, 1.5, -3, 0.2];
    const target = [0, 1, 0, 1, 1, 1, 0, 1];
    for (const [gamma, alpha] of [
      [2, 0.25],
      [0.5, 0.9],
      [0, 0.5],
      [5, 0],
    ] as const) {
      // torchvision.ops.sigmoid_focal_loss, line by line in double precision.
      const formula = (x: number, t: number): number => {
        const p = 1 / (1 + Math.exp(-x));
        const crossEntropy = softplus(x) - x * t;
        // 1 − p_t, without the rounding to 0 of 1 minus a number near 1.
        const missing = t === 1 ? 1 / (1 + Math.exp(x)) : p;
        const balance = alpha * t + (1 - alpha) * (1 - t);
        return balance * crossEntropy * missing ** gamma;
      };
      checkSlopes(
        { type: 'sigmoidFocal', gamma, alpha },
        { outputs, shape: [8, 1], target },
        (y) => target.map((t, i) => formula(y[i]!, t)),
        { tolerance: 2e-6 },
      );
    }
  });

  it('share the sigmoid focal loss between both answers where a target is between them', () => {
    const value = { type: 'sigmoidFocal' };
    const of = (target: number) =>
      evaluate(value, { outputs: [0.7], shape: [1, 1], target: [target] }).losses[0]!;
    assertClose([of(0.3)], [0.3 * of(1) + 0.7 * of(0)], 'between', 1e-6);
  });

  it('are the divergence of the reference against a distribution', () => {
    const { losses } = evaluate(
      { type: 'klDivergence' },
      { outputs: [0.4, 0.4, 0.2].map(Math.log), shape: [1, 3], target: [0.5, 0.3, 0.2] },
    );
    assertClose(losses, [0.02526715], 'divergence', 1e-7);
  });
});

describe('losses of values', () => {
  useEngine();
  const shape = [2, 2, 3, 2];
  const given = {
    outputs: numbers(24, 1).map((v) => v + 1.5),
    shape,
    target: numbers(24, 2).map((v) => 2 * v + 2.5),
    labels: [0, 0],
  };
  const halves = (y: Float32Array, term: (y: number, t: number) => number): number[] =>
    [0, 12].map((start) =>
      mean(Array.from({ length: 12 }, (_, i) => term(y[start + i]!, given.target[start + i]!))),
    );
  const cases: readonly (readonly [object, (y: number, t: number) => number])[] = [
    [{ type: 'meanSquaredError' }, (y, t) => (y - t) ** 2],
    [{ type: 'meanAbsoluteError' }, (y, t) => Math.abs(y - t)],
    [
      { type: 'huber', delta: 0.7 },
      (y, t) => (Math.abs(y - t) < 0.7 ? (y - t) ** 2 / 2 : 0.7 * (Math.abs(y - t) - 0.35)),
    ],
    [{ type: 'pseudoHuber', delta: 2 }, (y, t) => 4 * (Math.hypot(1, (y - t) / 2) - 1)],
    [{ type: 'logCosh' }, (y, t) => Math.log(Math.cosh(y - t))],
    [{ type: 'poisson' }, (y, t) => Math.exp(y) - t * y],
    [{ type: 'poisson', logInput: false }, (y, t) => y - t * Math.log(y + 1e-7)],
  ];

  for (const [value, term] of cases) {
    it(`${JSON.stringify(value)} compares with the target of the outputs' shape`, () => {
      checkSlopes(value, given, (y) => halves(y, term), { step: 2 ** -10 });
    });
  }

  it('compare rows of figures with the one-hot label', () => {
    const { losses, gradient } = evaluate(
      { type: 'meanSquaredError' },
      { outputs: [0.5, 2, -1, 1, 0, 0], shape: [2, 3], labels: [1, 0] },
    );
    assertClose(losses, [(0.25 + 1 + 1) / 3, 0], 'losses', 1e-7);
    assertClose(gradient, [1 / 3, 2 / 3, -2 / 3, 0, 0, 0], 'gradient', 1e-7);
  });

  it('say what they lack', () => {
    assert.throws(
      () => evaluate({ type: 'meanSquaredError' }, { outputs: rows, shape: [1, 3, 3, 1] }),
      /takes labels or a target for \[1, 3, 3, 1\]; got neither/,
    );
    assert.throws(
      () => evaluate({ type: 'softmaxCrossEntropy' }, { outputs: rows, shape: [3, 3] }),
      /takes labels or a target for \[3, 3\]; got neither/,
    );
    assert.throws(
      () => evaluate({ type: 'focal' }, { outputs: rows, shape: [3, 3] }),
      /takes labels; got none/,
    );
  });
});

describe('losses of images', () => {
  useEngine();

  it('have the overlap of the definition', () => {
    const [outputs, target] = [
      numbers(18, 3).map((v) => 3 * v),
      numbers(18, 4).map((v) => (v > 0 ? 1 : 0)),
    ];
    const given = { outputs, shape: [2, 3, 3, 1], target };
    const counts = (y: Float32Array, sample: number) => {
      let [tp, fp, fn] = [0, 0, 0];
      for (let i = 9 * sample; i < 9 * sample + 9; i++) {
        const [p, t] = [1 / (1 + Math.exp(-y[i]!)), target[i]!];
        tp += p * t;
        fp += p * (1 - t);
        fn += (1 - p) * t;
      }
      return { tp, fp, fn };
    };
    checkSlopes({ type: 'dice', smooth: 0.5 }, given, (y) =>
      [0, 1].map((sample) => {
        const { tp, fp, fn } = counts(y, sample);
        return 1 - (2 * tp + 0.5) / (2 * tp + fp + fn + 0.5);
      }),
    );
    checkSlopes({ type: 'tversky', alpha: 0.3, beta: 0.7, smooth: 2 }, given, (y) =>
      [0, 1].map((sample) => {
        const { tp, fp, fn } = counts(y, sample);
        return 1 - (tp + 2) / (tp + 0.3 * fp + 0.7 * fn + 2);
      }),
    );
  });

  it('call two empty masks the same, for any number of classes', () => {
    const empty = { outputs: new Array<number>(8).fill(-90), shape: [2, 2, 2, 1] };
    assertClose(
      evaluate({ type: 'dice' }, { ...empty, target: new Array(8).fill(0) }).losses,
      [0, 0],
      'empty',
      1e-7,
    );
    const { losses } = evaluate(
      { type: 'dice', smooth: 1e-7 },
      { outputs: [90, 0, 0, 90], shape: [2, 2], labels: [0, 0] },
    );
    assertClose(losses, [0, 1], 'right and wrong', 1e-6);
  });

  /** SSIM by its definition, window by window. */
  function ssimOf(
    y: ArrayLike<number>,
    t: ArrayLike<number>,
    [h, w]: readonly [number, number],
    range: number,
  ): number {
    const raw = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / 4.5));
    const total = raw.reduce((a, b) => a + b, 0);
    const weights = raw.map((value) => value / total);
    const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
    let [sum, count] = [0, 0];
    for (let i = 0; i + 11 <= h; i++) {
      for (let j = 0; j + 11 <= w; j++) {
        const average = (f: (at: number) => number): number => {
          let result = 0;
          for (let a = 0; a < 11; a++) {
            for (let b = 0; b < 11; b++)
              result += weights[a]! * weights[b]! * f((i + a) * w + j + b);
          }
          return result;
        };
        const [my, mt] = [average((at) => y[at]!), average((at) => t[at]!)];
        const vy = average((at) => (y[at]! - my) ** 2);
        const vt = average((at) => (t[at]! - mt) ** 2);
        const cov = average((at) => (y[at]! - my) * (t[at]! - mt));
        sum += ((2 * my * mt + c1) * (2 * cov + c2)) / ((my ** 2 + mt ** 2 + c1) * (vy + vt + c2));
        count += 1;
      }
    }
    return sum / count;
  }

  it('have the structural similarity of the definition', () => {
    const size = [13, 12] as const;
    const [outputs, target] = [numbers(312, 5), numbers(312, 6)].map((x) =>
      x.map((v) => (v + 1) / 2),
    ) as [Float32Array, Float32Array];
    const given = { outputs, shape: [2, 13, 12, 1], target };
    checkSlopes(
      { type: 'ssim', range: 2 },
      given,
      (y) =>
        [0, 156].map(
          (at) => 1 - ssimOf(y.slice(at, at + 156), target.slice(at, at + 156), size, 2),
        ),
      { tolerance: 5e-6 },
    );
    const { losses } = evaluate({ type: 'ssim' }, { ...given, target: outputs });
    assertClose(losses, [0, 0], 'of an image with itself', 2e-6);
  });

  it('take each channel by itself', () => {
    const [a, b] = [numbers(121, 5), numbers(121, 6)];
    const [s, t] = [numbers(121, 7), numbers(121, 8)];
    const pair = (x: Float32Array, z: Float32Array): number[] =>
      [...x].flatMap((v, i) => [v, z[i]!]);
    const { losses } = evaluate(
      { type: 'ssim' },
      { outputs: pair(a, b), shape: [1, 11, 11, 2], target: pair(s, t) },
    );
    const expected = 1 - (ssimOf(a, s, [11, 11], 1) + ssimOf(b, t, [11, 11], 1)) / 2;
    assertClose(losses, [expected], 'two channels', 5e-6);
  });

  it('count the steps from pixel to pixel', () => {
    const given = { outputs: numbers(24, 9), shape: [2, 3, 2, 2] };
    const definition = (y: Float32Array): number[] =>
      [0, 1].map((n) => {
        const at = (i: number, j: number, c: number): number => y[((n * 3 + i) * 2 + j) * 2 + c]!;
        let sum = 0;
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 2; j++) {
            for (let c = 0; c < 2; c++) {
              if (i < 2) sum += Math.abs(at(i + 1, j, c) - at(i, j, c));
              if (j < 1) sum += Math.abs(at(i, j + 1, c) - at(i, j, c));
            }
          }
        }
        return sum / 12;
      });
    const value = { type: 'mixture', terms: [{ loss: { type: 'totalVariation' } }] };
    checkSlopes(value, given, definition);
    const point = evaluate(value, { outputs: [5], shape: [1, 1, 1, 1] });
    assert.deepEqual([point.losses, point.gradient], [[0], [0]]);
  });
});

describe('a mixture of losses', () => {
  useEngine();
  const given = { outputs: [1, 3], shape: [2, 1], target: [0, 0] };

  it('is the sum of what every one of them adds', () => {
    const terms = [
      { loss: { type: 'meanSquaredError' }, weight: 2 },
      { loss: { type: 'meanAbsoluteError' }, weight: 0.5 },
      { loss: { type: 'meanSquaredError' } },
    ];
    const found = evaluate({ type: 'mixture', terms }, given);
    assertClose(found.losses, [3.5, 28.5], 'sum', 1e-7);
    assertClose(found.gradient, [6.5, 18.5], 'gradient', 1e-7);
    assert.deepEqual(found.terms, [
      [2, 18],
      [0.5, 1.5],
      [1, 9],
    ]);
    assert.deepEqual(termFigures(lossOf({ type: 'mixture', terms })), [
      'loss.meanSquaredError',
      'loss.meanAbsoluteError',
      'loss.meanSquaredError_1',
    ]);
  });

  it('changes the weight of a term from epoch to epoch', () => {
    const schedule = { startWeight: 1, startEpoch: 2, epochs: 4 };
    const terms = [{ loss: { type: 'meanAbsoluteError' }, weight: 3, schedule }];
    const weights = [0, 2, 3, 4, 6, 100].map(
      (epoch) => evaluate({ type: 'mixture', terms }, { ...given, epoch }).losses[0],
    );
    assert.deepEqual(weights, [1, 1, 1.5, 2, 3, 3]);
  });

  it('has the weights of samples in every term', () => {
    const terms = [
      { loss: { type: 'meanSquaredError' }, weight: 2 },
      { loss: { type: 'meanAbsoluteError' } },
    ];
    const found = evaluate({ type: 'mixture', terms }, { ...given, weights: [3, 0.5] });
    assertClose(found.losses, [9, 10.5], 'sum', 1e-7);
    assertClose(found.gradient, [15, 6.5], 'gradient', 1e-7);
    assert.deepEqual(found.terms, [
      [6, 9],
      [3, 1.5],
    ]);
  });

  it('has no terms to name when it is a loss by itself', () => {
    const alone = { loss: { type: 'meanSquaredError' } };
    for (const value of [alone.loss, { type: 'mixture', terms: [alone] }]) {
      assert.equal(evaluate(value, given).terms.length, 1);
      assert.deepEqual(termFigures(lossOf(value)), []);
    }
  });
});
