import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { kernelNames } from '../../../server/training/engine/backend/register';
import { useEngine } from '../engine/support';
import { contextOf } from '../model/support';
import { augmentationOf, augmented, everyKind, range, spread } from './support';

const count = 400;

/** What becomes of one colour, pixel for pixel the same, in many samples. */
function colours(step: object, [r, g, b]: readonly [number, number, number]): number[][] {
  const images = Float32Array.from({ length: count * 12 }, (_, i) => [r, g, b][i % 3]!);
  const changed = augmented([step], images, [count, 2, 2, 3]);
  return range(count).map((row) => {
    const image = [...changed.subarray(row * 12, row * 12 + 12)];
    assert.deepEqual(image.slice(9), image.slice(0, 3));
    return image.slice(0, 3);
  });
}

const luminance = ([r, g, b]: readonly number[]) => 0.299 * r! + 0.587 * g! + 0.114 * b!;

/** Asserts that numbers are spread evenly between two ends. */
function assertEven(values: readonly number[], low: number, high: number): void {
  const { mean, deviation } = spread(values);
  const width = high - low;
  assert.ok(Math.min(...values) >= low - 1e-5 && Math.max(...values) <= high + 1e-5);
  // Five standard errors of the mean; the deviation of an even distribution is width / √12.
  assert.ok(Math.abs(mean - (low + high) / 2) < (5 * width) / Math.sqrt(12 * values.length));
  assert.ok(Math.abs(deviation / (width / Math.sqrt(12)) - 1) < 0.15, String(deviation));
}

