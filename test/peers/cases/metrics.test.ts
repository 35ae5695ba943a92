import assert from 'node:assert/strict';
import type { MetricKind } from '#common/catalogue/metrics';
import { draws, streamKey } from '#common/rng';
import { percentileOf } from '../../../server/training/normalization/percentiles';
import { addClasses, addTargets, randomClasses, tallyOf } from '../../unit/metrics/support';
import { runPython } from '../environment';

interface Measured {
  readonly classes: readonly {
    readonly figures: Readonly<Partial<Record<MetricKind, number | null>>>;
    readonly confusion: readonly (readonly number[])[];
  }[];
  readonly images: readonly { readonly ssim: number; readonly psnr: number }[];
  readonly percentiles: readonly number[];
}

type Samples = readonly (readonly [label: number, logits: readonly number[]])[];

/** Samples that are likely to go wrong: ties, few, one class, a class that is never true. */
const cases: Readonly<Record<string, readonly [classes: number, Samples]>> = {
  'two classes': [2, randomClasses(1, 300, 2)],
  'two classes with ties': [2, randomClasses(2, 300, 2, true)],
  'seven classes': [7, randomClasses(3, 500, 7)],
  'seven classes with ties': [7, randomClasses(4, 500, 7, true)],
  'a class without samples': [4, randomClasses(5, 200, 3).map(([y, z]) => [y, [...z, 0.1]])],
  'one class only': [3, randomClasses(6, 40, 3).map(([, z]) => [1, z])],
  'one sample': [3, randomClasses(7, 1, 3)],
  'equal logits': [3, randomClasses(8, 30, 3).map(([y]) => [y, [1, 1, 1]])],
};

const shapes: readonly (readonly number[])[] = [
  [11, 11, 1],
  [16, 24, 1],
  [32, 20, 3],
];

function randomImage(seed: number, shape: readonly number[]): number[] {
  const { uniform } = draws(streamKey(seed, 'synthetic'));
  const size = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: size }, () => Math.fround(uniform()));
}

describe('scikit-learn and scikit-image', () => {
  let theirs: Measured;
  const images = shapes.map((shape, i) => {
    const [a, noise] = [randomImage(i, shape), randomImage(100 + i, shape)];
    return { shape, a, b: a.map((value, k) => Math.fround(0.8 * value + 0.2 * noise[k]!)) };
  });
  const values = randomImage(50, [777]);
  const percents = [0, 1, 12.5, 50, 97, 100];
  before(async () => {
    theirs = await runPython<Measured>('cases/metrics.py', {
      classes: Object.values(cases).map(([, samples]) => ({
        labels: samples.map(([label]) => label),
        logits: samples.map(([, logits]) => logits),
      })),
      images,
      values,
      percents,
    });
  });

  for (const [index, [name, [classes, samples]]] of Object.entries(cases).entries()) {
    it(`measure the same for ${name}`, () => {
      const { figures, confusion } = theirs.classes[index]!;
      const names = Object.keys(figures) as MetricKind[];
      const classNames = Array.from({ length: classes }, (_, k) => String(k));
      const tally = tallyOf('classification', names, { classNames });
      addClasses(tally, samples);
      const { metrics, confusionMatrix } = tally.results('test');
      assert.deepEqual(confusionMatrix, confusion);
      for (const [metric, value] of Object.entries(figures)) {
        // Where scikit-learn has no value, kappa is 0 by our definition and an area is left out.
        const expected = value ?? (metric === 'cohenKappa' ? 0 : undefined);
        const found = metrics[metric];
        if (expected === undefined) assert.equal(found, undefined, metric);
        else assert.ok(Math.abs(found! - expected) < 1e-9, `${metric}: ${found}, ${expected}`);
      }
    });
  }

  for (const [index, { shape, a, b }] of images.entries()) {
    it(`measure the same for images of ${shape.join(' × ')}`, () => {
      const tally = tallyOf('reconstruction', ['ssim', 'psnr'], { shape });
      addTargets(tally, [[a, b]]);
      const { ssim, psnr } = tally.figures();
      assert.ok(Math.abs(ssim! - theirs.images[index]!.ssim) < 1e-9, `SSIM ${ssim}`);
      assert.ok(Math.abs(psnr! - theirs.images[index]!.psnr) < 1e-9, `PSNR ${psnr}`);
    });
  }

  it('have the same percentiles', () => {
    const sorted = Float64Array.from(values).sort();
    for (const [i, percent] of percents.entries()) {
      assert.ok(Math.abs(percentileOf(sorted, percent) - theirs.percentiles[i]!) < 1e-12);
    }
  });
});
