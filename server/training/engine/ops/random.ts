// Operations that draw random numbers. On the engine's own backend they run in C; on any other the same
// numbers are drawn in JavaScript: masks bit for bit, normal numbers to within rounding.
import * as tf from '@tensorflow/tfjs-core';
import { drawsAt, fillBits, fillNormal, fillUniform, sampleKey, type Key } from '#common/rng';
import { withGradient } from '../../gradients';
import type { NumericArray } from '../backend/heap';
import { hostOp } from '../hostOp';
import { onOwnBackend, run } from '../ops';
import { drawPoisson } from './poisson';

/** Where the random numbers of a batch come from, beside the key of their purpose. */
export interface DrawContext {
  /** A whole number (int32). */
  readonly epoch: tf.Scalar;
  /** The data-set index of each row (int32). */
  readonly samples: tf.Tensor1D;
}

/** What becomes of a value that is kept, and of one that is dropped. */
export interface DropOptions {
  /** Probability that a value is dropped, below 1. */
  readonly rate: number;
  /** A value that is kept becomes scale · x + shift. Defaults 1 and 0. */
  readonly scale?: number;
  readonly shift?: number;
  /** What takes the place of a dropped value. Default 0. */
  readonly dropped?: number;
}

/** Drops values of x at random. Differentiable; the gradient draws the mask again. */
export function drop<T extends tf.Tensor>(
  x: T,
  { rate, scale = 1, shift = 0, dropped = 0 }: DropOptions,
  key: Key,
  { epoch, samples }: DrawContext,
): T {
  const attrs = { key: [...key], dropBelow: thresholdOf(rate), scale, shift, dropped };
  if (onOwnBackend(dropName)) return run(dropName, { x, epoch, samples }, attrs);
  const factors = drawMask(x.shape, attrs, { epoch, samples }, scale, 0);
  return tf.add(tf.mul(x, factors), drawMask(x.shape, attrs, { epoch, samples }, shift, dropped));
}

/** Factors `scale` and, with probability `rate`, 0: what `drop` makes of ones. */
export function dropMask<S extends number[]>(
  shape: S,
  { rate, scale = 1 }: Pick<DropOptions, 'rate' | 'scale'>,
  key: Key,
  { epoch, samples }: DrawContext,
): tf.Tensor {
  const attrs = { key: [...key], dropBelow: thresholdOf(rate), scale, shift: 0, dropped: 0 };
  if (onOwnBackend(dropName)) return run(dropName, { epoch, samples }, { ...attrs, shape });
  return drawMask(shape, attrs, { epoch, samples }, scale, 0);
}

/** Normal numbers, those of a row independent of its place in the batch. */
export function normalNoise<T extends tf.Tensor>(
  shape: readonly number[],
  key: Key,
  { epoch, samples }: DrawContext,
  { mean = 0, deviation = 1 } = {},
): T {
  const attrs = { key: [...key], shape: [...shape], mean, deviation };
  if (onOwnBackend(normalName)) return run<T>(normalName, { epoch, samples }, attrs);
  const standard = perRow(shape, key, { epoch, samples }, (rowKey, row) => fillNormal(rowKey, row));
  return tf.add(tf.mul(standard, deviation), mean);
}

/** x + deviation · ε, ε standard normal. Differentiable: the noise does not depend on x. */
export function addNormalNoise<T extends tf.Tensor>(
  x: T,
  deviation: number,
  key: Key,
  { epoch, samples }: DrawContext,
): T {
  const attrs = { key: [...key], mean: 0, deviation };
  if (onOwnBackend(normalName)) return run(normalName, { x, epoch, samples }, attrs);
  return tf.add(x, normalNoise(x.shape, key, { epoch, samples }, { deviation }));
}

/** Numbers even over [low, high), in steps of 2⁻²⁴ of the range. */
export function uniformNoise<T extends tf.Tensor>(
  shape: readonly number[],
  key: Key,
  { epoch, samples }: DrawContext,
  [low, high]: readonly [number, number] = [0, 1],
): T {
  const span = high - low;
  const attrs = { key: [...key], shape: [...shape], low, span };
  if (onOwnBackend(uniformName)) return run<T>(uniformName, { epoch, samples }, attrs);
  const even = perRow(shape, key, { epoch, samples }, (rowKey, row) => fillUniform(rowKey, row));
  return tf.add(tf.mul(even, span), low);
}

