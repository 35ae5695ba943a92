import type { Sampling } from '../engine/ops/images';
import { ruleOf } from './warp';

/** Weights of a bell at −radius … radius, not scaled. A width of 0 leaves the centre alone. */
export function bellWeights(sigma: number, radius: number): Float32Array {
  return Float32Array.from({ length: 2 * radius + 1 }, (_, i) => {
    const distance = i - radius;
    if (distance === 0) return 1;
    return sigma > 0 ? Math.exp(-0.5 * (distance / sigma) ** 2) : 0;
  });
}

/** How far a bell reaches before it is cut off. */
export function bellRadius(sigma: number): number {
  return Math.ceil(3 * sigma);
}

/** Weighs neighbours along one axis of `[outer, size, inner]`. */
export function smoothAxis(
  source: Float32Array,
  [outer, size, inner]: readonly [number, number, number],
  weights: Float32Array,
  border: Sampling['border'],
): Float32Array {
  const out = new Float32Array(source.length);
  const radius = (weights.length - 1) / 2;
  const rule = ruleOf(border);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < size; i++) {
      for (const [d, weight] of weights.entries()) {
        const at = rule(i + d - radius, size);
        if (at < 0) continue;
        for (let k = 0; k < inner; k++) {
          out[(o * size + i) * inner + k]! += weight * source[(o * size + at) * inner + k]!;
        }
      }
    }
  }
  return out;
}
