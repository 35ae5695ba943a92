import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { draws, purposeKey, sampleKey, symmetricBeta } from '#common/rng';
import { useEngine } from '../engine/support';
import { contextOf, type PassOptions } from '../model/support';
import { augmentationOf, augmented, movedTargets, range, type Shape4 } from './support';
import { assertDistribution, symmetricBetaCdf } from './distributions';

const [height, width] = [10, 14];
const pixels = height * width;

interface Mixed {
  /** Of each sample: pixel after pixel, a channel for each sample that light may come from. */
  readonly images: readonly Float32Array[];
  readonly targets: readonly Float32Array[];
}

/** Samples of which each has its light in a channel of its own, and their one-hot classes, changed. */
function mixed(steps: readonly object[], count: number, options: PassOptions = {}): Mixed {
  const eye = new Float32Array(count * count);
  for (const i of range(count)) eye[i * count + i] = 1;
  const [images, targets] = tf.tidy(() => {
    const classes = tf.tensor2d(eye, [count, count]);
    const x = tf.tile(tf.reshape(classes, [count, 1, 1, count]), [1, height, width, 1]);
    const augmentation = augmentationOf(...steps);
    const ctx = contextOf(count, options);
    const format = { kind: 'values', imageSize: [height, width] } as const;
    return [
      augmentation.apply(x as tf.Tensor4D, ctx).dataSync<'float32'>(),
      augmentation.applyToTarget(classes, ctx, format).dataSync<'float32'>(),
    ] as const;
  });
  const rowsOf = (values: Float32Array) => {
    const size = values.length / count;
    return range(count).map((row) => values.slice(row * size, (row + 1) * size));
  };
  return { images: rowsOf(images), targets: rowsOf(targets) };
}

/** Whom each sample was mixed with; -1 for those that were left alone. */
function partnersOf({ targets }: Mixed): number[] {
  return targets.map((shares, own) => shares.findIndex((share, i) => share > 0 && i !== own));
}

/** How much of each sample's light comes from each sample. */
function lightOf(image: Float32Array, count: number): number[] {
  const sums = new Array<number>(count).fill(0);
  for (const [i, value] of image.entries()) sums[i % count]! += value / pixels;
  return sums;
}

/** Asserts that targets have the shares of the light in their images. */
function assertSharesOfLight({ images, targets }: Mixed): void {
  for (const [i, shares] of targets.entries()) {
    const light = lightOf(images[i]!, targets.length);
    shares.forEach((share, k) => assert.ok(Math.abs(share - light[k]!) < 1e-5, `${i}, ${k}`));
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-6);
  }
}

/** Samples to know a distribution by. */
const many = 400;

for (const type of ['mixup', 'cutmix']) {
  describe(type, () => {
    useEngine();

    it('mixes targets as the light of their images is mixed', () => {
      for (const step of [{}, { probability: 0.5 }, { alpha: 4 }]) {
        const result = mixed([{ type, ...step }], 12);
        assertSharesOfLight(result);
        assert.ok(partnersOf(result).some((partner) => partner >= 0));
      }
    });

    it('leads from each sample to all others in one circle', () => {
      // With shares near one half every sample has a visible part of its partner.
      const partners = partnersOf(mixed([{ type, alpha: 1000 }], 24));
      const seen = new Set<number>();
      for (let at = 0; !seen.has(at); at = partners[at]!) seen.add(at);
      assert.equal(seen.size, 24);
    });

    it('draws anew for another epoch, seed or place, and the same again', () => {
      const shares = (options: PassOptions, before: readonly object[] = []) =>
        mixed([...before, { type, alpha: 1 }], 12, options).targets;
      const first = shares({ epoch: 3 });
      assert.deepEqual(shares({ epoch: 3 }), first);
      assert.notDeepEqual(shares({ epoch: 4 }), first);
      assert.notDeepEqual(shares({ epoch: 3, seed: 8 }), first);
      assert.notDeepEqual(shares({ epoch: 3 }, [{ type: 'blur' }]), first);
    });

    it('leaves a sample without another one as it is', () => {
      const { images, targets } = mixed([{ type }], 1);
      assert.deepEqual([targets[0]![0], new Set(images[0])], [1, new Set([1])]);
    });
  });
}

