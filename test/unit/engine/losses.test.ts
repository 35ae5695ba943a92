import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import {
  distributionCrossEntropy,
  oneHot,
  pointLoss,
  type PointLoss,
  sharedCrossEntropy,
  softmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
  tversky,
  weightPenalty,
} from '../../../server/training/engine/ops';
import {
  assertClose,
  centralDifferences,
  checkAgainstCpu,
  numbers,
  random,
  titleOf,
  useEngine,
  variants,
} from './support';

/** Losses of single values in double precision, of output y, target t and parameter a. */
const references: Readonly<Record<PointLoss, (y: number, t: number, a: number) => number>> = {
  squared: (y, t) => (y - t) ** 2,
  absolute: (y, t) => Math.abs(y - t),
  huber: (y, t, a) => {
    const r = Math.abs(y - t);
    return r <= a ? r ** 2 / 2 : a * (r - a / 2);
  },
  pseudoHuber: (y, t, a) => a ** 2 * (Math.sqrt(1 + ((y - t) / a) ** 2) - 1),
  logCosh: (y, t) => Math.abs(y - t) + Math.log1p(Math.exp(-2 * Math.abs(y - t))) - Math.LN2,
  poisson: (y, t) => Math.exp(y) - t * y,
  poissonRate: (y, t) => y - t * Math.log(y + 1e-7),
  hinge: (y, t) => Math.max(0, 1 - t * y),
  sigmoid: (x, z, q) =>
    (1 - z) * x + (1 + (q - 1) * z) * (Math.log1p(Math.exp(-Math.abs(x))) + Math.max(-x, 0)),
};
const kinds = Object.keys(references) as PointLoss[];

/** Outputs and targets that the loss takes. */
function pairOf(kind: PointLoss, count: number): readonly [Float32Array, Float32Array] {
  const [y, t] = [numbers(count, 3).map((v) => 4 * v), numbers(count, 4).map((v) => 3 * v)];
  if (kind === 'poissonRate') return [y.map((v) => Math.abs(v) + 0.05), t.map(Math.abs)];
  if (kind === 'hinge') return [y, t.map((v) => (v < 0 ? -1 : 1))];
  if (kind === 'sigmoid') return [y, t.map((v) => Math.abs(v) / 3)];
  return [y, t];
}

interface LossAndGradient {
  readonly losses: Float32Array;
  readonly gradient: Float32Array;
}

/** Losses of rows, and the gradient of their sum. */
function evaluate(
  y: ArrayLike<number>,
  shape: readonly number[],
  loss: (y: tf.Tensor) => tf.Tensor,
): LossAndGradient {
  return tf.tidy(() => {
    const outputs = tf.tensor(Float32Array.from(y), [...shape]);
    const gradient = tf.grad((given: tf.Tensor) => tf.sum(loss(given)))(outputs);
    const found = { losses: loss(outputs).dataSync(), gradient: gradient.dataSync() };
    return found as unknown as tf.TensorContainer;
  }) as unknown as LossAndGradient;
}

function crossEntropy(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  {
    weights,
    ...options
  }: Omit<SoftmaxCrossEntropyOptions, 'weights'> & { weights?: number[] } = {},
): LossAndGradient {
  return evaluate(rows.flat(), [rows.length, rows[0]!.length], (logits) =>
    softmaxCrossEntropy(logits, tf.tensor1d([...labels], 'int32'), {
      ...options,
      ...(weights ? { weights: tf.tensor1d(weights) } : {}),
    }),
  );
}

/** The weighted, smoothed or focused loss of a row by its definition. */
function exact(
  z: readonly number[],
  label: number,
  { smoothing = 0, focus = 0, weights, convention }: Parameters<typeof crossEntropy>[2] & object,
): number {
  const top = Math.max(...z);
  const total = z.reduce((sum, value) => sum + Math.exp(value - top), 0);
  const ofLabel = weights?.[label] ?? 1;
  return z.reduce((sum, value, k) => {
    const truth = (k === label ? 1 - smoothing : 0) + smoothing / z.length;
    const weight = convention === 'weightedMean' ? (weights?.[k] ?? 1) : ofLabel;
    const surprise = Math.log(total) + top - value;
    return sum + truth * weight * surprise * (1 - Math.exp(-surprise)) ** focus;
  }, 0);
}

