import type { ImageSize, Sampling } from '../engine/ops/images';
import { borderRules } from '../physics/borders';

/** Where a new pixel (row, column) comes from: matrix · (row, column) + offset. */
export interface Warp {
  /** Row-major 2 × 2. */
  readonly matrix: readonly [number, number, number, number];
  readonly offset: readonly [row: number, column: number];
}

/**
 * Writes the image `source`, seen through the transform, into `out`. A field displaces where each pixel
 * comes from: `[2, height, width]`, down and right.
 */
export function warp(
  source: Float32Array,
  out: Float32Array,
  { height, width, channels }: ImageSize,
  { matrix, offset }: Warp,
  { interpolation, border }: Sampling,
  field: Float32Array = new Float32Array(2 * height * width),
): void {
  const [neighbours, rule] = [neighbourRules[interpolation], ruleOf(border)];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const row = matrix[0] * y + matrix[1] * x + offset[0] + field[at]!;
      const column = matrix[2] * y + matrix[3] * x + offset[1] + field[height * width + at]!;
      const [rows, columns] = [neighbours(snap(row)), neighbours(snap(column))];
      for (let channel = 0; channel < channels; channel++) {
        out[at * channels + channel] = weigh(rows, columns, (i, j) => {
          const [inRow, inColumn] = [rule(i, height), rule(j, width)];
          if (inRow < 0 || inColumn < 0) return 0;
          return source[(inRow * width + inColumn) * channels + channel]!;
        });
      }
    }
  }
}

/** Which sample stands at a position outside the image; -1 for none. */
export function ruleOf(border: Sampling['border']): (i: number, size: number) => number {
  if (border === 'nearest') return (i, size) => Math.min(size - 1, Math.max(0, i));
  return borderRules[border];
}

/** Cosines of right angles are off by 10⁻¹⁶, which must not blur or move a pixel. */
function snap(position: number): number {
  const whole = Math.round(position);
  return Math.abs(position - whole) < 1e-9 ? whole : position;
}

/** The samples along one axis that make a value, from the first on. */
interface Neighbours {
  readonly first: number;
  readonly weights: readonly number[];
}

const neighbourRules = {
  nearest: (position) => ({ first: Math.floor(position + 0.5), weights: [1] }),
  bilinear: (position) => {
    const first = Math.floor(position);
    return { first, weights: [1 - (position - first), position - first] };
  },
  /** Keys' cubic convolution with a = −½. */
  bicubic: (position) => {
    const whole = Math.floor(position);
    const t = position - whole;
    const weights = [
      ((-0.5 * t + 1) * t - 0.5) * t,
      (1.5 * t - 2.5) * t * t + 1,
      ((-1.5 * t + 2) * t + 0.5) * t,
      (0.5 * t - 0.5) * t * t,
    ];
    return { first: whole - 1, weights };
  },
} satisfies Record<Sampling['interpolation'], (position: number) => Neighbours>;

function weigh(
  rows: Neighbours,
  columns: Neighbours,
  pixel: (row: number, column: number) => number,
): number {
  let sum = 0;
  for (const [i, rowWeight] of rows.weights.entries()) {
    let inLine = 0;
    for (const [j, weight] of columns.weights.entries()) {
      inLine += weight * pixel(rows.first + i, columns.first + j);
    }
    sum += rowWeight * inLine;
  }
  return sum;
}
