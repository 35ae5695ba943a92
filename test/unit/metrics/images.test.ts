import assert from 'node:assert/strict';
import { draws, streamKey } from '#common/rng';
import { structuralSimilarity } from '../../../server/training/metrics/ssim';
import { spreadOf } from '../../../server/training/metrics/values';
import { assertClose } from '../engine/support';
import { addTargets, tallyOf } from './support';

/** One image of 1 × n pixels after another: true classes and predicted ones. */
function segmentation(
  images: readonly (readonly [truth: readonly number[], predicted: readonly number[]])[],
  classes = 3,
) {
  const width = images[0]![0].length;
  const tally = tallyOf('segmentation', ['dice', 'iou', 'accuracy'], {
    classNames: Array.from({ length: classes }, (_, k) => `class ${k}`),
    shape: [1, width, 1],
    keepsSamples: true,
  });
  const outputs = images.flatMap(([, predicted]) =>
    predicted.flatMap((p) => Array.from({ length: classes }, (_, k) => Number(k === p))),
  );
  tally.add([{ values: new Float32Array(images.length) }], Float32Array.from(outputs), {
    labels: Int32Array.from(images.flatMap(([truth]) => truth)),
  });
  return tally.results('test');
}

describe('metrics of masks', () => {
  it('compare sets of pixels over all images, without the background', () => {
    const { metrics, perClass, confusionMatrix } = segmentation([
      [
        [0, 1, 1, 1],
        [0, 0, 1, 1],
      ],
      [
        [0, 0, 2, 2],
        [1, 0, 2, 0],
      ],
    ]);
    assert.deepEqual(confusionMatrix, [
      [2, 1, 0],
      [1, 2, 0],
      [1, 0, 1],
    ]);
    // Class 1: |A| = 3, |B| = 3, common 2. Class 2: |A| = 2, |B| = 1, common 1.
    assertClose([metrics['dice']!], [(4 / 6 + 2 / 3) / 2], 'dice', 1e-15);
    assertClose([metrics['iou']!], [(2 / 4 + 1 / 2) / 2], 'iou', 1e-15);
    assert.equal(metrics['accuracy'], 5 / 8);
    assert.deepEqual(
      perClass!.map(({ iou }) => iou),
      [2 / 5, 1 / 2, 1 / 2],
    );
  });

  it('leave out a class that occurs nowhere, and have 0 for a background alone', () => {
    const { metrics } = segmentation([
      [
        [0, 1],
        [0, 1],
      ],
    ]);
    assert.deepEqual([metrics['dice'], metrics['iou']], [1, 1]);
    assert.equal(
      segmentation([
        [
          [0, 0],
          [0, 0],
        ],
      ]).metrics['dice'],
      0,
    );
  });

  it('have intervals over images, because pixels are not independent', () => {
    const image = (isRight: boolean) =>
      [Array(100).fill(1), Array(100).fill(Number(isRight))] as const;
    const images = Array.from({ length: 40 }, (_, i) => image(i % 4 > 0));
    const { intervals, metrics } = segmentation(images, 2);
    const { low, high, method } = intervals!['accuracy']!;
    assert.equal(method, 'bootstrap');
    assert.equal(metrics['accuracy'], 0.75);
    // Of 40 images: ± 2 √(¾ · ¼ / 40) = 0.13; of 4000 pixels it would be 0.013.
    assert.ok(high - low > 0.2 && high - low < 0.32, `${low}–${high}`);
  });

  it('take one logit of two classes as that of the second', () => {
    const tally = tallyOf('segmentation', ['accuracy'], {
      classNames: ['a', 'b'],
      shape: [1, 4, 1],
    });
    tally.add([{ values: Float32Array.of(0) }], Float32Array.of(-1, 2, 3, -4), {
      labels: Int32Array.of(0, 1, 0, 0),
    });
    assert.equal(tally.figures()['accuracy'], 0.75);
  });
});

describe('metrics of images and numbers', () => {
  it('are means of errors', () => {
    const tally = tallyOf('regression', ['meanSquaredError', 'meanAbsoluteError']);
    addTargets(tally, [
      [
        [1, 2],
        [2, 4],
      ],
      [
        [0, 0],
        [0, -3],
      ],
    ]);
    assert.deepEqual(tally.figures(), {
      loss: 0,
      meanSquaredError: 14 / 4,
      meanAbsoluteError: 6 / 4,
    });
  });

  it('have a peak of 1 and the mean ratio over images, bounded for a perfect one', () => {
    const tally = tallyOf('reconstruction', ['psnr'], { shape: [1, 2, 1] });
    addTargets(tally, [
      [
        [0.5, 0.5],
        [0.6, 0.4],
      ],
    ]);
    assertClose([tally.figures()['psnr']!], [20], 'psnr', 1e-5);
    addTargets(tally, [
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    ]);
    assertClose([tally.figures()['psnr']!], [(20 + 120) / 2], 'psnr', 1e-5);
  });
});

