// Samples of a batch mixed with each other: in C on the engine's own backend, on any other by the same
// arithmetic in JavaScript.
import * as tf from '@tensorflow/tfjs-core';
import { circle, draws, sampleKey, symmetricBeta, type Draws, type Key } from '#common/rng';
import type { NumericArray } from '../backend/heap';
import { hostOp, type HostOutput } from '../hostOp';
import { onOwnBackend, run, runMany } from './kernelCall';
import type { DrawContext } from './random';

/** With whom each row of a batch is mixed, and how much of itself it keeps. */
export interface Mixture {
  /** int32: the number of another row. */
  readonly partners: tf.Tensor1D;
  /** From 0 to 1. */
  readonly shares: tf.Tensor1D;
}

/** A mixture in which every row keeps its place but for a box, which comes from its partner. */
export interface Collage extends Mixture {
  /** int32: top, left, bottom and right of each box; the last two lie outside of it. */
  readonly boxes: tf.Tensor2D;
}

/** Which streams a mixture is drawn from: that of the circle of partners, and those of the rows. */
export interface MixtureKeys {
  readonly partners: Key;
  readonly shares: Key;
}

/** Draws a mixture with shares of the distribution Beta(alpha, alpha). A row without another is all itself. */
export function drawMixture(
  alpha: number,
  { partners: partnersKey, shares: key }: MixtureKeys,
  ctx: DrawContext,
): Mixture {
  const { epoch, samples } = ctx;
  const partners = drawPartners(partnersKey, ctx);
  const attrs = { key: [...key], alpha };
  if (onOwnBackend(sharesName)) {
    return { partners, shares: run(sharesName, { partners, epoch, samples }, attrs) };
  }
  const [shares] = drawRows(key, partners, ctx, [aShare], (draw, isAlone, [share]) => {
    share![0] = isAlone ? 1 : symmetricBeta(draw, alpha);
  });
  return { partners, shares: shares as tf.Tensor1D };
}

/**
 * Draws a collage: a part 1 − λ of each image, λ of the distribution Beta(alpha, alpha), as a box of the
 * form of the image around a random pixel, cut off at the edges. Shares are what is left of the image.
 */
export function drawCollage(
  alpha: number,
  [height, width]: readonly [number, number],
  { partners: partnersKey, shares: key }: MixtureKeys,
  ctx: DrawContext,
): Collage {
  const { epoch, samples } = ctx;
  const partners = drawPartners(partnersKey, ctx);
  if (onOwnBackend(boxesName)) {
    const attrs = { key: [...key], alpha, format: formatOf(height, width, 1) };
    type Drawn = [tf.Tensor2D, tf.Tensor1D];
    const [boxes, shares] = runMany<Drawn>(boxesName, { partners, epoch, samples }, attrs);
    return { partners, boxes, shares };
  }
  const each = [aBox, aShare];
  const [boxes, shares] = drawRows(key, partners, ctx, each, (draw, isAlone, [box, share]) => {
    const half = isAlone ? 0 : 0.5 * Math.sqrt(1 - symmetricBeta(draw, alpha));
    const [rows, columns] = [Math.floor(half * height), Math.floor(half * width)];
    const [i, j] = [draw.below(height), draw.below(width)];
    const [top, left] = [Math.max(0, i - rows), Math.max(0, j - columns)];
    const [bottom, right] = [Math.min(height, i + rows), Math.min(width, j + columns)];
    box!.set([top, left, bottom, right]);
    share![0] = 1 - ((bottom - top) * (right - left)) / (height * width);
  });
  return { partners, boxes: boxes as tf.Tensor2D, shares: shares as tf.Tensor1D };
}

/** Each row times its share, plus its partner times the rest. */
export function mixRows<T extends tf.Tensor>(x: T, { partners, shares }: Mixture): T {
  if (onOwnBackend(mixName)) return run(mixName, { x, partners, shares });
  const share = tf.reshape(shares, [-1, ...x.shape.slice(1).map(() => 1)]);
  return tf.add(tf.mul(x, share), tf.mul(tf.gather(x, partners), tf.sub(1, share)));
}

/** Each image with the box of its partner. */
export function pasteBoxes(x: tf.Tensor4D, { partners, boxes }: Collage): tf.Tensor4D {
  const [, height, width, channels] = x.shape;
  if (onOwnBackend(pasteName)) {
    return run(pasteName, { x, partners, boxes }, { format: formatOf(height, width, channels) });
  }
  const line = width * channels;
  const outputs = [{ shape: x.shape, dtype: 'float32' }] as const;
  const [made] = hostOp([x, partners, boxes], outputs, ([from, others, places], [to]) => {
    to!.set(from!);
    for (const [image, other] of others!.entries()) {
      const [top, left, bottom, right] = places!.subarray(4 * image, 4 * image + 4);
      for (let row = top!; row < bottom!; row++) {
        const at = row * line + left! * channels;
        const start = other * height * line + at;
        const part = from!.subarray(start, start + (right! - left!) * channels);
        to!.set(part, image * height * line + at);
      }
    }
  });
  return made as tf.Tensor4D;
}

const partnersName = 'LightbenchDrawPartners';
const sharesName = 'LightbenchDrawShares';
const boxesName = 'LightbenchDrawBoxes';
const mixName = 'LightbenchMixRows';
const pasteName = 'LightbenchPasteBoxes';

/** An image as images.h takes it, read at its pixels. */
function formatOf(height: number, width: number, channels: number): number[] {
  return [height, width, channels, 1, 0];
}

/** The next one in a circle of all rows, drawn from the stream of the first. */
function drawPartners(key: Key, { epoch, samples }: DrawContext): tf.Tensor1D {
  if (onOwnBackend(partnersName)) return run(partnersName, { epoch, samples }, { key: [...key] });
  const outputs = [{ shape: samples.shape, dtype: 'int32' }] as const;
  const [made] = hostOp([epoch, samples], outputs, ([number, indices], [to]) => {
    to!.set(circle(draws(sampleKey(key, number![0]!, indices![0]!)), to!.length));
  });
  return made as tf.Tensor1D;
}

/** What is drawn for a row. */
const aShare: HostOutput = { shape: [], dtype: 'float32' };
const aBox: HostOutput = { shape: [4], dtype: 'int32' };

type RowFill = (draw: Draws, isAlone: boolean, rows: readonly NumericArray[]) => void;

/** Tensors with a row for each sample, filled from the stream of the sample. */
function drawRows(
  key: Key,
  partners: tf.Tensor1D,
  { epoch, samples }: DrawContext,
  each: readonly HostOutput[],
  fill: RowFill,
): tf.Tensor[] {
  const count = partners.shape[0];
  const outputs = each.map(({ shape, dtype }) => ({ shape: [count, ...shape], dtype }));
  return hostOp([epoch, samples, partners], outputs, ([number, indices, others], made) => {
    for (const [row, other] of others!.entries()) {
      const rows = made.map((values) => {
        const width = values.length / count;
        return values.subarray(row * width, (row + 1) * width);
      });
      fill(draws(sampleKey(key, number![0]!, indices![row]!)), other === row, rows);
    }
  });
}
