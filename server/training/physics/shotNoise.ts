import * as tf from '@tensorflow/tfjs-core';
import type { PhysicsValueOf } from '#common/catalogue/physics';
import { purposeKey, type Key } from '#common/rng';
import type { ForwardContext } from '../context';
import { normalNoise, photonCounts } from '../engine/ops/random';
import { withGradient } from '../gradients';
import type { PhysicalLayerBuilder } from './physicalLayer';

type Camera = Omit<PhysicsValueOf<'shotNoise'>, 'type' | 'clip' | 'gradient'>;

/** Photon and read noise, always on: a sensor cannot be told to leave them out of an evaluation. */
export const shotNoise: PhysicalLayerBuilder<'shotNoise'> = (value, { name }) => ({
  apply(x, ctx) {
    const key = keyOf(name, ctx);
    const y =
      ctx.training && value.gradient === 'reparametrised'
        ? reparametrised(x, normalNoise(x.shape, key, ctx), value)
        : photonCounts(x, inElectrons(value), key, ctx);
    return value.clip ? clipAtZero(y, value) : y;
  },
});

/** Evaluation has streams of its own, for every split. */
function keyOf(layer: string, { seed, split, training }: ForwardContext): Key {
  return purposeKey(seed, `physics/${layer}/${training ? 'training' : split}`);
}

/**
 * y = x + d/(QN) + √(x/(QNt) + d/(Q²N²t) + (σ_r/(QNt))²) ε, with its exact gradient in x: the Gaussian
 * that has mean and variance of the counts.
 */
export function reparametrised(x: tf.Tensor4D, epsilon: tf.Tensor4D, camera: Camera): tf.Tensor4D {
  const { signal, dark, readNoise } = inElectrons(camera);
  const light = tf.maximum(x, 0);
  const variance: tf.Tensor4D = tf.add(
    tf.div(light, signal),
    (dark + readNoise ** 2) / signal ** 2,
  );
  const noise = tf.mul(rootWithFloor(variance, slopeFloorElectrons / signal ** 2), epsilon);
  return tf.add(tf.add(light, dark / signal), noise);
}

/** Electrons of one exposure: of a pixel of value 1, of the dark current, and of the read-out. */
function inElectrons({ photons, quantumEfficiency, exposure, darkCurrent, readNoise }: Camera) {
  const signal = quantumEfficiency * photons * exposure;
  return { signal, dark: darkCurrent * exposure, readNoise };
}

/**
 * Variance (in electrons²) below which the slope of the root no longer grows. The root itself stays
 * exact, so a black pixel without read noise is black in training as it is in evaluation.
 */
const slopeFloorElectrons = 0.01;

function rootWithFloor(variance: tf.Tensor4D, floor: number): tf.Tensor4D {
  return withGradient([variance], () => ({
    value: tf.sqrt(variance),
    saved: [variance],
    gradient: (dy, [saved]) => [tf.div(dy, tf.mul(tf.sqrt(tf.maximum(saved!, floor)), 2))],
  }));
}

/** Read-outs below 0 become 0; with the straight-through gradient the clip is passed over as well. */
function clipAtZero(y: tf.Tensor4D, { gradient }: PhysicsValueOf<'shotNoise'>): tf.Tensor4D {
  if (gradient === 'reparametrised') return tf.maximum(y, 0);
  return withGradient([y], () => ({
    value: tf.maximum(y, 0),
    gradient: (dy) => [tf.clone(dy)],
  }));
}
