import type { Draws } from '#common/rng';
import { changeImages } from '../engine/ops/images';
import { drawKey, mover, type AugmenterBuilder } from './augmenter';
import { drawWithin, inRadians, radians, rangeAround, spanOf, type Range } from './range';
import { warp, type Warp } from './warp';

/** Rotates, moves, scales and shears by amounts drawn for each sample. */
export const affine: AugmenterBuilder<'affine'> = (value, place) => {
  const { interpolation, border } = value;
  const ranges: MotionRanges = {
    rotateDegrees: rangeAround(0, value.rotateDegrees),
    shift: rangeAround(0, value.translate),
    scale: rangeAround(1, value.scale),
    shearDegrees: rangeAround(0, value.shearDegrees),
  };
  const { rotateDegrees, shift, scale, shearDegrees } = ranges;
  const numbers = [inRadians(rotateDegrees), shift, scale, inRadians(shearDegrees)].flatMap(spanOf);
  return mover({ interpolation, border }, (x, ctx, sampling) => {
    const kernel = { kernel: 'LightbenchAffine', numbers, sampling };
    return changeImages(x, kernel, drawKey(place, ctx), ctx, (source, out, size, draw) =>
      warp(source, out, size, inverseOf(drawMotion(ranges, draw), size), sampling),
    );
  });
};

/** What the parts of a motion are drawn from. */
type MotionRanges = Readonly<Record<keyof Motion, Range>>;

/** What is done to the object; positive angles turn it counter-clockwise as seen. */
export interface Motion {
  readonly rotateDegrees: number;
  /** As parts of height and width: down, then right. */
  readonly shift: readonly [down: number, right: number];
  readonly scale: number;
  /** Lines that went up lean to the right by this angle. */
  readonly shearDegrees: number;
}

function drawMotion(ranges: MotionRanges, draw: Draws): Motion {
  return {
    rotateDegrees: drawWithin(ranges.rotateDegrees, draw),
    shift: [drawWithin(ranges.shift, draw), drawWithin(ranges.shift, draw)],
    scale: drawWithin(ranges.scale, draw),
    shearDegrees: drawWithin(ranges.shearDegrees, draw),
  };
}

/**
 * Where each new pixel p comes from: A⁻¹(p − c − t) + c with the centre c of the image and
 * A = rotation · shear · scale, on (row, column) with rows counted down.
 */
export function inverseOf(
  { rotateDegrees, shift, scale, shearDegrees }: Motion,
  { height, width }: { readonly height: number; readonly width: number },
): Warp {
  const angle = radians(rotateDegrees);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const lean = Math.tan(radians(shearDegrees));
  // A = [[cos, −sin], [sin, cos]] · [[1, 0], [−lean, 1]] · scale; its determinant is scale².
  const a = scale * (cos + sin * lean);
  const b = scale * -sin;
  const c = scale * (sin - cos * lean);
  const d = scale * cos;
  const determinant = scale * scale;
  const matrix = [d / determinant, -b / determinant, -c / determinant, a / determinant] as const;
  const centreRow = (height - 1) / 2;
  const centreColumn = (width - 1) / 2;
  const row = centreRow + shift[0] * height;
  const column = centreColumn + shift[1] * width;
  return {
    matrix,
    offset: [
      centreRow - matrix[0] * row - matrix[1] * column,
      centreColumn - matrix[2] * row - matrix[3] * column,
    ],
  };
}
