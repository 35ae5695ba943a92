import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

/** An array of any depth, as it stands in a golden file. */
export type Nested = number | readonly Nested[];

export interface GoldenCase {
  readonly id: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Nested>>;
  readonly outputs: Readonly<Record<string, Nested>>;
  readonly g: Readonly<Record<string, Nested>>;
  readonly grads: Readonly<Record<string, Nested>>;
  readonly tol_f32: { readonly outputs: number; readonly grads: number };
}

export interface Golden {
  readonly cases: readonly GoldenCase[];
  /** Reference numbers; each test states the shape of the table it reads. */
  readonly tables: Readonly<Record<string, unknown>>;
}

interface File extends Golden {
  readonly shared: Readonly<Record<string, Nested>>;
}

/** Reads a golden file, with shared arrays put in their places. */
export function readGolden(name: string): Golden {
  const file = path.join(__dirname, '../../fixtures/golden', name);
  const { shared, cases, tables } = JSON.parse(readFileSync(file, 'utf8')) as File;
  const resolve = (arrays: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(arrays).map(([key, value]) => [
        key,
        typeof value === 'string' ? shared[value.slice(1)]! : (value as Nested),
      ]),
    );
  return {
    tables,
    cases: cases.map((entry) => ({
      ...entry,
      inputs: resolve(entry.inputs),
      outputs: resolve(entry.outputs),
      g: resolve(entry.g),
      grads: resolve(entry.grads),
    })),
  };
}

/** All numbers of a nested array, row-major. */
export function flat(nested: Nested): number[] {
  return typeof nested === 'number' ? [nested] : nested.flatMap(flat);
}

/** Rows and columns of a nested image. */
export function imageSize(nested: Nested): readonly [number, number] {
  const rows = nested as readonly (readonly Nested[])[];
  return [rows.length, rows[0]!.length];
}

/** The comparison of the golden files: max|a − b| ≤ tolerance · max|b|. */
export function assertGolden(
  actual: ArrayLike<number>,
  expected: Nested,
  tolerance: number,
  what: string,
): void {
  const numbers = flat(expected);
  assert.equal(actual.length, numbers.length, `${what}: number of values`);
  const scale = Math.max(...numbers.map(Math.abs));
  const worst = Math.max(...numbers.map((value, i) => Math.abs(value - actual[i]!)));
  assert.ok(
    worst <= tolerance * scale,
    `${what}: off by ${worst / scale} of the largest value, allowed ${tolerance}`,
  );
}