describe('mixing samples', () => {
  useEngine();

  it('by mixup has shares of the beta distribution', () => {
    const eye = Float32Array.from({ length: many ** 2 }, (_, i) => Number(i % (many + 1) === 0));
    for (const alpha of [0.5, 1, 2]) {
      const steps = [{ type: 'mixup', alpha }];
      const targets = movedTargets(steps, eye, [many, many], 'values', [height, width]);
      const shares = range(many).map((i) => targets[i * (many + 1)]!);
      assertDistribution(shares, symmetricBetaCdf[alpha]!);
    }
  });

  it('by mixup is λ x + (1 − λ) x of the other, for values of any kind', () => {
    const shape = [6, 2];
    const numbers = Float32Array.from({ length: 12 }, (_, i) => i * i - 7);
    const { targets } = mixed([{ type: 'mixup', alpha: 1 }], 6, {});
    const found = movedTargets([{ type: 'mixup', alpha: 1 }], numbers, shape, 'values', [10, 14]);
    for (const [row, shares] of targets.entries()) {
      for (const column of [0, 1]) {
        const expected = shares.reduce(
          (sum, share, i) => sum + share * numbers[2 * i + column]!,
          0,
        );
        assert.ok(Math.abs(found[2 * row + column]! - expected) < 1e-5);
      }
    }
  });

  it('by cutmix has the box of the paper and of TorchVision', () => {
    const alpha = 1;
    const { images, targets } = mixed([{ type: 'cutmix', alpha }], 60, { seed: 5, epoch: 2 });
    const purpose = purposeKey(5, 'augmentation/0');
    for (const [own, image] of images.entries()) {
      const draw = draws(sampleKey(purpose, 2, own));
      const r = 0.5 * Math.sqrt(1 - symmetricBeta(draw, alpha));
      const [row, column] = [draw.below(height), draw.below(width)];
      const [down, across] = [Math.trunc(r * height), Math.trunc(r * width)];
      const rows = [Math.max(row - down, 0), Math.min(row + down, height)] as const;
      const columns = [Math.max(column - across, 0), Math.min(column + across, width)] as const;
      for (const pixel of range(pixels)) {
        const [i, j] = [Math.floor(pixel / width), pixel % width];
        const isCut = i >= rows[0] && i < rows[1] && j >= columns[0] && j < columns[1];
        assert.equal(image[pixel * 60 + own], isCut ? 0 : 1, `sample ${own} at ${i}, ${j}`);
      }
      const share = 1 - ((rows[1] - rows[0]) * (columns[1] - columns[0])) / pixels;
      assert.ok(Math.abs(targets[own]![own]! - share) < 1e-6);
    }
  });

  it('by one of several, and by several after each other, goes with the targets', () => {
    const choices = [{ type: 'mixup', alpha: 1 }, { type: 'cutmix' }, { type: 'flipLeftRight' }];
    const flip = { type: 'flipLeftRight', probability: 1 };
    const oneOf = mixed([flip, { type: 'oneOf', choices, probability: 0.9 }], 30);
    assertSharesOfLight(oneOf);
    // Some are left alone, and no sample is made of more than two.
    assert.ok(oneOf.targets.some((shares, own) => shares[own] === 1));
    for (const shares of oneOf.targets) assert.ok(shares.filter((share) => share > 0).length <= 2);
    const both = mixed([{ type: 'mixup', alpha: 1 }, { type: 'cutmix' }], 30);
    assertSharesOfLight(both);
    assert.ok(both.targets.some((shares) => shares.filter((share) => share > 0).length > 2));
  });

  it('cuts masks and images of targets as it cuts the images, and leaves no class between two', () => {
    const shape: Shape4 = [8, height, width, 1];
    const labels = Float32Array.from({ length: 8 * pixels }, (_, i) => (i * 7) % 5);
    const steps = [{ type: 'flipUpDown' }, { type: 'cutmix', probability: 0.8 }];
    const cut = augmented(steps, labels, shape);
    assert.notDeepEqual(cut, labels);
    assert.deepEqual(movedTargets(steps, labels, shape, 'mask'), cut);
    assert.deepEqual(movedTargets(steps, labels, shape, 'image'), cut);
  });

  it('refuses to take a mean of names of classes', () => {
    const shape = [2, 2, 2, 1];
    const mix = () => movedTargets([{ type: 'mixup' }], new Float32Array(8), shape, 'mask');
    assert.throws(mix, /Mixup cannot mix masks: .* Use cutmix/);
  });
});
