import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { KernelBackend } from './backend';
import type { NumericArray } from './heap';
import type { NumericType, Operand, Recording } from './recording';

type Given = Parameters<KernelFunc>[0];
type Result = TensorInfo | TensorInfo[];

/** Runs a kernel that is written in JavaScript; while something is recorded, takes it down as a step. */
export function runOnHost(name: string, kernel: KernelFunc, given: Given): Result {
  const backend = given.backend as KernelBackend;
  const { recording } = backend;
  if (!recording) return backend.runInherited(() => kernel(given));
  const names = Object.keys(given.inputs).filter((key) => given.inputs[key]);
  if (names.length === 0) return runAsConstant(backend, kernel, given);
  return recordKernel(backend, recording, { name, kernel, given, names });
}

/** A kernel in JavaScript with what it was given, and the names of the inputs that are there. */
interface HostCall {
  readonly name: string;
  readonly kernel: KernelFunc;
  readonly given: Given;
  readonly names: readonly string[];
}

/** Tries the kernel on zeros, to learn the shapes that it gives, and takes it down. */
function recordKernel(backend: KernelBackend, recording: Recording, call: HostCall): Result {
  const inputs = call.names.map((key) => backend.operand(call.given.inputs[key] as TensorInfo));
  const tried = backend.unrecorded(() => {
    const zeros = inputs.map(zerosFor);
    return runOn(backend, call, inputs, zeros, (result) => result);
  });
  const outputs = listOf(tried).map(({ shape, dtype }) =>
    backend.makeOutputInfo(shape, dtype as NumericType),
  );
  const places = outputs.map((tensor) => backend.operand(tensor));
  recording.addHostWork(call.name, inputs, places, (from, to) =>
    runOn(backend, call, inputs, from, (result) => {
      for (const [i, tensor] of listOf(result).entries()) to[i]!.set(backend.values(tensor));
    }),
  );
  return Array.isArray(tried) ? outputs : outputs[0]!;
}

/** Runs the kernel on values that lie in place; what it makes is gone after `use`. */
function runOn<T>(
  backend: KernelBackend,
  { kernel, given, names }: HostCall,
  operands: readonly Operand[],
  values: readonly NumericArray[],
  use: (result: Result) => T,
): T {
  const adopted = operands.map(({ shape, dtype }, i) => backend.adopt(values[i]!, shape, dtype));
  const named = Object.fromEntries(names.map((key, i) => [key, adopted[i]!]));
  // Kernels that take any number of tensors get a list of them.
  const inputs = Array.isArray(given.inputs) ? (adopted as unknown as typeof named) : named;
  const result = backend.runInherited(() => kernel({ ...given, inputs }));
  try {
    return use(result);
  } finally {
    for (const { dataId } of listOf(result)) backend.disposeData(dataId);
    for (const tensor of adopted) backend.release(tensor);
  }
}

/** Without inputs the values are the same every time: the recorded list keeps them. */
function runAsConstant(backend: KernelBackend, kernel: KernelFunc, given: Given): Result {
  const result = backend.unrecorded(() => backend.runInherited(() => kernel(given)));
  for (const tensor of listOf(result)) backend.keep(backend.valuesAt(backend.operand(tensor)));
  return result;
}

function listOf(result: Result): TensorInfo[] {
  return Array.isArray(result) ? result : [result];
}

function zerosFor({ shape, dtype }: Operand): NumericArray {
  const size = util.sizeFromShape([...shape]);
  if (dtype === 'bool') return new Uint8Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
}
