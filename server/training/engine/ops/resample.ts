// Images of another size: resizing, up-sampling and adaptive pooling. Along each axis, a result is a weighted
// sum of neighbouring pixels; so is the gradient at a pixel of those at the results that it has a part in.
import * as tf from '@tensorflow/tfjs-core';
import { onOwnBackend, run } from '../ops';

/** What makes up one result along an axis: neighbouring pixels, from the first on, with their weights. */
interface Sources {
  readonly first: number;
  readonly weights: readonly number[];
}

type Axis = (size: number, results: number) => readonly Sources[];
export type Interpolation = 'nearest' | 'bilinear';

/** Images of so many rows and columns. Pixel centres lie at half numbers, as in Keras. */
export function resize(
  x: tf.Tensor,
  size: readonly [number, number],
  interpolation: Interpolation,
): tf.Tensor4D {
  return resample(x, size, interpolation === 'nearest' ? nearest : bilinear);
}

/** Averages over so many rows and columns of bins, which overlap by a pixel where they do not fit: PyTorch's. */
export function adaptiveAveragePool(x: tf.Tensor, size: readonly [number, number]): tf.Tensor4D {
  return resample(x, size, bins);
}

function nearest(size: number, results: number): readonly Sources[] {
  return Array.from({ length: results }, (_, i) => ({
    first: Math.min(size - 1, Math.floor(((i + 0.5) * size) / results)),
    weights: [1],
  }));
}

function bilinear(size: number, results: number): readonly Sources[] {
  return Array.from({ length: results }, (_, i): Sources => {
    const at = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / results - 0.5));
    const first = Math.floor(at);
    // A pixel without weight is left out: zero times infinity would be no number.
    return { first, weights: at === first ? [1] : [1 - (at - first), at - first] };
  });
}

function bins(size: number, results: number): readonly Sources[] {
  return Array.from({ length: results }, (_, i) => {
    const first = Math.floor((i * size) / results);
    const count = Math.ceil(((i + 1) * size) / results) - first;
    return { first, weights: new Array<number>(count).fill(1 / count) };
  });
}

/** For each pixel, the results that it has a part in: neighbours too, as both go in one direction. */
function turnRound(axis: readonly Sources[], size: number): readonly Sources[] {
  return Array.from({ length: size }, (_, pixel) => {
    const weightIn = ({ first, weights }: Sources): number => weights[pixel - first] ?? 0;
    const first = axis.findIndex((sources) => weightIn(sources) !== 0);
    const last = axis.findLastIndex((sources) => weightIn(sources) !== 0);
    return { first: Math.max(0, first), weights: axis.slice(first, last + 1).map(weightIn) };
  });
}

const resampleName = 'LightbenchResample';

function resample(x: tf.Tensor, size: readonly [number, number], along: Axis): tf.Tensor4D {
  const [height, width] = [x.shape[1]!, x.shape[2]!];
  const [rows, columns] = [along(height, size[0]), along(width, size[1])];
  if (!onOwnBackend(resampleName)) return multiplied(x, rows, columns);
  return run(resampleName, {
    x,
    rows: table(rows),
    columns: table(columns),
    rowsBack: table(turnRound(rows, height)),
    columnsBack: table(turnRound(columns, width)),
  });
}

/** The entries as the kernel reads them: first source, number of sources, weights. */
function table(axis: readonly Sources[]): tf.Tensor2D {
  const most = Math.max(1, ...axis.map(({ weights }) => weights.length));
  const values = new Float32Array(axis.length * (2 + most));
  for (const [i, { first, weights }] of axis.entries()) {
    values.set([first, weights.length, ...weights], i * (2 + most));
  }
  return tf.tensor2d(values, [axis.length, 2 + most]);
}

tf.registerGradient({
  kernelName: resampleName,
  inputsToSave: ['rows', 'columns', 'rowsBack', 'columnsBack'],
  gradFunc: (dy, saved) => {
    const [rows, columns, rowsBack, columnsBack] = saved as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const turned = { rows: rowsBack, columns: columnsBack, rowsBack: rows, columnsBack: columns };
    return { x: () => run(resampleName, { x: dy as tf.Tensor, ...turned }) };
  },
});

/** The same as products with matrices, for every other backend. */
function multiplied(
  x: tf.Tensor,
  rows: readonly Sources[],
  columns: readonly Sources[],
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const lines = tf.reshape(x, [batch, height, width * channels]);
  const tall = tf.matMul(tf.expandDims(matrix(rows, height), 0), lines);
  const pixels = tf.reshape(tall, [batch * rows.length, width, channels]);
  const wide = tf.matMul(tf.expandDims(matrix(columns, width), 0), pixels);
  return tf.reshape(wide, [batch, rows.length, columns.length, channels]);
}

function matrix(axis: readonly Sources[], size: number): tf.Tensor2D {
  const values = new Float32Array(axis.length * size);
  for (const [i, { first, weights }] of axis.entries()) values.set(weights, i * size + first);
  return tf.tensor2d(values, [axis.length, size]);
}
