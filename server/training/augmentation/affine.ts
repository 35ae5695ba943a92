import type { AugmentationValueOf } from '#common/catalogue/augmentation';
import type { Draws } from '#common/rng';
import { changeImages } from '../engine/ops/images';
import { drawKey, mover, type AugmenterBuilder } from './augmenter';
import { warp, type Warp } from './warp';

type AffineValue = AugmentationValueOf<'affine'>;

/** Rotates, moves, scales and shears by amounts drawn for each sample. */
export const affine: AugmenterBuilder<'affine'> = (value, place) => {
  const { rotateDegrees, translate, scale, shearDegrees, interpolation, border } = value;
  const numbers = [radians(rotateDegrees), translate, scale, radians(shearDegrees)];
  return mover({ interpolation, border }, (x, ctx, sampling) => {
    const kernel = { kernel: 'LightbenchAffine', numbers, sampling };
    return changeImages(x, kernel, drawKey(place, ctx), ctx, (source, out, size, draw) =>
      warp(source, out, size, inverseOf(drawMotion(value, draw), size), sampling),
    );
  });
};

/** What is done to the object; positive angles turn it counter-clockwise as seen. */
export interface Motion {
  readonly rotateDegrees: number;
  /** As parts of height and width: down, then right. */
  readonly shift: readonly [down: number, right: number];
  readonly scale: number;
  /** Lines that went up lean to the right by this angle. */
  readonly shearDegrees: number;
}

function drawMotion(value: AffineValue, { uniform }: Draws): Motion {
  const within = (largest: number) => largest * (2 * uniform() - 1);
  return {
    rotateDegrees: within(value.rotateDegrees),
    shift: [within(value.translate), within(value.translate)],
    scale: 1 + within(value.scale),
    shearDegrees: within(value.shearDegrees),
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

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
