import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { openEngine, type Engine } from '../../../server/training/engine/engine';
import { backendName, type KernelBackend } from '../../../server/training/engine/backend/backend';
import { addCanaries, type Canaries } from './canaries';
import { nativeProcessors } from '../../../server/training/engine/native/addon';

// The CPU backend recommends tfjs-node on its first use; here it is the reference.
tf.env().set('IS_TEST', true);

/** Kernels under test: those of an engine for one instruction set, on some threads. */
export interface Variant {
  readonly engine: 'native' | 'wasm';
  readonly kernels: string;
  readonly threads: number;
}

/** Both WebAssembly modules and all that the add-on has for this processor. */
export const variants: readonly Variant[] = [
  { engine: 'wasm', kernels: 'relaxed', threads: 2 },
  { engine: 'wasm', kernels: 'plain', threads: 1 },
  ...nativeProcessors().map((kernels, i): Variant => ({
    engine: 'native',
    kernels,
    threads: i === 0 ? 3 : 1,
  })),
];

/** A variant in the title of a test. */
export function titleOf({ engine, kernels, threads }: Variant): string {
  return `${engine}, ${kernels}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/**
 * Opens the engine with some kernels, for the tests of one describe block. A test fails, too, when a
 * kernel of it wrote past the end of its memory.
 */
export function useEngine({ engine: id, ...options }: Variant = variants[0]!): {
  backend: () => KernelBackend;
} {
  let engine: Engine | undefined;
  let canaries: Canaries | undefined;
  const backend = (): KernelBackend => tf.findBackend(backendName) as unknown as KernelBackend;
  before(async () => {
    engine = await openEngine(id, options);
    canaries = addCanaries(backend().heap);
  });
  afterEach(() => canaries?.check());
  after(() => engine?.dispose());
  return { backend };
}

/** Pseudo-random numbers in [-1, 1), the same for a seed. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A tensor of such numbers. */
export function random(shape: readonly number[], seed = 1): tf.Tensor {
  return tf.tensor(numbers(sizeOf(shape), seed), [...shape]);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Runs a function on a backend and gives the values and shapes of the tensors that it returns. */
export async function runOn(
  backend: string,
  make: () => tf.Tensor | readonly tf.Tensor[],
): Promise<readonly Result[]> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const made = make();
    const tensors = Array.isArray(made) ? (made as readonly tf.Tensor[]) : [made as tf.Tensor];
    const results = tensors.map((t) => ({ shape: t.shape, dtype: t.dtype, values: t.dataSync() }));
    return results as unknown as tf.TensorContainer;
  }) as unknown as readonly Result[];
}

export interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

/** Asserts that the engine gives what the CPU backend gives. */
export async function checkAgainstCpu(
  what: string,
  make: () => tf.Tensor | readonly tf.Tensor[],
  tolerance = 1e-5,
): Promise<void> {
  const expected = await runOn('cpu', make);
  const actual = await runOn(backendName, make);
  assert.equal(actual.length, expected.length, what);
  actual.forEach((result, i) => {
    assert.deepEqual(result.shape, expected[i]!.shape, `${what}: shape of result ${i}`);
    assert.equal(result.dtype, expected[i]!.dtype, `${what}: type of result ${i}`);
    assertClose(result.values, expected[i]!.values, `${what}, result ${i}`, tolerance);
  });
}

/** Asserts that numbers agree, relative to the largest; NaN and infinities must match exactly. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  tolerance = 1e-5,
): void {
  assert.equal(actual.length, expected.length, `${what}: number of values`);
  const finite = Array.from(expected).filter(Number.isFinite).map(Math.abs);
  const scale = finite.reduce((a, b) => Math.max(a, b), 1);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    const same = Number.isFinite(e) ? Math.abs(a - e) <= tolerance * scale : Object.is(a, e);
    if (!same) assert.fail(`${what}: value ${i} is ${a}, expected ${e}`);
  }
}

/** The slope of `f` along each of a few entries of x, by central differences. */
export function centralDifferences(
  f: (x: Float32Array) => number,
  x: Float32Array,
  entries: readonly number[],
  step: number,
): number[] {
  return entries.map((entry) => {
    const [up, down] = [x.slice(), x.slice()];
    up[entry]! += step;
    down[entry]! -= step;
    return (f(up) - f(down)) / (up[entry]! - down[entry]!);
  });
}

/** About `count` entries of a tensor, spread over it. */
export function someEntries(size: number, count: number): number[] {
  const step = Math.max(1, Math.floor(size / count));
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
}
