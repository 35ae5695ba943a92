import { slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../backend';
import { denseSteps, mergeAxes } from './axes';
import { allFloat, attribute, input, type KernelCall, product, type BackendKernel } from './call';

/** A copy with its axes in another order. */
export function runTranspose(
  backend: KernelBackend,
  x: TensorInfo,
  order: readonly number[],
): TensorInfo {
  const shape = order.map((axis) => x.shape[axis]!);
  const steps = denseSteps(x.shape);
  const from = order.map((axis) => steps[axis]!);
  // The record has two operands; there is only one here.
  const record = mergeAxes(shape, [from, from])!;
  const y = backend.makeOutputInfo(shape);
  const [px, py] = [backend.pointer(x), backend.pointer(y)];
  backend.kernels.transpose(backend.shapePointer(record), px, py, util.sizeFromShape(shape));
  return y;
}

/** Calls `visit` with the position of every row (all axes but the last) of a shape, in order. */
function forEachRow(shape: readonly number[], visit: (position: readonly number[]) => void): void {
  const outer = shape.slice(0, -1);
  const position = outer.map(() => 0);
  for (let row = product(outer); row > 0; row--) {
    visit(position);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      if (++position[axis]! < outer[axis]!) break;
      position[axis] = 0;
    }
  }
}

function offsetOf(position: readonly number[], steps: readonly number[]): number {
  let offset = 0;
  for (let i = 0; i < position.length; i++) offset += position[i]! * steps[i]!;
  return offset;
}

function slice(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const given = [attribute<number[]>(call, 'begin'), attribute<number[]>(call, 'size')] as const;
  const [begin, size] = slice_util.parseSliceParams(x as never, ...given) as [number[], number[]];
  slice_util.assertParamsValid(x as never, begin, size);
  const y = backend.makeOutputInfo(size);
  if (product(size) === 0) return y;
  const steps = denseSteps(x.shape);
  const start = offsetOf(begin, steps);
  const width = size[size.length - 1]!;
  const [from, to] = [backend.values(x), backend.values(y)];
  let next = 0;
  forEachRow(size, (position) => {
    const row = start + offsetOf(position, steps);
    to.set(from.subarray(row, row + width), next);
    next += width;
  });
  return y;
}

function pad(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const paddings = attribute<[number, number][]>(call, 'paddings');
  const shape = x.shape.map((size, axis) => paddings[axis]![0] + size + paddings[axis]![1]);
  const y = backend.makeOutputInfo(shape);
  const steps = denseSteps(shape);
  const before = paddings.map(([count]) => count);
  const start = offsetOf(before, steps);
  const [from, to] = [backend.values(x), backend.values(y)];
  to.fill(attribute<number>(call, 'constantValue'));
  if (product(x.shape) === 0) return y;
  const width = x.shape[x.shape.length - 1]!;
  let next = 0;
  forEachRow(x.shape, (position) => {
    to.set(from.subarray(next, next + width), start + offsetOf(position, steps));
    next += width;
  });
  return y;
}

type Numeric = 'float32' | 'int32' | 'bool';

/**
 * The values as another type. The inherited kernel gives the same data another type's name where no
 * digits are lost: in C, whole numbers read as float32 would be nonsense.
 */
function cast(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const dtype = attribute<Numeric>(call, 'dtype');
  if (dtype === x.dtype) return backend.shareData(x, x.shape);
  const y = backend.makeOutputInfo(x.shape, dtype);
  const [from, to] = [backend.values(x), backend.values(y)];
  if (dtype === 'bool') for (let i = 0; i < to.length; i++) to[i] = from[i] === 0 ? 0 : 1;
  else to.set(from);
  return y;
}

/** The same values with another shape, or just once more. */
function share(call: KernelCall, shape: readonly number[]): TensorInfo {
  return call.backend.shareData(input(call, 'x'), shape);
}

function reshape(call: KernelCall): TensorInfo {
  const { shape } = input(call, 'x');
  const wanted = attribute<number[]>(call, 'shape');
  return share(call, util.inferFromImplicitShape(wanted, util.sizeFromShape(shape)));
}

function expandDims(call: KernelCall): TensorInfo {
  const shape = [...input(call, 'input').shape];
  const dim = attribute<number>(call, 'dim');
  shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1);
  return call.backend.shareData(input(call, 'input'), shape);
}

function hasNumbers(call: KernelCall): boolean {
  return Object.values(call.inputs).every((tensor) => isNumeric(tensor!.dtype));
}

function isNumeric(dtype: string): boolean {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

function transpose(call: KernelCall): TensorInfo {
  return runTranspose(call.backend, input(call, 'x'), attribute<number[]>(call, 'perm'));
}

function hasAxes(call: KernelCall): boolean {
  const { length } = input(call, 'x').shape;
  return allFloat(call) && length > 0 && length <= 6;
}

/** Copies of rows need no C: a typed array's `set` is as fast. */
export const layoutKernels: Readonly<Record<string, BackendKernel>> = {
  Identity: { run: (call) => share(call, input(call, 'x').shape), accepts: hasNumbers },
  Reshape: { run: reshape, accepts: hasNumbers },
  ExpandDims: { run: expandDims, accepts: hasNumbers },
  Transpose: { run: transpose, accepts: hasAxes },
  Slice: { run: slice, accepts: hasAxes, isInJavaScript: () => true },
  Cast: {
    run: cast,
    accepts: (call) =>
      isNumeric(input(call, 'x').dtype) && isNumeric(attribute<string>(call, 'dtype')),
    isInJavaScript: (call) => input(call, 'x').dtype !== attribute(call, 'dtype'),
  },
  PadV2: { run: pad, accepts: hasAxes, isInJavaScript: () => true },
};
