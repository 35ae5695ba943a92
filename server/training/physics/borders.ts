import type { PhysicsValueOf } from '#common/catalogue/physics';

export type Border = PhysicsValueOf<'gaussianBlur'>['border'];

/** Which sample stands at a position outside the image; -1 for none. Any distance will do. */
export const borderRules = {
  zero: (i, size) => (i >= 0 && i < size ? i : -1),
  circular: (i, size) => modulo(i, size),
  mirror: (i, size) => {
    const turned = modulo(i, Math.max(1, 2 * (size - 1)));
    return turned < size ? turned : 2 * (size - 1) - turned;
  },
  symmetric: (i, size) => {
    const turned = modulo(i, 2 * size);
    return turned < size ? turned : 2 * size - 1 - turned;
  },
} satisfies Record<Border, (i: number, size: number) => number>;

/**
 * The matrix that convolves a signal of `size` samples with a symmetric kernel h(0) … h(radius),
 * row-major: T[i, k] is the sum of all h(d) whose i − d stands for sample k. Summed in double precision.
 */
export function convolutionMatrix(taps: Float64Array, size: number, border: Border): Float64Array {
  const matrix = new Float64Array(size * size);
  const radius = taps.length - 1;
  for (let i = 0; i < size; i++) {
    for (let d = -radius; d <= radius; d++) {
      const from = borderRules[border](i - d, size);
      if (from >= 0) matrix[i * size + from]! += taps[Math.abs(d)]!;
    }
  }
  return matrix;
}

function modulo(i: number, period: number): number {
  return ((i % period) + period) % period;
}
