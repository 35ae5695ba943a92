import * as tf from '@tensorflow/tfjs-core';
import { hasHostSteps, hostOp } from '../engine/hostOp';
import { withGradient } from '../gradients';
import { keepRows } from '../metrics/kept';

/** Takes in images one after another, and gives percentiles over all their values. */
export interface PercentileFitter {
  /** Values of images, row-major with the groups of channels last. */
  add(values: Float32Array, images: number): void;
  percentile(group: number, percent: number): number;
}

/** Of more values than this, whole images are left out: pixels of one place would be no sample. */
const mostValues = 2 ** 23;

/** @param groups channels that have percentiles of their own; 1 if they are taken together. */
export function fitPercentiles(groups: number): PercentileFitter {
  let keeper: ReturnType<typeof keepRows> | undefined;
  let sorted: readonly Float64Array[] | undefined;
  return {
    add(values, images) {
      const size = values.length / images;
      keeper ??= keepRows(size, mostValues);
      for (let image = 0; image < images; image++) {
        keeper.add(Float64Array.from(values.subarray(image * size, (image + 1) * size)));
      }
    },
    percentile(group, percent) {
      sorted ??= sortedGroups(
        keeper?.rows ?? { width: 0, count: 0, values: new Float64Array(0) },
        groups,
      );
      return percentileOf(sorted[group]!, percent);
    },
  };
}

function sortedGroups(
  { width, count, values }: ReturnType<typeof keepRows>['rows'],
  groups: number,
): readonly Float64Array[] {
  const all = values.subarray(0, width * count);
  return Array.from({ length: groups }, (_, group) =>
    Float64Array.from(
      { length: all.length / groups },
      (_value, i) => all[i * groups + group]!,
    ).sort(),
  );
}

/** Linear between the two nearest of sorted values, as NumPy does. */
export function percentileOf(sorted: Float32Array | Float64Array, percent: number): number {
  const place = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (place - below) * (high - low);
}

/**
 * Two percentiles of each image by itself, `[images, 1, 1, channels or 1]`. They count as constants when
 * the instrument is learned: what one pixel does to them is next to nothing.
 */
export function imagePercentiles(
  x: tf.Tensor4D,
  perChannel: boolean,
  percents: readonly [number, number],
): readonly tf.Tensor[] {
  const groups = perChannel ? x.shape[3] : 1;
  const both = withGradient<tf.Tensor4D>([x], () => ({
    value: measure(x, groups, percents),
    saved: [x],
    gradient: (_, [image]) => [tf.zerosLike(image!)],
  }));
  const size: [number, number, number, number] = [x.shape[0], 1, 1, groups];
  return [tf.slice4d(both, [0, 0, 0, 0], size), tf.slice4d(both, [0, 0, 0, groups], size)];
}

/** The lower percentile of every group, then the upper one: `[images, 1, 1, 2 groups]`. */
function measure(x: tf.Tensor4D, groups: number, percents: readonly [number, number]): tf.Tensor4D {
  if (!hasHostSteps()) return composedMeasure(x, groups, percents);
  const images = x.shape[0];
  const output = { shape: [images, 1, 1, 2 * groups], dtype: 'float32' } as const;
  const size = x.size / images / groups;
  const [result] = hostOp([x], [output], ([from], [to]) => {
    const sorted = new Float32Array(size);
    for (let place = 0; place < images * groups; place++) {
      const [image, group] = [Math.floor(place / groups), place % groups];
      for (let i = 0; i < size; i++) sorted[i] = from![(image * size + i) * groups + group]!;
      sorted.sort();
      for (const [which, percent] of percents.entries()) {
        to![(2 * image + which) * groups + group] = percentileOf(sorted, percent);
      }
    }
  });
  return result as tf.Tensor4D;
}

/** The same of TF.js operations: all values of a group in their order, of which two are taken. */
function composedMeasure(
  x: tf.Tensor4D,
  groups: number,
  percents: readonly [number, number],
): tf.Tensor4D {
  const images = x.shape[0];
  const size = x.size / images / groups;
  const rows = tf.transpose(tf.reshape(x, [images, size, groups]), [0, 2, 1]);
  const { values } = tf.topk(tf.reshape(rows, [images * groups, size]), size);
  const found = percents.map((percent) => {
    // The largest comes first.
    const place = (1 - percent / 100) * (size - 1);
    const below = Math.min(Math.floor(place), size - 1);
    const [first, second] = [below, Math.min(below + 1, size - 1)].map((at) =>
      tf.slice(values, [0, at], [images * groups, 1]),
    );
    return tf.add(first!, tf.mul(tf.sub(second!, first!), place - below));
  });
  return tf.reshape(
    tf.concat(
      found.map((figures) => tf.reshape(figures, [images, groups])),
      1,
    ),
    [images, 1, 1, 2 * groups],
  );
}
