import * as tf from '@tensorflow/tfjs-core';
import { KernelBackend } from './backend/backend';
import type { NumericArray } from './backend/heap';
import { recordProgram } from './backend/recordedProgram';
import { runEagerPass } from './eagerPass';
import { givenTensor } from './hostOp';

/** A tensor whose values are given anew for every run of a program. */
export interface ProgramInput {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Something that is computed again and again from inputs of the same shapes. */
export interface ProgramSpec {
  readonly inputs: Readonly<Record<string, ProgramInput>>;
  /**
   * Computes the outputs, and may change variables. It must not read values (`dataSync`), nor depend on
   * numbers that change from run to run: our engines call it once, and replay what it did. The outputs
   * are the program's to dispose of.
   */
  compute(inputs: Tensors): Tensors;
}

/** When a kernel ran, by the clock of `performance.now`. */
export interface KernelTime {
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
}

export type ProgramInputs = Readonly<Record<string, NumericArray>>;
export type ProgramOutputs = Readonly<Record<string, Float32Array>>;

export interface ProfiledRun {
  readonly outputs: ProgramOutputs;
  /** In the order in which the kernels ran. */
  readonly times: readonly KernelTime[];
}

export interface Program {
  /** Memory that its tensors need while it runs; 0 where the engine does not say. */
  readonly plannedBytes: number;
  /**
   * Runs on new values. Rejects with NotFiniteValueError where `requireFinite` found a value that is not;
   * what comes after that place has not happened.
   */
  run(values: ProgramInputs): Promise<ProgramOutputs>;
  /** Runs one kernel after the other and tells of each; absent where the engine cannot. */
  profile?(values: ProgramInputs): Promise<ProfiledRun>;
  dispose(): void;
}

/** Makes a program for the open engine. */
export function createProgram(spec: ProgramSpec): Program {
  const backend = tf.backend();
  return backend instanceof KernelBackend ? recordProgram(backend, spec) : eagerProgram(spec);
}

/** Computes operation by operation, as TF.js does. */
function eagerProgram({ inputs, compute }: ProgramSpec): Program {
  return {
    plannedBytes: 0,
    async run(values) {
      const results = await runEagerPass(() => {
        const given = Object.entries(inputs).map(([name, { shape, dtype }]) => [
          name,
          givenTensor(values[name]!, shape, dtype),
        ]);
        return compute(Object.fromEntries(given) as Tensors) as tf.NamedTensorMap;
      });
      return readAndDispose(results);
    },
    dispose: () => undefined,
  };
}

/** Computes something once, on any engine: what is made on the way is gone when the values are there. */
export async function computeOnce<Name extends string>(
  compute: () => Readonly<Record<Name, tf.Tensor>>,
): Promise<Readonly<Record<Name, Float32Array>>> {
  return readAndDispose(tf.tidy(() => compute() as Record<Name, tf.Tensor>));
}

/** Values of tensors, all asked for before any is waited for: a GPU gives them in one go then. */
export async function readAll<Key>(
  tensors: Iterable<readonly [Key, tf.Tensor]>,
): Promise<ReadonlyMap<Key, Float32Array>> {
  const read = [...tensors].map(async ([key, tensor]): Promise<[Key, Float32Array]> => [
    key,
    await tensor.data<'float32'>(),
  ]);
  return new Map(await Promise.all(read));
}

async function readAndDispose<Name extends string>(
  tensors: Record<Name, tf.Tensor>,
): Promise<Readonly<Record<Name, Float32Array>>> {
  try {
    const read = await readAll(Object.entries<tf.Tensor>(tensors));
    return Object.fromEntries(read) as Record<Name, Float32Array>;
  } finally {
    tf.dispose(tensors);
  }
}
