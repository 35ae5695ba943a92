import * as tf from '@tensorflow/tfjs-core';
import { aberrationNames } from '#common/catalogue/pupil';
import type { PhysicsValueOf } from '#common/catalogue/physics';
import { dft2d, realDft2d, type ComplexImages } from '../engine/ops/fourier';
import type { PhysicalLayerBuilder } from './physicalLayer';
import { zernike } from './zernike';

/**
 * y = h ∗ x with the point-spread function of a pupil, by Fourier transforms of the size of the image; where
 * the outside is dark, of twice that size, so that nothing comes in again on the other side.
 */
export const pupilBlur: PhysicalLayerBuilder<'pupilBlur'> = (value, { inputShape }, parameter) => {
  const [height, width] = inputShape as [number, number, number];
  const times = value.border === 'zero' ? 2 : 1;
  const size = [times * height, times * width] as const;
  const pupil = createPupil(value, size, [
    ...aberrationNames.map(({ noll }) => zernikeMode(noll)),
    defocusMode(value),
  ]);
  const coefficients = [...aberrationNames.map(({ name }) => name), 'defocusUm'].map(parameter);
  return { apply: (x) => convolve(x, pointSpread(pupil, coefficients)) };
};

/** What a pupil is in. */
export type Optics = Pick<
  PhysicsValueOf<'pupilBlur'>,
  'numericalAperture' | 'wavelengthUm' | 'pixelUm' | 'refractiveIndex'
>;

/** Waves of path difference for a coefficient of 1, at a place in the pupil. */
export type Mode = (rho: number, theta: number) => number;

/** A round pupil on the centred grid of frequencies of an image. */
export interface Pupil {
  readonly size: readonly [height: number, width: number];
  /** 1 where light passes, else 0. */
  readonly amplitude: Float32Array;
  /** [pixels, modes]; 0 where no light passes. */
  readonly modes: Float32Array;
}

export function zernikeMode(noll: number): Mode {
  return (rho, theta) => zernike(noll, rho, theta);
}

/** Waves for one µm out of focus. */
export function defocusMode({ numericalAperture, wavelengthUm, refractiveIndex: n }: Optics): Mode {
  return (rho) => (Math.sqrt(n ** 2 - (numericalAperture * rho) ** 2) - n) / wavelengthUm;
}

/** Samples a pupil and its modes, in double precision, then rounded. The edge is hard. */
export function createPupil(
  { numericalAperture, wavelengthUm, pixelUm }: Optics,
  size: readonly [height: number, width: number],
  modes: readonly Mode[],
): Pupil {
  const [height, width] = size;
  const amplitude = new Float32Array(height * width);
  const values = new Float32Array(height * width * modes.length);
  const frequency = (k: number, count: number): number =>
    (k - Math.floor(count / 2)) / (count * pixelUm);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [down, across] = [frequency(i, height), frequency(j, width)];
      const rho = (Math.hypot(down, across) * wavelengthUm) / numericalAperture;
      // A sample on the edge passes, whatever its rounding.
      if (rho > 1 + 1e-9) continue;
      const place = i * width + j;
      amplitude[place] = 1;
      const theta = Math.atan2(down, across);
      values.set(
        modes.map((mode) => mode(Math.min(1, rho), theta)),
        place * modes.length,
      );
    }
  }
  return { size, amplitude, modes: values };
}

/** The point-spread function [1, height, width, 1], its centre at ⌊n/2⌋, for a coefficient of each mode. */
export function pointSpread(
  { size: [height, width], amplitude, modes }: Pupil,
  coefficients: readonly tf.Tensor[],
): tf.Tensor4D {
  const shape: [number, number, number, number] = [1, height, width, 1];
  const column = tf.concat(coefficients.map((coefficient) => tf.reshape(coefficient, [1, 1])));
  const basis = tf.tensor2d(modes, [height * width, coefficients.length]);
  const phase = tf.mul(tf.reshape(tf.matMul(basis, column), shape), 2 * Math.PI);
  return intensityOf(tf.tensor4d(amplitude, shape), phase as tf.Tensor4D);
}

/** |F⁻¹{A exp(iφ)}|², scaled to a sum of 1: A and φ on the centred grid of frequencies. */
export function intensityOf(amplitude: tf.Tensor4D, phase: tf.Tensor4D): tf.Tensor4D {
  const pupil: ComplexImages = {
    re: tf.mul(amplitude, tf.cos(phase)),
    im: tf.mul(amplitude, tf.sin(phase)),
  };
  const { re, im } = dft2d(pupil, { inverse: true, centred: true });
  const intensity: tf.Tensor4D = tf.add(tf.square(re), tf.square(im));
  return tf.div(intensity, tf.sum(intensity));
}

/** Convolves images with a centred point-spread function, which is as large or larger; cyclic over its size. */
export function convolve(x: tf.Tensor4D, h: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [below, right] = [h.shape[1] - height, h.shape[2] - width];
  const isLarger = below > 0 || right > 0;
  const none: [number, number] = [0, 0];
  const padded = isLarger ? tf.pad(x, [none, [0, below], [0, right], none]) : x;
  const image = dft2d({ re: padded }, { centred: true });
  const transfer = dft2d({ re: h }, { centred: true });
  const y = realDft2d(multiply(image, transfer), { inverse: true, centred: true });
  return isLarger ? tf.slice(y, [0, 0, 0, 0], [-1, height, width, -1]) : y;
}

function multiply(a: ComplexImages, b: ComplexImages): ComplexImages {
  return {
    re: tf.sub(tf.mul(a.re, b.re), tf.mul(a.im, b.im)),
    im: tf.add(tf.mul(a.re, b.im), tf.mul(a.im, b.re)),
  };
}
