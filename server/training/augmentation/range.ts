import { asRange } from '#common/catalogue/parameters';
import type { Draws } from '#common/rng';

/** The ends of what is drawn evenly. */
export type Range = readonly [low: number, high: number];

/** A range as a file has it: itself, or a number that stands for one. */
type RangeValue = number | readonly [number, number];

/** The range of a value whose number alone is the largest distance from `centre`. */
export function rangeAround(centre: number, value: RangeValue): Range {
  return asRange(value, (largest) => [centre - largest, centre + largest]);
}

/** A range of degrees in radians. */
export function inRadians([low, high]: Range): Range {
  return [radians(low), radians(high)];
}

/** The low end and the width, as kernels take them. */
export function spanOf([low, high]: Range): readonly [low: number, span: number] {
  return [low, high - low];
}

export function drawWithin([low, high]: Range, { uniform }: Pick<Draws, 'uniform'>): number {
  return low + (high - low) * uniform();
}

export function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
