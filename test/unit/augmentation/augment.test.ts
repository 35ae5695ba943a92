import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { AugmentationValue, AugmentationValueOf } from '#common/catalogue/augmentation';
import { buildAugmentation } from '../../../server/training/augmentation/augment';
import { useEngine } from '../engine/support';
import { contextOf } from '../model/support';

const shape = [6, 5, 2] as const;
const size = 60;

/** Changes images that lie one after the other, in place. */
function augmentBatch(
  augmentation: readonly AugmentationValue[],
  images: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  samples: Uint32Array,
  draw: { readonly seed: number; readonly epoch: number },
): void {
  const changed = tf.tidy(() => {
    const x = tf.tensor4d(images, [samples.length, height, width, channels]);
    const ctx = contextOf(samples.length, { samples: [...samples], ...draw });
    return buildAugmentation({ augmentation }).apply(x, ctx).dataSync<'float32'>();
  });
  images.set(changed);
}

const flip: AugmentationValueOf<'flipLeftRight'> = { type: 'flipLeftRight', probability: 0.5 };
const noise: AugmentationValueOf<'gaussianNoise'> = {
  type: 'gaussianNoise',
  sigma: 0.1,
  probability: 1,
};
const affine: AugmentationValueOf<'affine'> = {
  type: 'affine',
  rotateDegrees: 20,
  translate: 0.2,
  scale: 0.2,
  shearDegrees: 10,
  interpolation: 'bilinear',
  border: 'zero',
  probability: 0.8,
};
const all: readonly AugmentationValue[] = [flip, affine, noise];

/** The image of a sample: no two alike, and not symmetric. */
function imageOf(sample: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => ((i * 7 + sample * 13) % 31) / 31);
}

