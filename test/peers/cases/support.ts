import assert from 'node:assert/strict';
import { numbers, sizeOf, variants } from '../../unit/engine/support';

/** The native engine, as most people train with. */
export const native = variants.find(({ engine }) => engine === 'native')!;

/** A tensor as the scripts take it. The values are those of float32, so that both sides get the same. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export function valuesOf(shape: readonly number[], values: Iterable<number>): Values {
  return { shape, values: [...Float32Array.from(values)] };
}

/** Pseudo-random numbers in [-scale, scale). */
export function randomValues(shape: readonly number[], seed: number, scale = 1): Values {
  return valuesOf(
    shape,
    numbers(sizeOf(shape), seed).map((value) => value * scale),
  );
}

/** Takes the values of a list in a random order, again and again. */
export function picked(shape: readonly number[], list: readonly number[], seed: number): Values {
  const places = numbers(sizeOf(shape), seed);
  return valuesOf(
    shape,
    Array.from(places, (place) => list[Math.floor(((place + 1) / 2) * list.length)]!),
  );
}

export interface Tolerance {
  /** Part of the largest value of a row. */
  readonly relative: number;
  /** What any value may be off by, where a row is all but 0. */
  readonly absolute: number;
}

/** Numbers and those they should be; for sums of terms that cancel also the sizes of what is rounded. */
export type Compared = readonly [
  actual: readonly number[],
  expected: readonly number[],
  sizes?: readonly number[],
];

/** Asserts that numbers agree, row by row; as many rows as numbers compares each by itself. */
export function assertRows(
  what: string,
  [actual, expected, sizes = expected]: Compared,
  rows: number,
  { relative, absolute }: Tolerance,
): void {
  assert.equal(actual.length, expected.length, `${what}: number of values`);
  const length = expected.length / rows;
  for (let row = 0; row < rows; row++) {
    const rowOf = (values: readonly number[]) => values.slice(row * length, (row + 1) * length);
    const largest = rowOf(sizes).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    for (const [i, value] of rowOf(expected).entries()) {
      const ours = actual[row * length + i]!;
      const isClose = Math.abs(ours - value) <= relative * largest + absolute;
      assert.ok(isClose, `${what}: value ${row * length + i} is ${ours}, theirs is ${value}`);
    }
  }
}
