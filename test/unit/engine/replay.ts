import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import {
  createProgram,
  type ProgramInputs,
  type ProgramOutputs,
  type ProgramSpec,
} from '../../../server/training/engine/program';
import { numbers, sizeOf } from './support';

/** What a program gives for inputs, computed step by step. */
export function eager({ inputs, compute }: ProgramSpec, values: ProgramInputs): ProgramOutputs {
  return tf.tidy(() => {
    const given = Object.entries(inputs).map(([name, { shape, dtype }]) => [
      name,
      tf.tensor(values[name]!, [...shape], dtype),
    ]);
    const made = compute(Object.fromEntries(given) as Record<string, tf.Tensor>);
    const read = Object.entries(made).map(([name, tensor]) => [name, tensor.dataSync().slice()]);
    return Object.fromEntries(read) as tf.TensorContainer;
  }) as unknown as ProgramOutputs;
}

/** A program with the variables that it changes. */
export interface Trial {
  readonly spec: ProgramSpec;
  readonly variables: readonly tf.Variable[];
  dispose(): void;
}

/** Numbers for the inputs of a program, others for every seed: −1 to 1, or 0 to 2 where whole. */
export function drawInputs({ inputs }: ProgramSpec, seed: number): ProgramInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }], i) => {
      const drawn = numbers(sizeOf(shape), 10 * seed + i);
      return [name, dtype === 'int32' ? Int32Array.from(drawn, (x) => 3 * Math.abs(x)) : drawn];
    }),
  );
}

/**
 * Runs a recorded program several times and compares results and variables, bit for bit, with those of
 * another trial that computes one operation after the other.
 */
export async function checkTrials(make: () => Trial, draw = drawInputs): Promise<void> {
  const [recorded, single] = [make(), make()];
  const program = createProgram(recorded.spec);
  try {
    for (const seed of [1, 2, 3]) {
      const values = draw(recorded.spec, seed);
      const results = await program.run(values);
      assert.deepEqual(results, eager(single.spec, values), `run ${seed}`);
      for (const [i, variable] of recorded.variables.entries()) {
        const expected = single.variables[i]!.dataSync();
        assert.deepEqual(variable.dataSync(), expected, `variable ${i} after run ${seed}`);
      }
    }
  } finally {
    program.dispose();
    recorded.dispose();
    single.dispose();
  }
}

/** The same for a program that changes nothing. */
export async function checkReplay(spec: ProgramSpec): Promise<void> {
  await checkTrials(() => ({ spec, variables: [], dispose: () => undefined }));
}