function augmented(
  steps: readonly AugmentationValue[],
  samples: readonly number[],
  { seed = 1, epoch = 0 } = {},
): readonly Float32Array[] {
  const images = new Float32Array(samples.length * size);
  samples.forEach((sample, row) => images.set(imageOf(sample), row * size));
  augmentBatch(steps, images, shape, Uint32Array.from(samples), { seed, epoch });
  return samples.map((_, row) => images.slice(row * size, (row + 1) * size));
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('augmentation', () => {
  useEngine();

  for (const step of all) {
    it(`${step.type}: what happens to a sample does not depend on its batch`, () => {
      const whole = augmented([step], range(40));
      const mixed = augmented([step], range(40).reverse());
      for (const sample of range(40)) {
        assert.deepEqual(whole[sample], mixed[39 - sample]);
        assert.deepEqual(whole[sample], augmented([step], [sample])[0]);
      }
    });

    it(`${step.type}: another seed, epoch or place in the list draws anew`, () => {
      const samples = range(40);
      const first = augmented([step], samples);
      assert.deepEqual(augmented([step], samples), first);
      assert.notDeepEqual(augmented([step], samples, { seed: 2 }), first);
      assert.notDeepEqual(augmented([step], samples, { epoch: 1 }), first);
      const never: AugmentationValue = { type: 'flipLeftRight', probability: 0 };
      assert.notDeepEqual(augmented([never, step], samples), first);
    });

    it(`${step.type}: with probability 0 leaves every image as it is`, () => {
      const images = augmented([{ ...step, probability: 0 }], range(20));
      assert.deepEqual(images, range(20).map(imageOf));
    });
  }

  it('without steps changes nothing', () => {
    assert.deepEqual(augmented([], range(3)), range(3).map(imageOf));
  });

  it('is applied in the order of the list', () => {
    const samples = range(10);
    const [both, other] = [augmented([affine, flip], samples), augmented([flip, affine], samples)];
    assert.notDeepEqual(both, other);
  });
});

describe('flipping left to right', () => {
  useEngine();

  const always = { ...flip, probability: 1 };

  for (const width of [1, 4, 5]) {
    it(`mirrors rows of ${width}, channels kept together, and twice is the identity`, () => {
      const rows = [0, 1, 2].map((row) =>
        Array.from({ length: width }, (_, x) => [row + x / 8, -row - x / 8]),
      );
      const source = Float32Array.from(rows.flat(2));
      const image = source.slice();
      const mirror = () =>
        augmentBatch([always], image, [3, width, 2], Uint32Array.of(3), { seed: 1, epoch: 0 });
      mirror();
      const mirrored = rows.map((row) => [...row].reverse());
      assert.deepEqual(image, Float32Array.from(mirrored.flat(2)));
      mirror();
      assert.deepEqual(image, source);
    });
  }

  it('happens as often as its probability says', () => {
    const count = 4000;
    const images = augmented([{ ...flip, probability: 0.3 }], range(count));
    const changed = images.filter((image, sample) => image[0] !== imageOf(sample)[0]).length;
    // Binomial: 1200 ± 29; five deviations either way.
    assert.ok(Math.abs(changed - 1200) < 145, String(changed));
  });
});

describe('Gaussian noise', () => {
  useEngine();

  it('has the asked strength, no mean, and no pixel in common with the next sample', () => {
    const count = 500;
    const images = augmented([noise], range(count));
    const draws = images.flatMap((image, sample) => {
      const source = imageOf(sample);
      return [...image].map((value, i) => (value - source[i]!) / 0.1);
    });
    const n = draws.length;
    const mean = draws.reduce((sum, z) => sum + z, 0) / n;
    const variance = draws.reduce((sum, z) => sum + (z - mean) ** 2, 0) / n;
    const kurtosis = draws.reduce((sum, z) => sum + (z - mean) ** 4, 0) / n / variance ** 2;
    // Of 30,000 draws: 1/√n, √(2/n) and √(24/n); five deviations either way.
    assert.ok(Math.abs(mean) < 5 / Math.sqrt(n), String(mean));
    assert.ok(Math.abs(variance - 1) < 5 * Math.sqrt(2 / n), String(variance));
    assert.ok(Math.abs(kurtosis - 3) < 5 * Math.sqrt(24 / n), String(kurtosis));
    const product = range(n - size).reduce((sum, i) => sum + draws[i]! * draws[i + size]!, 0);
    assert.ok(Math.abs(product / n) < 5 / Math.sqrt(n), String(product / n));
  });

  it('does not depend on the probability by which it happens', () => {
    const samples = range(200);
    const always = augmented([noise], samples);
    const often = augmented([{ ...noise, probability: 0.5 }], samples);
    const kept = samples.filter((sample) => often[sample]![0] !== imageOf(sample)[0]);
    assert.ok(kept.length > 60 && kept.length < 140, String(kept.length));
    for (const sample of kept) assert.deepEqual(often[sample], always[sample]);
  });

  it('is as strong in the samples that a small probability chooses', () => {
    const samples = range(4000);
    const images = augmented([{ ...noise, probability: 0.1 }], samples);
    const first = samples
      .map((sample) => (images[sample]![0]! - imageOf(sample)[0]!) / 0.1)
      .filter((z) => z !== 0);
    const variance = first.reduce((sum, z) => sum + z * z, 0) / first.length;
    // 400 ± 19 of them, and a variance known to √(2/400); five deviations either way.
    assert.ok(Math.abs(first.length - 400) < 95, String(first.length));
    assert.ok(Math.abs(variance - 1) < 0.36, String(variance));
  });
});

describe('the random affine transform', () => {
  useEngine();

  /** The centre of light of an image, by which a shift is measured exactly. */
  function centre(image: Float32Array, side: number): [number, number] {
    let [sum, down, right] = [0, 0, 0];
    image.forEach((value, i) => {
      sum += value;
      down += value * Math.floor(i / side);
      right += value * (i % side);
    });
    return [down / sum, right / sum];
  }

  it('shifts evenly up to the asked part of the image, both ways and both axes apart', () => {
    const side = 41;
    const count = 400;
    const images = new Float32Array(count * side * side);
    for (let row = 0; row < count; row++) images[row * side * side + 20 * side + 20] = 1;
    const step = {
      ...affine,
      rotateDegrees: 0,
      scale: 0,
      shearDegrees: 0,
      translate: 0.2,
      probability: 1,
    };
    augmentBatch([step], images, [side, side, 1], Uint32Array.from(range(count)), {
      seed: 5,
      epoch: 2,
    });
    const shifts = range(count).map((row) => {
      const [y, x] = centre(images.subarray(row * side * side, (row + 1) * side * side), side);
      return [(y - 20) / (0.2 * side), (x - 20) / (0.2 * side)] as const;
    });
    for (const axis of [0, 1] as const) {
      const values = shifts.map((shift) => shift[axis]);
      assert.ok(Math.max(...values) <= 1 + 1e-5 && Math.max(...values) > 0.95);
      assert.ok(Math.min(...values) >= -1 - 1e-5 && Math.min(...values) < -0.95);
      const variance = values.reduce((sum, v) => sum + v * v, 0) / count;
      // Even over ±1: variance 1/3, known to √(4/45/400) = 0.015; five deviations either way.
      assert.ok(Math.abs(variance - 1 / 3) < 0.075, String(variance));
    }
    const product = shifts.reduce((sum, [y, x]) => sum + y * x, 0) / count;
    assert.ok(Math.abs(product) < 5 / 3 / Math.sqrt(count), String(product));
  });

  it('draws between the ends of a range, and does the same as a number with the ends that it means', () => {
    const still = { ...affine, rotateDegrees: 0, translate: 0, scale: 0, shearDegrees: 0 };
    const asRange: AugmentationValueOf<'affine'> = {
      ...affine,
      rotateDegrees: [-20, 20],
      translate: [-0.2, 0.2],
      scale: [0.8, 1.2],
      shearDegrees: [-10, 10],
    };
    assert.deepEqual(augmented([asRange], range(30)), augmented([affine], range(30)));
    const fixed: AugmentationValueOf<'affine'> = {
      ...still,
      rotateDegrees: [180, 180],
      probability: 1,
    };
    const turned = augmented([fixed], [3])[0]!;
    const source = imageOf(3);
    for (const pixel of range(size / 2)) {
      const from = source.subarray(size - 2 * pixel - 2, size - 2 * pixel);
      assert.deepEqual(turned.subarray(2 * pixel, 2 * pixel + 2), from);
    }
  });
});