describe('structural similarity', () => {
  const random = (seed: number, count: number) => {
    const { uniform } = draws(streamKey(seed, 'synthetic'));
    return Float32Array.from({ length: count }, uniform);
  };

  it('is 1 for equal images and is symmetric', () => {
    const [a, b] = [random(1, 20 * 17 * 3), random(2, 20 * 17 * 3)];
    assertClose([structuralSimilarity(a, a, [20, 17, 3])], [1], 'equal', 1e-12);
    const [ab, ba] = [
      structuralSimilarity(a, b, [20, 17, 3]),
      structuralSimilarity(b, a, [20, 17, 3]),
    ];
    assertClose([ab], [ba], 'symmetric', 1e-12);
    assert.ok(ab < 0.2);
  });

  it('of constant images is the term of brightness alone', () => {
    const [x, y] = [0.25, 0.75];
    const expected = (2 * x * y + 1e-4) / (x * x + y * y + 1e-4);
    const flat = (value: number) => new Float32Array(13 * 12).fill(value);
    assertClose([structuralSimilarity(flat(x), flat(y), [13, 12, 1])], [expected], 'flat', 1e-9);
  });

  it('of an image as large as the window is one place by hand', () => {
    const [a, b] = [random(3, 121), random(4, 121)];
    const weights = Array.from({ length: 121 }, (_, i) => {
      const [down, across] = [Math.floor(i / 11) - 5, (i % 11) - 5];
      return Math.exp(-(down ** 2 + across ** 2) / 4.5);
    });
    const total = weights.reduce((sum, w) => sum + w, 0);
    const mean = (f: (i: number) => number) =>
      weights.reduce((sum, w, i) => sum + (w / total) * f(i), 0);
    const [mx, my] = [mean((i) => a[i]!), mean((i) => b[i]!)];
    const vx = mean((i) => (a[i]! - mx) ** 2);
    const vy = mean((i) => (b[i]! - my) ** 2);
    const cov = mean((i) => (a[i]! - mx) * (b[i]! - my));
    const expected =
      ((2 * mx * my + 1e-4) * (2 * cov + 9e-4)) / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4));
    assertClose([structuralSimilarity(a, b, [11, 11, 1])], [expected], 'one place', 1e-12);
  });

  it('of small images has a smaller window', () => {
    const [a, b] = [random(5, 64), random(6, 64)];
    assert.ok(Math.abs(structuralSimilarity(a, b, [8, 8, 1])) < 1);
    assertClose([structuralSimilarity(a, a, [1, 64, 1])], [1], 'one row', 1e-12);
  });
});

describe('the spread of errors', () => {
  it('counts samples in equal stretches up to the largest error', () => {
    const { largest, median, counts } = spreadOf(Float64Array.from([0, 0.1, 0.3, 2.4, 1.2]));
    assert.deepEqual([largest, median, counts.length], [2.4, 0.3, 24]);
    const filled = counts.flatMap((count, bin) => (count > 0 ? [[bin, count]] : []));
    assert.deepEqual(filled, [
      [0, 1],
      [1, 1],
      [3, 1],
      [12, 1],
      [23, 1],
    ]);
  });

  it('is level for perfect answers, and passes over errors that are not numbers', () => {
    assert.deepEqual(spreadOf(Float64Array.from([0, 0, NaN, 0])).counts.slice(0, 2), [3, 0]);
    assert.equal(spreadOf(Float64Array.from([1, 2, 3, 4, Infinity])).median, 2.5);
    assert.deepEqual(
      [spreadOf(new Float64Array(0)).largest, spreadOf(new Float64Array(0)).median],
      [0, 0],
    );
  });

  it('stands beside the figures of numbers', () => {
    const tally = tallyOf('regression', ['meanAbsoluteError'], { shape: [2], keepsSamples: true });
    addTargets(tally, [
      [
        [0, 0],
        [1, 3],
      ],
      [
        [1, 1],
        [1, 0],
      ],
      [
        [5, 5],
        [5, 9],
      ],
    ]);
    const { errors, metrics } = tally.results('test');
    assert.deepEqual([errors!.largest, errors!.median], [2, 2]);
    assert.equal(metrics['meanAbsoluteError'], (2 + 0.5 + 2) / 3);
  });
});
