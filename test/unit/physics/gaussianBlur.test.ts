import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelForm } from '../../../server/training/physics/gaussianKernel';
import { blur } from '../../../server/training/physics/gaussianBlur';
import { convolutionMatrix, type Border } from '../../../server/training/physics/borders';
import { numbers, useEngine } from '../engine/support';
import { assertGolden, flat, imageSize, readGolden, type GoldenCase } from './golden';

const { cases } = readGolden('05-psf-blur.json');
const borders = ['zero', 'circular', 'mirror', 'symmetric'] as const;

/** Runs a blur on one image given as rows. */
function blurImage(
  image: readonly number[],
  [height, width]: readonly [number, number],
  sigma: number,
  border: Border,
  radius = Math.ceil(4 * sigma),
): Float32Array {
  return tf.tidy(() => {
    const x = tf.tensor4d([...image], [1, height, width, 1]);
    return blur(x, tf.scalar(sigma), { radiusPx: radius, border }).dataSync<'float32'>();
  });
}

function checkGolden({ id, params, inputs, outputs, g, grads, tol_f32 }: GoldenCase): void {
  const [height, width] = imageSize(inputs['x']!);
  const form: KernelForm = String(params['kernel']).startsWith('sampled')
    ? 'sampled'
    : 'integrated';
  const options = {
    border: params['border'] as Border,
    radiusPx: params['radius'] as number,
    form,
  };
  tf.tidy(() => {
    const shape: [number, number, number, number] = [1, height, width, 1];
    const x = tf.tensor4d(flat(inputs['x']!), shape);
    const sigma = tf.scalar(inputs['sigma'] as number);
    const weights = tf.tensor4d(flat(g['y']!), shape);
    const y = blur(x, sigma, options);
    assertGolden(y.dataSync(), outputs['y']!, tol_f32.outputs, `${id}: y`);
    const [dx, dSigma] = tf.grads((image, s) =>
      tf.sum(tf.mul(blur(image as tf.Tensor4D, s!, options), weights)),
    )([x, sigma]);
    assertGolden(dx!.dataSync(), grads['x']!, tol_f32.grads, `${id}: dx`);
    assertGolden(dSigma!.dataSync(), grads['sigma']!, tol_f32.grads, `${id}: dσ`);
  });
}