const rows = [
  [2, 1, 0.1],
  [0.5, 2, -1],
  [0, 0, 3],
];
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

for (const variant of variants) {
  describe(`losses, ${titleOf(variant)}`, () => {
    useEngine(variant);

    for (const kind of kinds) {
      it(`${kind} is the mean of its definition over a sample, with its slope`, () => {
        for (const [samples, size] of [
          [3, 7],
          [1, 1],
          [2, 70],
          [1, 1001],
        ] as const) {
          const a = 1.7;
          const [y, t] = pairOf(kind, samples * size);
          const target = (): tf.Tensor => tf.tensor(t, [samples, size]);
          const { losses, gradient } = evaluate(y, [samples, size], (outputs) =>
            pointLoss(kind, outputs, target(), a),
          );
          const meanOf = (values: Float32Array, row: number): number =>
            mean(
              Array.from(values.slice(row * size, (row + 1) * size), (value, i) =>
                references[kind](value, t[row * size + i]!, a),
              ),
            );
          const expected = Array.from({ length: samples }, (_, row) => meanOf(y, row));
          assertClose(losses, expected, `${kind} of ${samples} x ${size}`, 1e-6);
          const entries = [...y.keys()].filter((i) => isSmooth(kind, y[i]!, t[i]!));
          const measured = centralDifferences(
            (moved) => expected.reduce((sum, _, row) => sum + meanOf(moved, row), 0),
            y,
            entries.slice(0, 30),
            2 ** -9,
          );
          const found = entries.slice(0, 30).map((i) => gradient[i]! * size);
          assertClose(
            found,
            measured.map((slope) => slope * size),
            `${kind}: slope`,
            2e-3,
          );
        }
      });
    }

    it('of residuals have the values of the reference', () => {
      const r = [-2, -0.5, 0, 0.5, 3];
      const of = (kind: PointLoss): number[] =>
        r.map((value) => evaluate([value], [1, 1], (y) => pointLoss(kind, y)).losses[0]!);
      assertClose(of('huber'), [1.5, 0.125, 0, 0.125, 2.5], 'huber', 1e-7);
      const pseudo = [1.23606798, 0.11803399, 0, 0.11803399, 2.16227766];
      assertClose(of('pseudoHuber'), pseudo, 'pseudo-Huber', 1e-7);
    });

    it('of a logit have the values of the reference, weighted or not', () => {
      const of = (x: number, z: number, q: number): number =>
        evaluate([x], [1, 1], (y) => pointLoss('sigmoid', y, tf.tensor2d([[z]]), q)).losses[0]!;
      const cases = [
        [-2, 1],
        [0, 0],
        [3, 1],
      ] as const;
      const plain = cases.map(([x, z]) => of(x, z, 1));
      assertClose(plain, [2.12692801, 0.69314718, 0.04858735], 'plain', 1e-7);
      const weighted = cases.map(([x, z]) => of(x, z, 3));
      assertClose(weighted, [6.38078403, 0.69314718, 0.14576205], 'q = 3', 1e-7);
    });

    it('neither saturate nor overflow at logits of 80', () => {
      const { losses, gradient } = evaluate([80, -80, 80, -80], [4, 1], (x) =>
        pointLoss('sigmoid', x, tf.tensor2d([[0], [1], [1], [0]])),
      );
      assertClose(losses, [80, 80, 0, 0], 'sigmoid', 1e-7);
      assertClose(gradient, [1, -1, 0, 0], 'slope', 1e-7);
      const softmax = crossEntropy(
        [
          [80, -80, 0],
          [-80, 80, 80],
          [40, 0, 0],
        ],
        [1, 0, 1],
      );
      assertClose(softmax.losses, [160, 160 + Math.LN2, 40], 'softmax', 1e-6);
      assertClose(softmax.gradient, [1, -1, 0, -1, 0.5, 0.5, 1, -1, 0], 'its slope', 1e-6);
    });

    it('keep the digits of a residual or a doubt that is small', () => {
      for (const r of [1e-3, 0.03, 0.4, 0.999, 1.001]) {
        const expected = Math.log(Math.cosh(r));
        const found = evaluate([r], [1, 1], (y) => pointLoss('logCosh', y)).losses[0]!;
        assert.ok(Math.abs(found / expected - 1) < 2e-6, `ln cosh ${r} is ${found}`);
      }
      const [sure] = crossEntropy([[15, 0]], [0]).losses;
      assert.ok(Math.abs(sure! / Math.log1p(Math.exp(-15)) - 1) < 1e-6, `${sure}`);
    });

    it('of a hinge and of |r| have no slope at the corner', () => {
      const hinge = evaluate([1, -1, 0.5], [3, 1], (y) =>
        pointLoss('hinge', y, tf.tensor2d([[1], [-1], [1]])),
      );
      assert.deepEqual([...hinge.gradient], [0, 0, -1]);
      const absolute = evaluate([0, -0, -2], [3, 1], (y) => pointLoss('absolute', y));
      assert.deepEqual(
        [...absolute.gradient].map((v) => v + 0),
        [0, 0, -1],
      );
    });

    it('of classes have the values of the reference', () => {
      assertClose(crossEntropy([rows[0]!], [0]).losses, [0.41703001628], 'one', 1e-7);
      const smoothed = crossEntropy([rows[0]!], [0], { smoothing: 0.1 });
      assertClose(smoothed.losses, [0.5136966829], 'smoothed', 1e-7);
      assertClose([mean(crossEntropy(rows, [0, 1, 1]).losses)], [1.25108809], 'mean', 1e-7);
      const weights = [1, 2, 3];
      const pyTorch = crossEntropy(rows, [0, 1, 1], { weights, convention: 'weightedMean' });
      assertClose([mean(pyTorch.losses)], [1.4178997], 'PyTorch', 1e-7);
      const keras = crossEntropy(rows, [0, 1, 1], { weights, convention: 'sampleMean' });
      assertClose([mean(keras.losses) * 3], [7.08949852], 'weighted sum', 1e-7);
    });

    it('of classes are their definition with weights, smoothing and focus', () => {
      const labels = [0, 1, 1];
      const weights = [0.5, 2, 0];
      const cases: NonNullable<Parameters<typeof crossEntropy>[2]>[] = [
        {},
        { smoothing: 0.3 },
        { focus: 2 },
        { focus: 0.5, weights },
        { weights, convention: 'sampleMean' },
        { smoothing: 0.3, weights, convention: 'sampleMean' },
        { smoothing: 0.3, weights, convention: 'weightedMean' },
      ];
      for (const options of cases) {
        const share =
          options.convention === 'weightedMean'
            ? 3 / labels.reduce((sum, label) => sum + weights[label]!, 0)
            : 1;
        const lossesOf = (z: Float32Array): number[] =>
          labels.map((label, row) => {
            const logits = [...z.slice(3 * row, 3 * row + 3)];
            return share * exact(logits, label, options);
          });
        const z = Float32Array.from(rows.flat());
        const { losses, gradient } = crossEntropy(rows, labels, options);
        assertClose(losses, lossesOf(z), JSON.stringify(options), 3e-7);
        const slopes = centralDifferences(
          (moved) => lossesOf(moved).reduce((sum, value) => sum + value, 0),
          z,
          [...z.keys()],
          2 ** -9,
        );
        assertClose(gradient, slopes, `slope of ${JSON.stringify(options)}`, 1e-4);
      }
    });

    it('of shares of classes are the means of the losses of the classes', () => {
      const shares = [0.5, 0, 0.5, 0.1, 0.2, 0.7, 0, 1, 0];
      const weights = [0.5, 2, 0.25];
      const cases: NonNullable<Parameters<typeof crossEntropy>[2]>[] = [
        {},
        { smoothing: 0.3 },
        { smoothing: 0.3, weights, convention: 'sampleMean' },
        { smoothing: 0.3, weights, convention: 'weightedMean' },
      ];
      for (const { weights: given, ...options } of cases) {
        const ofRow = (row: number) =>
          shares.slice(3 * row, 3 * row + 3).map((share, k) => share * (given?.[k] ?? 1));
        const totals = [0, 1, 2].flatMap(ofRow).reduce((sum, weight) => sum + weight, 0);
        const factor = options.convention === 'weightedMean' ? 3 / totals : 1;
        const lossesOf = (z: Float32Array): number[] =>
          [0, 1, 2].map((row) => {
            const logits = [...z.slice(3 * row, 3 * row + 3)];
            const all = { ...options, ...(given && { weights: given }) };
            return [0, 1, 2].reduce(
              (sum, k) => sum + factor * shares[3 * row + k]! * exact(logits, k, all),
              0,
            );
          });
        const z = Float32Array.from(rows.flat());
        const { losses, gradient } = evaluate(z, [3, 3], (logits) =>
          sharedCrossEntropy(logits, tf.tensor2d(shares, [3, 3]), {
            ...options,
            ...(given && { weights: tf.tensor1d(given) }),
          }),
        );
        assertClose(losses, lossesOf(z), JSON.stringify(options), 3e-7);
        const slopes = centralDifferences(
          (moved) => lossesOf(moved).reduce((sum, value) => sum + value, 0),
          z,
          [...z.keys()],
          2 ** -9,
        );
        assertClose(gradient, slopes, `slope of ${JSON.stringify(options)}`, 1e-4);
      }
    });

    it('of focus stay finite where the network is certain', () => {
      for (const focus of [0.5, 2]) {
        const { losses, gradient } = crossEntropy(
          [
            [80, -80],
            [-80, 80],
            [200, 0],
          ],
          [0, 0, 0],
          { focus },
        );
        assertClose(losses, [0, 160, 0], 'losses', 1e-6);
        assertClose(gradient, [0, 0, -1, 1, 0, 0], 'slopes', 1e-6);
      }
    });

    it('of a label that is no class are NaN', () => {
      for (const label of [-1, 3, 1 << 30]) {
        assert.ok(Number.isNaN(crossEntropy([rows[0]!], [label]).losses[0]));
      }
      assertClose(crossEntropy([[5]], [0]).losses, [0], 'one class', 1e-7);
    });

    it('of distributions are the divergence of the reference', () => {
      const logits = [0.4, 0.4, 0.2].map(Math.log);
      const of = (target: readonly number[]): LossAndGradient =>
        evaluate(logits, [1, 3], (z) =>
          distributionCrossEntropy(z, tf.tensor2d([[...target]]), { divergence: true }),
        );
      const { losses, gradient } = of([0.5, 0.3, 0.2]);
      assertClose(losses, [0.02526715], 'divergence', 1e-7);
      assertClose(gradient, [-0.1, 0.1, 0], 'slope', 1e-7);
      assertClose(of([0, 1, 0]).losses, [-Math.log(0.4)], 'one-hot', 1e-7);
    });

    it('are what the composed operations of other backends give', async () => {
      for (const kind of kinds) {
        const [y, t] = pairOf(kind, 60);
        await checkAgainstCpu(kind, () => {
          const target = tf.tensor(t, [4, 3, 5]);
          const loss = (given: tf.Tensor): tf.Tensor => pointLoss(kind, given, target, 1.3);
          const { value, grad } = tf.valueAndGrad(loss)(tf.tensor(y, [4, 3, 5]), random([4], 5));
          return [value, grad];
        });
      }
      for (const options of [{ smoothing: 0.2 }, { focus: 1.5 }, {}]) {
        for (const convention of ['weightedMean', 'sampleMean'] as const) {
          await checkAgainstCpu(JSON.stringify(options), () => {
            const labels = tf.tensor2d([0, 2, 4, 1, 1, 3], [2, 3], 'int32');
            const weights = tf.tensor1d([1, 2, 0.5, 4, 1]);
            const loss = (z: tf.Tensor): tf.Tensor =>
              softmaxCrossEntropy(z, labels, { ...options, weights, convention });
            const { value, grad } = tf.valueAndGrad(loss)(random([2, 3, 5], 1), random([2], 2));
            return [value, grad, oneHot(labels, 5)];
          });
        }
      }
      for (const divergence of [true, false]) {
        await checkAgainstCpu('distribution', () => {
          const target = tf.softmax(random([2, 3, 5], 2));
          const loss = (z: tf.Tensor): tf.Tensor =>
            distributionCrossEntropy(z, target, { divergence });
          const { value, grad } = tf.valueAndGrad(loss)(random([2, 3, 5], 1), random([2], 3));
          return [value, grad];
        });
      }
    });

    it('of overlap are composed of the softmax and its sums, for any number of classes', async () => {
      for (const shape of [
        [3, 5, 7, 1],
        [2, 1, 3],
        [2, 33, 31, 3],
        [1, 1025, 4],
        [2, 9, 21],
        [4, 2],
      ]) {
        await checkAgainstCpu(`[${shape.join(', ')}]`, () => {
          const target = tf.abs(random(shape, 2));
          const loss = (z: tf.Tensor): tf.Tensor =>
            tversky(z, target, { alpha: 0.3, beta: 0.8, smooth: 0.5 });
          const { value, grad } = tf.valueAndGrad(loss)(
            tf.mul(random(shape, 1), 4),
            random([shape[0]!], 3),
          );
          // Slopes are as small as samples are large.
          return [value, tf.mul(grad, target.size / value.size)];
        });
      }
    });

    it('of labels keep their digits for two classes and for thousands', () => {
      for (const classes of [2, 3, 17, 5000]) {
        // Steps of 1/64: their differences are exact.
        const z = Array.from({ length: 37 }, (_, row) =>
          Array.from(numbers(classes, row + 1), (value) => Math.round(400 * value) / 64),
        );
        const labels = z.map((_, row) => (row * 7) % classes);
        for (const options of [{}, { smoothing: 0.1 }, { focus: 2 }]) {
          const { losses, gradient } = crossEntropy(z, labels, options);
          const expected = z.map((row, i) => exact(row, labels[i]!, options));
          const ratios = expected.map((value, i) => losses[i]! / value);
          assertClose(
            ratios,
            expected.map(() => 1),
            `${classes}`,
            1e-6,
          );
          const sums = z.map((_, i) =>
            gradient.slice(i * classes, (i + 1) * classes).reduce((sum, value) => sum + value, 0),
          );
          assertClose(
            sums,
            sums.map(() => 0),
            'the gradients of a row add to nothing',
            1e-5,
          );
        }
      }
    });

    it('of weights are l1 Σ |w| + l2 Σ w², in one pass', async () => {
      const found = evaluate([1, -2, 0.5, 0], [2, 2], (w) => weightPenalty(w, { l1: 1, l2: 0.1 }));
      assertClose(found.losses, [4.025], 'elastic net', 1e-7);
      assertClose(found.gradient, [1.2, -1.4, 1.1, 0], 'slope', 1e-7);
      const w = numbers(50_001, 3);
      const { losses } = evaluate(w, [50_001], (x) => weightPenalty(x, { l1: 0.5, l2: 2 }));
      const expected = w.reduce((sum, x) => sum + 0.5 * Math.abs(x) + 2 * x * x, 0);
      assertClose([losses[0]! / expected], [1], 'long', 2e-7);
      await checkAgainstCpu('penalty', () => {
        const penalty = (x: tf.Tensor): tf.Tensor => weightPenalty(x, { l1: 0.3, l2: 0.7 });
        const { value, grad } = tf.valueAndGrad(penalty)(random([33, 5], 1), tf.scalar(-2));
        return [value, grad];
      });
    });
  });
}

/** Whether the loss has a slope around this place. */
function isSmooth(kind: PointLoss, y: number, t: number): boolean {
  if (kind === 'absolute') return Math.abs(y - t) > 0.01;
  if (kind === 'hinge') return Math.abs(1 - t * y) > 0.01;
  return true;
}
