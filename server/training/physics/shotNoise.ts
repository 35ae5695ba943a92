import * as tf from '@tensorflow/tfjs-core';
import type { PhysicsValueOf } from '#common/catalogue/physics';
import { draws, fillNormal, streamKey, type Key } from '#common/rng';
import type { ForwardContext } from '../context';
import { hostOp } from '../engine/hostOp';
import { withGradient } from '../gradients';
import type { PhysicalLayerBuilder } from './physicalLayer';
import { drawPoisson } from './poisson';

type Camera = Omit<PhysicsValueOf<'shotNoise'>, 'type' | 'clip' | 'gradient'>;

/** Photon and read noise, always on: a sensor cannot be told to leave them out of an evaluation. */
export const shotNoise: PhysicalLayerBuilder<'shotNoise'> = (value, { name }) => ({
  apply(x, ctx) {
    const y =
      ctx.training && value.gradient === 'reparametrised'
        ? reparametrised(x, drawEpsilon(x.shape, name, ctx), value)
        : counted(x, name, value, ctx);
    return value.clip ? clipAtZero(y, value) : y;
  },
});

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

/** Standard normal numbers, those of a sample independent of its place in the batch. */
function drawEpsilon(shape: tf.Tensor4D['shape'], layer: string, ctx: ForwardContext): tf.Tensor4D {
  return perSample([], shape, layer, ctx, (key, row) => fillNormal(key, row));
}

/** Photons counted one by one and read out; the gradient passes as if there were no noise. */
function counted(x: tf.Tensor4D, layer: string, camera: Camera, ctx: ForwardContext): tf.Tensor4D {
  return withGradient([x], () => ({
    value: perSample([x], x.shape, layer, ctx, (key, row, image) =>
      count(image!, camera, key, row),
    ),
    gradient: (dy) => [tf.clone(dy)],
  }));
}

/** Writes e / (QNt), e = Poisson(QNt x + dt) + Normal(0, σ_r²), for every pixel of one image. */
export function count(image: Float32Array, camera: Camera, key: Key, out: Float32Array): void {
  const { signal, dark, readNoise } = inElectrons(camera);
  const draw = draws(key);
  for (const [i, x] of image.entries()) {
    const electrons = drawPoisson(signal * Math.max(x, 0) + dark, draw);
    const read = readNoise === 0 ? 0 : readNoise * draw.normal();
    out[i] = (electrons + read) / signal;
  }
}

/** Fills a batch row by row from a stream for each sample; evaluation has streams of its own. */
function perSample(
  images: readonly tf.Tensor4D[],
  shape: tf.Tensor4D['shape'],
  layer: string,
  { seed, epoch, samples, split, training }: ForwardContext,
  fill: (key: Key, row: Float32Array, image: Float32Array | undefined) => void,
): tf.Tensor4D {
  const width = shape[1] * shape[2] * shape[3];
  const purpose = `physics/${layer}/${training ? 'training' : split}` as const;
  const [made] = hostOp(
    [epoch, samples, ...images],
    [{ shape, dtype: 'float32' }],
    ([epochs, numbers, from], [to]) => {
      for (const [row, sample] of numbers!.entries()) {
        const rowOf = (values: typeof from): Float32Array | undefined =>
          values?.subarray(row * width, (row + 1) * width) as Float32Array | undefined;
        fill(streamKey(seed, purpose, epochs![0], sample), rowOf(to)!, rowOf(from));
      }
    },
  );
  return made as tf.Tensor4D;
}

/** Read-outs below 0 become 0; with the straight-through gradient the clip is passed over as well. */
function clipAtZero(y: tf.Tensor4D, { gradient }: PhysicsValueOf<'shotNoise'>): tf.Tensor4D {
  if (gradient === 'reparametrised') return tf.maximum(y, 0);
  return withGradient([y], () => ({
    value: tf.maximum(y, 0),
    gradient: (dy) => [tf.clone(dy)],
  }));
}