/** Each row from `a` where its draw, even over [0, 1), lies in [low, high), else from `b`. */
export function selectRows<T extends tf.Tensor>(
  a: T,
  b: T,
  [low, high]: readonly [number, number],
  key: Key,
  { epoch, samples }: DrawContext,
): T {
  const attrs = { key: [...key], low, high };
  if (onOwnBackend(selectName)) return run(selectName, { a, b, epoch, samples }, attrs);
  const ones = a.shape.map((size, axis) => (axis === 0 ? size : 1));
  const fromA = perRow(ones, key, { epoch, samples }, ([word], row) => {
    const u = word * 2 ** -32;
    row[0] = u >= low && u < high ? 1 : 0;
  });
  return tf.where(tf.cast(fromA, 'bool'), a, b);
}

export interface PhotonOptions {
  /** Electrons for a value of 1, of the dark, and of the read-out's standard deviation. */
  readonly signal: number;
  readonly dark: number;
  readonly readNoise: number;
}

/**
 * Photons counted one by one and read out: (Poisson(signal · max(x, 0) + dark) + readNoise · ε) / signal.
 * The gradient passes as if there were no noise.
 */
export function photonCounts<T extends tf.Tensor>(
  x: T,
  { signal, dark, readNoise }: PhotonOptions,
  key: Key,
  { epoch, samples }: DrawContext,
): T {
  const attrs = { key: [...key], signal, dark, readNoise };
  if (onOwnBackend(photonsName)) return run(photonsName, { x, epoch, samples }, attrs);
  const count = (rowKey: Key, row: Float32Array, light: Float32Array): void => {
    fillNormal(rowKey, row);
    for (let i = 0; i < row.length; i++) {
      const mean = signal * (light[i]! < 0 ? 0 : light[i]!) + dark;
      const electrons = drawPoisson(mean, drawsAt(rowKey, i));
      row[i] = (electrons + readNoise * row[i]!) / signal;
    }
  };
  return withGradient<T>([x], () => ({
    value: perRow(x.shape, key, { epoch, samples }, count, [x]) as T,
    gradient: (dy) => [tf.clone(dy)],
  }));
}

const dropName = 'LightbenchDrop';
const normalName = 'LightbenchNormal';
const uniformName = 'LightbenchUniform';
const selectName = 'LightbenchSelectRows';
const photonsName = 'LightbenchPhotons';

tf.registerGradient({
  kernelName: dropName,
  inputsToSave: ['epoch', 'samples'],
  gradFunc: (dy, [epoch, samples], attrs) => {
    const inputs = { x: dy as tf.Tensor, epoch: epoch!, samples: samples! };
    return { x: () => run(dropName, inputs, { ...attrs, shift: 0, dropped: 0 }) };
  },
});

for (const kernelName of [normalName, photonsName]) {
  tf.registerGradient({ kernelName, gradFunc: (dy) => ({ x: () => tf.clone(dy as tf.Tensor) }) });
}

/** Words below this are dropped. */
function thresholdOf(rate: number): number {
  return Math.min(Math.ceil(rate * 2 ** 32), 2 ** 32 - 1);
}

// ---- in JavaScript, for every other backend ----

/** A batch that is filled row by row, each from the stream of its sample and the rows of `given`. */
export function perRow(
  shape: readonly number[],
  key: Key,
  { epoch, samples }: DrawContext,
  fill: (rowKey: Key, row: Float32Array, given: Float32Array) => void,
  given: readonly tf.Tensor[] = [],
): tf.Tensor {
  const [rows, width] = [shape[0]!, shape.slice(1).reduce((size, length) => size * length, 1)];
  const outputs = [{ shape, dtype: 'float32' }] as const;
  const [made] = hostOp([epoch, samples, ...given], outputs, ([number, indices, from], [to]) => {
    for (let row = 0; row < rows; row++) {
      const ofRow = (values: NumericArray) =>
        values.subarray(row * width, (row + 1) * width) as Float32Array;
      fill(sampleKey(key, number![0]!, indices![row]!), ofRow(to!), ofRow(from ?? to!));
    }
  });
  return made!;
}

function drawMask(
  shape: readonly number[],
  { key, dropBelow }: { readonly key: readonly number[]; readonly dropBelow: number },
  ctx: DrawContext,
  kept: number,
  dropped: number,
): tf.Tensor {
  return perRow(shape, [key[0]!, key[1]!], ctx, (rowKey, row) => {
    const words = new Uint32Array(row.length);
    fillBits(rowKey, words);
    for (let i = 0; i < row.length; i++) row[i] = words[i]! < dropBelow ? dropped : kept;
  });
}
