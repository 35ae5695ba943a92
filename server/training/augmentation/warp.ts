import type { AugmentationValueOf } from '#common/catalogue/augmentation';

/** Where a new pixel (row, column) comes from: matrix · (row, column) + offset. */
export interface Warp {
  /** Row-major 2 × 2. */
  readonly matrix: readonly [number, number, number, number];
  readonly offset: readonly [row: number, column: number];
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

type Sampling = Pick<AugmentationValueOf<'affine'>, 'interpolation' | 'border'>;

/** Writes the image `source`, seen through the transform, into `out`. */
export function warp(
  source: Float32Array,
  out: Float32Array,
  size: ImageSize,
  { matrix, offset }: Warp,
  { interpolation, border }: Sampling,
): void {
  const { height, width, channels } = size;
  const sample = interpolation === 'nearest' ? nearest : bilinear;
  const fetch = border === 'nearest' ? fromEdge : fromDark;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = snap(matrix[0] * y + matrix[1] * x + offset[0]);
      const column = snap(matrix[2] * y + matrix[3] * x + offset[1]);
      for (let channel = 0; channel < channels; channel++) {
        out[(y * width + x) * channels + channel] = sample(
          (i, j) => fetch(source, size, i, j, channel),
          row,
          column,
        );
      }
    }
  }
}

/** Cosines of right angles are off by 10⁻¹⁶, which must not blur or move a pixel. */
function snap(position: number): number {
  const whole = Math.round(position);
  return Math.abs(position - whole) < 1e-9 ? whole : position;
}

type Pixel = (row: number, column: number) => number;

function nearest(pixel: Pixel, row: number, column: number): number {
  return pixel(Math.floor(row + 0.5), Math.floor(column + 0.5));
}

function bilinear(pixel: Pixel, row: number, column: number): number {
  const top = Math.floor(row);
  const left = Math.floor(column);
  const down = row - top;
  const right = column - left;
  return (
    (1 - down) * ((1 - right) * pixel(top, left) + right * pixel(top, left + 1)) +
    down * ((1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1))
  );
}

function fromDark(
  source: Float32Array,
  { height, width, channels }: ImageSize,
  row: number,
  column: number,
  channel: number,
): number {
  if (row < 0 || row >= height || column < 0 || column >= width) return 0;
  return source[(row * width + column) * channels + channel]!;
}

function fromEdge(
  source: Float32Array,
  size: ImageSize,
  row: number,
  column: number,
  channel: number,
): number {
  const inRow = Math.min(size.height - 1, Math.max(0, row));
  const inColumn = Math.min(size.width - 1, Math.max(0, column));
  return fromDark(source, size, inRow, inColumn, channel);
}
