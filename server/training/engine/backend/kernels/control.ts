import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { NumericArray } from '../heap';
import type { HostOutput } from '../../hostOp';
import type { HostWork } from '../recording';
import { notFiniteAt } from '../notFiniteValue';
import { allFloat, attribute, input, type KernelCall, product, type BackendKernel } from './call';

/** Work in JavaScript on values in place; the inputs are named "0", "1" … */
function hostOp(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const inputs = Object.values(call.inputs).map((tensor) => backend.operand(tensor!));
  const made = attribute<readonly HostOutput[]>(call, 'outputs').map(({ shape, dtype }) =>
    backend.makeOutputInfo(shape, dtype),
  );
  const outputs = made.map((tensor) => backend.operand(tensor));
  const work = attribute<HostWork>(call, 'work');
  if (backend.recording) backend.recording.addHostWork('hostOp', inputs, outputs, work);
  else {
    const valuesOf = (operands: typeof inputs): NumericArray[] =>
      operands.map((operand) => backend.valuesAt(operand));
    work(valuesOf(inputs), valuesOf(outputs));
  }
  return made;
}

/** Writes a value into the memory of a variable. */
function assign(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const variable = input(call, 'variable');
  const [from, to] = [backend.pointer(input(call, 'value')), backend.pointer(variable)];
  backend.kernels.copy(from, to, product(variable.shape));
  return [];
}

/** Ends the step if a value of the inputs is not finite: throws NotFiniteValueError. */
function requireFinite(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const { kernels, recording } = backend;
  const parts = Object.entries(call.inputs).map(([name, tensor]) => {
    const size = product(tensor!.shape);
    return {
      name,
      address: backend.pointer(tensor!),
      size,
      flags: kernels.not_finite_blocks(size),
    };
  });
  const count = parts.reduce((sum, part) => sum + part.flags, 0);
  const flags = backend.makeOutputInfo([count], 'int32');
  let to = backend.intPointer(flags);
  for (const part of parts) {
    kernels.find_not_finite(part.address, part.size, to, part.flags);
    to += 4 * part.flags;
  }
  const place = kernels.first_flag(backend.intPointer(flags), count, 1);
  if (recording) recording.addGuard({ flags: backend.operand(flags), parts });
  else if (place > 0) throw notFiniteAt(place, parts);
  return [flags];
}

function filled(call: KernelCall, shape: readonly number[], value: number): TensorInfo {
  const { backend } = call;
  const y = backend.makeOutputInfo(shape);
  backend.kernels.fill(backend.pointer(y), value, product(shape));
  return y;
}

/** Σ a b over all elements, in double precision: where most of a sum cancels, that is needed. */
function dot(call: KernelCall): TensorInfo {
  const { backend } = call;
  const { kernels } = backend;
  const [a, b] = [input(call, 'a'), input(call, 'b')];
  const size = util.sizeFromShape(a.shape);
  const blocks = kernels.dot_blocks(size);
  const sums = backend.scratch(8 * blocks);
  const y = backend.makeOutputInfo([]);
  kernels.dot(backend.pointer(a), backend.pointer(b), size, sums, blocks);
  kernels.dot_total(sums, blocks, backend.pointer(y), 1);
  return y;
}

export const controlKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchHostOp: { run: hostOp, accepts: () => true },
  LightbenchAssign: { run: assign },
  LightbenchRequireFinite: { run: requireFinite },
  LightbenchDot: { run: dot },
  ZerosLike: { run: (call) => filled(call, input(call, 'x').shape, 0), accepts: allFloat },
  OnesLike: { run: (call) => filled(call, input(call, 'x').shape, 1), accepts: allFloat },
};
