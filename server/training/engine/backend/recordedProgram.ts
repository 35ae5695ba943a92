import * as tf from '@tensorflow/tfjs-core';
import type {
  KernelTime,
  ProfiledRun,
  Program,
  ProgramInputs,
  ProgramOutputs,
  ProgramSpec,
} from '../program';
import type { KernelBackend } from './backend';
import type { NumericArray } from './heap';
import { type Chain, planStages, type StagePlan } from './chains';
import { chainRecord, recordArguments, recordLength } from './kernels';
import { notFiniteAt } from './notFiniteValue';
import {
  type Guard,
  isVirtual,
  Recording,
  splitVirtual,
  type Operand,
  type Step,
} from './recording';

type Operands = ReadonlyMap<string, Operand>;

/** Numbers of the longest record of a shape: that of a broadcast, see broadcast.h. */
const longestShape = 19;

/** A recording with what goes in and comes out. */
interface Recorded {
  readonly recording: Recording;
  readonly planned: StagePlan;
  readonly inputs: Operands;
  readonly outputs: Operands;
}

/**
 * Computes once with tensors that have shapes and no values, takes down every call of a kernel, and
 * makes a list of it that runs without TF.js, its tape or any allocation.
 */
export function recordProgram(backend: KernelBackend, spec: ProgramSpec): Program {
  const recorded = record(backend, spec);
  const {
    recording,
    planned: { plan },
  } = recorded;
  let placed: PlacedProgram | undefined;

  /** The list with addresses, made anew when the memory of all programs has moved. */
  function place(): PlacedProgram {
    const arena = backend.arenaFor(plan.peakBytes);
    if (placed?.arena === arena) return placed;
    placed?.free();
    const resolve = (address: number): number => {
      if (!isVirtual(address)) return address;
      const { block, offset } = splitVirtual(address);
      return arena + plan.offsets[block]! + offset;
    };
    placed = placeProgram(backend, recorded, arena, resolve);
    return placed;
  }
  return {
    plannedBytes: plan.peakBytes,
    // A promise as on other engines, where values have to be waited for.
    run: (values) => Promise.resolve().then(() => place().run(values)),
    profile: (values) => Promise.resolve().then(() => place().profile(values)),
    dispose() {
      placed?.free();
      backend.freeKept(recording.constants);
    },
  };
}

function record(backend: KernelBackend, spec: ProgramSpec): Recorded {
  const recording = new Recording();
  backend.recording = recording;
  let isComplete = false;
  try {
    const recorded = recordInto(backend, recording, spec);
    isComplete = true;
    return recorded;
  } finally {
    backend.recording = undefined;
    if (!isComplete) backend.freeKept(recording.constants);
  }
}

function recordInto(backend: KernelBackend, recording: Recording, spec: ProgramSpec): Recorded {
  const engine = tf.engine();
  engine.startScope();
  try {
    const given = Object.entries(spec.inputs).map(([name, { shape, dtype }]) => {
      const info = backend.makeOutputInfo(shape, dtype);
      recording.keepFromStart(backend.operand(info).address);
      return [name, engine.makeTensorFromTensorInfo(info)] as const;
    });
    const made = Object.entries(spec.compute(Object.fromEntries(given)));
    const outputs = made.map(([name, tensor]) => [name, backend.operand(tensor)] as const);
    for (const [, { address }] of outputs) recording.keepToEnd(address);
    const inputs = given.map(([name, tensor]) => [name, backend.operand(tensor)] as const);
    tf.dispose(made.map(([, tensor]) => tensor));
    const { heap } = backend;
    const planned = planStages(
      recording,
      (address) => new Int32Array(heap.bytes, address, longestShape),
      heap.mostBytes - heap.usedBytes,
    );
    return { recording, planned, inputs: new Map(inputs), outputs: new Map(outputs) };
  } finally {
    // While it is still recorded: constants that are disposed of here stay with the recording.
    engine.endScope();
  }
}

interface PlacedProgram {
  readonly arena: number;
  run(values: ProgramInputs): ProgramOutputs;
  profile(values: ProgramInputs): ProfiledRun;
  free(): void;
}