describe('Gaussian blur', () => {
  useEngine();

  const gaussians = cases.filter(({ id }) => id.startsWith('gaussian-'));
  it('has all the golden cases', () => assert.equal(gaussians.length, 7));
  for (const golden of gaussians) {
    it(`agrees with the golden case ${golden.id}`, () => checkGolden(golden));
  }

  it('reads borders by their names, however far outside', () => {
    const outside = {
      zero: '.....abcd.....',
      circular: 'dabcdabcdabcda',
      mirror: 'bcdcbabcdcbabc',
      symmetric: 'ddcbaabcddcbaa',
    } as const;
    for (const border of borders) {
      // A kernel of one distance d alone adds the sample d before and the sample d after.
      for (let d = 1; d <= 5; d++) {
        const taps = new Float64Array(6);
        taps[d] = 1;
        const matrix = convolutionMatrix(taps, 4, border);
        for (let i = 0; i < 4; i++) {
          const expected = [0, 0, 0, 0];
          for (const at of [i - d, i + d]) {
            const sample = 'abcd'.indexOf(outside[border][at + 5]!);
            if (sample >= 0) expected[sample]! += 1;
          }
          const row = matrix.subarray(i * 4, (i + 1) * 4);
          assert.deepEqual([...row], expected, `${border}, distance ${d}, pixel ${i}`);
        }
      }
    }
  });

  it('keeps a constant image, except where the outside is dark', () => {
    const constant = new Array<number>(5 * 7).fill(0.6);
    for (const border of borders.filter((name) => name !== 'zero')) {
      // The radius of 20 is larger than the image.
      for (const value of blurImage(constant, [5, 7], 5, border)) {
        assert.ok(Math.abs(value - 0.6) < 1e-6, `${border}: ${value}`);
      }
    }
    const dark = blurImage(constant, [5, 7], 1, 'zero');
    assert.ok(dark[0]! < 0.5 && dark[2 * 7 + 3]! > 0.58);
  });

  it('keeps the sum of a circular image', () => {
    const image = [...numbers(35, 3)].map(Math.abs);
    const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
    const blurred = blurImage(image, [5, 7], 2.5, 'circular');
    assert.ok(Math.abs(sum(blurred) / sum(image) - 1) < 1e-6);
  });

  it('answers an impulse with the Gaussian, centred', () => {
    const impulse = new Array<number>(81).fill(0);
    impulse[3 * 9 + 5] = 1;
    const response = blurImage(impulse, [9, 9], 1, 'zero');
    const bell = (d: number) => Math.exp((-d * d) / 2);
    const sum = [-4, -3, -2, -1, 0, 1, 2, 3, 4].reduce((total, d) => total + bell(d), 0);
    for (let i = 0; i < 9; i++) {
      for (let j = 0; j < 9; j++) {
        const [di, dj] = [Math.abs(i - 3), Math.abs(j - 5)];
        const expected = di > 4 || dj > 4 ? 0 : (bell(di) * bell(dj)) / sum ** 2;
        assert.ok(Math.abs(response[i * 9 + j]! - expected) < 1e-7, `pixel ${i}, ${j}`);
      }
    }
  });

  it('blurs a cosine by the MTF of a Gaussian', () => {
    const [size, sigma, cycles] = [32, 2, 3];
    const image = Array.from({ length: size * size }, (_, p) =>
      Math.cos((2 * Math.PI * cycles * (p % size)) / size),
    );
    const blurred = blurImage(image, [size, size], sigma, 'circular');
    const expected = Math.exp(-2 * (Math.PI * sigma * (cycles / size)) ** 2);
    assert.ok(Math.abs(blurred[0]! - expected) < 5e-5, `${blurred[0]} against ${expected}`);
  });

  it('treats channels and images apart', () => {
    const x = numbers(2 * 4 * 5 * 3, 5);
    const together = tf.tidy(() => {
      const images = tf.tensor4d(x, [2, 4, 5, 3]);
      return blur(images, tf.scalar(1.5), { radiusPx: 6, border: 'mirror' }).dataSync<'float32'>();
    });
    for (let image = 0; image < 2; image++) {
      for (let channel = 0; channel < 3; channel++) {
        const pixels = (values: Float32Array) =>
          Array.from({ length: 20 }, (_, p) => values[(image * 20 + p) * 3 + channel]!);
        const alone = blurImage(pixels(x), [4, 5], 1.5, 'mirror');
        for (const [p, value] of pixels(together).entries()) {
          assert.ok(Math.abs(value - alone[p]!) < 1e-6, `image ${image}, channel ${channel}`);
        }
      }
    }
  });

  it('has the right slope in σ on both sides of the change of form at 0.8', () => {
    const [x, weights] = [numbers(36, 7), numbers(36, 8)];
    const image = () => tf.tensor4d(x, [1, 6, 6, 1]);
    const options = { radiusPx: 20, border: 'symmetric' } as const;
    tf.tidy(() => {
      const value = (s: tf.Tensor) =>
        tf.sum(tf.mul(blur(image(), s, options), tf.tensor4d(weights, [1, 6, 6, 1])));
      for (const sigma of [0.2, 0.5, 0.79, 0.8, 0.81, 1, 3, 5]) {
        const slope = tf.grad(value)(tf.scalar(sigma)).dataSync()[0]!;
        const step = 0.005;
        // One-sided towards the side that has the same form.
        const [low, high] = sigma < 0.8 ? [sigma - step, sigma] : [sigma, sigma + step];
        const at = (s: number) => value(tf.scalar(s)).dataSync()[0]!;
        const middle = tf
          .grad(value)(tf.scalar((low + high) / 2))
          .dataSync()[0]!;
        const difference = (at(high) - at(low)) / step;
        assert.ok(Math.abs(difference - middle) < 2e-3, `σ ${sigma}: ${middle}, ${difference}`);
        assert.ok(Math.abs(slope - middle) < 0.1, `σ ${sigma}: ${slope}, ${middle}`);
      }
    });
  });
});