describe('augmentations of brightness and colour', () => {
  useEngine();
  const orange = [0.8, 0.5, 0.1] as const;

  it('brightness adds one number to all of a sample', () => {
    const shifts = colours({ type: 'brightness', amount: 0.3 }, orange).map((found) => {
      const added = found.map((value, c) => value - orange[c]!);
      assert.ok(Math.max(...added) - Math.min(...added) < 1e-6);
      return added[0]!;
    });
    assertEven(shifts, -0.3, 0.3);
  });

  it('are drawn between the ends of a range', () => {
    const y = luminance(orange);
    const brightness = colours({ type: 'brightness', amount: [0.1, 0.4] }, orange);
    assertEven(
      brightness.map(([red]) => red! - orange[0]),
      0.1,
      0.4,
    );
    const saturation = colours({ type: 'saturation', amount: [1.5, 2] }, orange);
    assertEven(
      saturation.map(([red]) => (red! - y) / (orange[0] - y)),
      1.5,
      2,
    );
    const gamma = colours({ type: 'gamma', amount: [0, 1] }, [0.25, 0.25, 0.25]);
    assertEven(
      gamma.map(([grey]) => Math.log2(Math.log(grey!) / Math.log(0.25))),
      0,
      1,
    );
  });

  it('contrast scales about the mean of each channel, which stays', () => {
    const images = Float32Array.from({ length: count * 8 }, (_, i) => [0.1, 5, 0.3, 1][i % 4]!);
    const changed = augmented([{ type: 'contrast', amount: 0.5 }], images, [count, 2, 2, 2]);
    const factors = range(count).map((row) => {
      const [a, b, c, d] = changed.subarray(row * 8, row * 8 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      assert.ok(Math.abs((a + c) / 2 - 0.2) < 1e-5 && Math.abs((b + d) / 2 - 3) < 1e-5);
      assert.ok(Math.abs((c - a) / 0.2 - (b - d) / 4) < 1e-4);
      return (b - d) / 4;
    });
    assertEven(factors, 0.5, 1.5);
  });

  it('contrast takes images of any number of channels and pixels, and a range of its factor', () => {
    for (const [pixels, channels] of [
      [1, 1],
      [7, 3],
      [33, 1],
      [64, 5],
      [5000, 3],
      [16, 40],
    ] as const) {
      const image = Float32Array.from({ length: pixels * channels }, (_, i) => 3 + Math.sin(i * i));
      const contrast = [{ type: 'contrast', amount: [1.5, 1.5] }];
      const changed = augmented(contrast, image, [1, pixels, 1, channels]);
      for (const channel of range(channels)) {
        const values = range(pixels).map((pixel) => pixel * channels + channel);
        const mean = values.reduce((sum, at) => sum + image[at]!, 0) / pixels;
        for (const at of values) {
          const expected = mean + 1.5 * (image[at]! - mean);
          assert.ok(Math.abs(changed[at]! - expected) < 2e-6, `${pixels} × ${channels}`);
        }
      }
    }
  });

  it('gamma is a power between its ends that leaves black and white', () => {
    const found = colours({ type: 'gamma', amount: 1 }, [0, 0.25, 1]);
    const octaves = found.map(([black, grey, white]) => {
      assert.ok(Math.abs(black!) < 1e-12 && Math.abs(white! - 1) < 1e-6);
      return Math.log2(Math.log(grey!) / Math.log(0.25));
    });
    assertEven(octaves, -1, 1);
    assert.ok(colours({ type: 'gamma' }, [-0.5, 0, 1]).every(([dark]) => Math.abs(dark!) < 1e-12));
  });

  it('inverting twice is the identity', () => {
    const always = { type: 'invert', probability: 1 };
    for (const found of colours(always, orange)) {
      found.forEach((value, c) => assert.equal(value, Math.fround(1 - Math.fround(orange[c]!))));
    }
  });

  it('hue turns U and V by one angle and leaves the luminance', () => {
    const uv = ([r, g, b]: readonly number[]) => {
      const y = luminance([r!, g!, b!]);
      return [0.492 * (b! - y), 0.877 * (r! - y)] as const;
    };
    const [u0, v0] = uv(orange);
    const angles = colours({ type: 'hue', degrees: 60 }, orange).map((found) => {
      assert.ok(Math.abs(luminance(found) - luminance(orange)) < 1e-6);
      const [u, v] = uv(found);
      assert.ok(Math.abs(Math.hypot(u, v) - Math.hypot(u0, v0)) < 1e-6);
      const angle = Math.atan2(v, u) - Math.atan2(v0, u0);
      return (((angle * 180) / Math.PI + 540) % 360) - 180;
    });
    assertEven(angles, -60, 60);
    // A range that lies on one side: the orange turns towards one neighbour only.
    const turned = colours({ type: 'hue', degrees: [30, 90] }, orange).map((found) => {
      const [u, v] = uv(found);
      return (((Math.atan2(v, u) - Math.atan2(v0, u0)) * 180) / Math.PI + 360) % 360;
    });
    assertEven(turned, 30, 90);
    for (const grey of colours({ type: 'hue', degrees: 180 }, [0.4, 0.4, 0.4])) {
      assert.ok(grey.every((value) => Math.abs(value - 0.4) < 1e-6));
    }
  });

  it('saturation scales what is not luminance, and grayscale takes it away', () => {
    const y = luminance(orange);
    const factors = colours({ type: 'saturation', amount: 0.4 }, orange).map((found) => {
      const scales = found.map((value, c) => (value - y) / (orange[c]! - y));
      assert.ok(Math.max(...scales) - Math.min(...scales) < 1e-4);
      return scales[0]!;
    });
    assertEven(factors, 0.6, 1.4);
    for (const found of colours({ type: 'grayscale', probability: 1 }, orange)) {
      assert.ok(found.every((value) => Math.abs(value - y) < 1e-6));
    }
  });

  it('a shuffle of channels gives every order alike', () => {
    const seen = new Map<string, number>();
    for (const found of colours({ type: 'channelShuffle' }, [1, 2, 3])) {
      seen.set(found.join(), (seen.get(found.join()) ?? 0) + 1);
    }
    assert.equal(seen.size, 6);
    // Binomial: 67 ± 7.5; five deviations either way.
    for (const [order, times] of seen) assert.ok(Math.abs(times - 66.7) < 37, order);
  });

  it('refuses to change the colour of images without one', () => {
    for (const type of ['hue', 'saturation', 'grayscale']) {
      const change = () => augmented([{ type, probability: 1 }], new Float32Array(4), [1, 2, 2, 1]);
      assert.throws(change, /3 channels only; got 1\. Remove/);
    }
  });
});

describe('augmentations by noise and blur', () => {
  useEngine();

  it('speckle is noise in proportion to the value', () => {
    const images = Float32Array.from({ length: 40_000 }, (_, i) => 1 + (i % 2));
    const changed = [...augmented([{ type: 'speckle', sigma: 0.2 }], images, [10, 40, 100, 1])];
    for (const value of [1, 2]) {
      const { mean, deviation } = spread(changed.filter((_, i) => 1 + (i % 2) === value));
      assert.ok(Math.abs(mean - value) < 0.01 * value && Math.abs(deviation / value - 0.2) < 0.004);
    }
  });

  it('noise is as strong in each sample as a range has it', () => {
    const images = new Float32Array(200 * 400).fill(2);
    for (const [type, unit] of [
      ['gaussianNoise', 1],
      ['speckle', 2],
    ] as const) {
      const changed = augmented([{ type, sigma: [0.1, 0.3] }], images, [200, 20, 20, 1]);
      const strengths = range(200).map((row) => {
        const values = [...changed.subarray(row * 400, (row + 1) * 400)];
        return spread(values).deviation / unit;
      });
      // Each is known to a part 1 / √800 of itself: five of it beyond the ends.
      assert.ok(Math.min(...strengths) > 0.1 - 0.018 && Math.max(...strengths) < 0.3 + 0.053);
      const { mean, deviation } = spread(strengths);
      assert.ok(Math.abs(mean - 0.2) < 5 * 0.0042 && Math.abs(deviation - 0.0577) < 0.012, type);
    }
  });

  it('salt and pepper replace their part of the values, each as often', () => {
    const grey = new Float32Array(100_000).fill(0.5);
    const changed = augmented([{ type: 'saltAndPepper', amount: 0.3 }], grey, [10, 100, 100, 1]);
    const parts = [0, 0.5, 1].map((value) => changed.filter((found) => found === value).length);
    assert.equal(parts[0]! + parts[1]! + parts[2]!, 100_000);
    // Binomial: 15,000 ± 113; five deviations either way.
    assert.ok(Math.abs(parts[0]! - 15_000) < 565 && Math.abs(parts[2]! - 15_000) < 565);
  });

  it('a blur keeps the light and spreads a point by up to its width', () => {
    const side = 25;
    const images = new Float32Array(count * side * side);
    for (const row of range(count)) images[row * side * side + 12 * side + 12] = 1;
    const blurred = augmented([{ type: 'blur', sigmaPx: 2.5 }], images, [count, side, side, 1]);
    const widths = range(count).map((row) => {
      const image = [...blurred.subarray(row * side * side, (row + 1) * side * side)];
      const sum = image.reduce((total, value) => total + value, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5);
      const moment = (of: (i: number) => number) =>
        Math.sqrt(image.reduce((total, value, i) => total + value * (of(i) - 12) ** 2, 0));
      const [down, across] = [moment((i) => Math.floor(i / side)), moment((i) => i % side)];
      assert.ok(Math.abs(down - across) < 1e-4);
      return down;
    });
    // Sampled and cut off at 3 σ, a bell is as wide as its σ to a few hundredths.
    assert.ok(Math.max(...widths) > 2.3 && Math.max(...widths) < 2.5);
    assert.ok(Math.abs(spread(widths).mean - 1.25) < 0.2, String(spread(widths).mean));
    const even = augmented([{ type: 'blur', sigmaPx: [2, 2] }], images, [count, side, side, 1]);
    assert.deepEqual(even.subarray(0, side * side), even.subarray(side * side, 2 * side * side));
    assert.deepEqual(
      augmented([{ type: 'blur', sigmaPx: [0, 0] }], images, [count, side, side, 1]),
      images,
    );
  });
});

describe('lists of augmentations', () => {
  useEngine();

  it('one of several happens to each sample, all as often', () => {
    const choices = [
      { type: 'invert', probability: 1 },
      { type: 'brightness', amount: 0 },
      { type: 'flipLeftRight', probability: 1 },
    ];
    const images = Float32Array.from({ length: 3000 * 4 }, (_, i) => [0.1, 0.2, 0.1, 0.2][i % 4]!);
    const changed = augmented([{ type: 'oneOf', choices }], images, [3000, 2, 2, 1]);
    const kinds = range(3000).map((row) => Math.round(10 * changed[4 * row]!));
    for (const kind of [9, 1, 2]) {
      const times = kinds.filter((found) => found === kind).length;
      // Binomial: 1000 ± 26; five deviations either way.
      assert.ok(Math.abs(times - 1000) < 130, `${kind}: ${times}`);
    }
  });

  it('compute with kernels in C alone, so that a step can be recorded', async () => {
    const known = new Set(kernelNames);
    for (const [kind, example] of everyKind) {
      const x = tf.ones([3, 8, 8, 3]) as tf.Tensor4D;
      const profile = await tf.profile(() =>
        tf.tidy(() => augmentationOf({ ...example, probability: 0.5 }).apply(x, contextOf(3))),
      );
      const foreign = profile.kernelNames.filter((name) => !known.has(name));
      assert.deepEqual(foreign, [], kind);
      x.dispose();
    }
  });
});