/** Steps that run one after the other: kernels in C in one call, or work in JavaScript. */
type Stretch =
  | { readonly kind: 'kernels'; readonly first: number; readonly count: number }
  | { readonly kind: 'host'; readonly name: string; readonly run: () => void };

function placeProgram(
  backend: KernelBackend,
  { planned, inputs, outputs }: Recorded,
  arena: number,
  resolve: (address: number) => number,
): PlacedProgram {
  const listed = planned.stages.flatMap((stage): Listed[] =>
    stage.kind === 'chain' ? [stage, ...stage.steps] : [stage],
  );
  const pointer = backend.heap.allocate(8 * recordLength * listed.length);
  const records = new Float64Array(backend.heap.bytes, pointer, recordLength * listed.length);
  const valuesOf = (operand: Operand): NumericArray =>
    backend.valuesAt({ ...operand, address: resolve(operand.address) });
  const stretches = stretchesOf(listed, (one, idx) => {
    if (one.kind === 'host') {
      const [from, to] = [one.inputs.map(valuesOf), one.outputs.map(valuesOf)];
      return () => one.work(from, to);
    }
    records.set(recordOf(one, resolve), idx * recordLength);
    return undefined;
  });
  const given = new Map([...inputs].map(([name, operand]) => [name, valuesOf(operand)]));
  const made = [...outputs].map(([name, operand]) => [name, valuesOf(operand)] as const);

  function write(values: ProgramInputs): void {
    for (const [name, to] of given) to.set(values[name]!);
  }
  function read(): ProgramOutputs {
    return Object.fromEntries(made.map(([name, array]) => [name, array.slice() as Float32Array]));
  }
  function runKernels(first: number, count: number): void {
    const ended = backend.runList(pointer + 8 * recordLength * first, count);
    if (ended === 0) return;
    const { flags, parts } = guardOf(listed[first + ended - 1]!);
    throw notFiniteAt(valuesOf(flags).findIndex((flag) => flag !== 0) + 1, parts);
  }
  return {
    arena,
    run(values) {
      write(values);
      for (const stretch of stretches) {
        if (stretch.kind === 'host') stretch.run();
        else runKernels(stretch.first, stretch.count);
      }
      return read();
    },
    profile(values) {
      write(values);
      const times = stretches.flatMap((stretch) => {
        if (stretch.kind === 'host') return [timed(stretch.name, stretch.run)];
        const these = listed.slice(stretch.first, stretch.first + stretch.count);
        return these.flatMap((one, i) =>
          one.kind === 'task' ? [timed(one.task.name, () => runKernels(stretch.first + i, 1))] : [],
        );
      });
      return { outputs: read(), times };
    },
    free: () => backend.heap.free(pointer),
  };
}

/** What has a record in the list: a step, or a chain before its steps. */
type Listed = Step | Chain;

function recordOf(
  one: Exclude<Listed, { kind: 'host' }>,
  resolve: (address: number) => number,
): Float64Array {
  if (one.kind === 'chain') return chainRecord(one.steps.length, one);
  const values = one.values.slice();
  const given = recordArguments(values);
  for (const place of one.task.addresses) given[place] = resolve(given[place]!);
  return values;
}

function guardOf(one: Listed): Guard {
  if (one.kind === 'task' && one.guard) return one.guard;
  throw new Error('A kernel ended a list that nothing was to end.');
}

/** Puts neighbouring kernels together. `place` gives what to run where that is not a kernel. */
function stretchesOf(
  listed: readonly Listed[],
  place: (one: Listed, idx: number) => (() => void) | undefined,
): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const [idx, one] of listed.entries()) {
    const run = place(one, idx);
    const last = stretches.at(-1);
    if (one.kind === 'host') {
      stretches.push({ kind: 'host', name: one.name, run: run! });
    } else if (last?.kind === 'kernels') {
      stretches[stretches.length - 1] = { ...last, count: last.count + 1 };
    } else stretches.push({ kind: 'kernels', first: idx, count: 1 });
  }
  return stretches;
}

function timed(name: string, run: () => void): KernelTime {
  const startMs = performance.now();
  run();
  return { name, startMs, durationMs: performance.now() - startMs };
}
