import type { PhysicsValueOf } from '#common/catalogue/physics';

export type Border = PhysicsValueOf<'gaussianBlur'>['border'];

/** Which sample stands at a position outside the image; -1 for none. Any distance will do. */
const rules = {
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
 * The shifts that a symmetric kernel is made of: row d, of size × size numbers, moves a signal by +d
 * and by −d and adds both (by 0 once). A blur is the sum of the rows times the taps of the kernel.
 */
export function shiftMatrices(size: number, radiusPx: number, border: Border): Float32Array {
  const matrices = new Float32Array((radiusPx + 1) * size * size);
  for (let d = -radiusPx; d <= radiusPx; d++) {
    for (let i = 0; i < size; i++) {
      const from = rules[border](i - d, size);
      if (from >= 0) matrices[(Math.abs(d) * size + i) * size + from]! += 1;
    }
  }
  return matrices;
}

function modulo(i: number, period: number): number {
  return ((i % period) + period) % period;
}
