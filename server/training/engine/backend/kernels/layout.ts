import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../backend';
import { denseSteps, mergeAxes, mostAxes } from './axes';
import { allFloat, attribute, input, type KernelCall, product, type BackendKernel } from './call';

/** A block of values inside of a tensor: where it begins and its steps along each axis, in elements. */
interface Block {
  readonly tensor: TensorInfo;
  readonly start: number;
  readonly steps: readonly number[];
}

/** Copies a block of this shape into another one. */
function copyBlock(backend: KernelBackend, shape: readonly number[], from: Block, to: Block): void {
  if (product(shape) === 0) return;
  const record = mergeAxes(shape, [from.steps, to.steps])!;
  const [pFrom, pTo] = [from, to].map(
    ({ tensor, start }) => backend.pointer(tensor) + 4 * start,
  ) as [number, number];
  backend.kernels.copy_block(backend.shapePointer(record), pFrom, pTo, product(shape));
}

/** A tensor as a block, from a position on. */
function blockOf(tensor: TensorInfo, position: readonly number[] = []): Block {
  const steps = denseSteps(tensor.shape);
  const start = position.reduce((sum, index, axis) => sum + index * steps[axis]!, 0);
  return { tensor, start, steps };
}

/** A copy with its axes in another order. */
export function runTranspose(
  backend: KernelBackend,
  x: TensorInfo,
  order: readonly number[],
): TensorInfo {
  const { tensor, start, steps } = blockOf(x);
  const y = backend.makeOutputInfo(order.map((axis) => x.shape[axis]!));
  const from = { tensor, start, steps: order.map((axis) => steps[axis]!) };
  copyBlock(backend, y.shape, from, blockOf(y));
  return y;
}

/** A part of x of this size, from a position on. */
function runSlice(
  backend: KernelBackend,
  x: TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): TensorInfo {
  const y = backend.makeOutputInfo(size);
  copyBlock(backend, size, blockOf(x, begin), blockOf(y));
  return y;
}

function slice(call: KernelCall): TensorInfo {
  const x = input(call, 'x');
  const given = [attribute<number[]>(call, 'begin'), attribute<number[]>(call, 'size')] as const;
  const [begin, size] = slice_util.parseSliceParams(x as never, ...given) as [number[], number[]];
  slice_util.assertParamsValid(x as never, begin, size);
  return runSlice(call.backend, x, begin, size);
}

function pad(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const paddings = attribute<[number, number][]>(call, 'paddings');
  const shape = x.shape.map((size, axis) => paddings[axis]![0] + size + paddings[axis]![1]);
  const y = backend.makeOutputInfo(shape);
  const value = attribute<number>(call, 'constantValue');
  backend.kernels.fill(backend.pointer(y), value, product(shape));
  const before = paddings.map(([count]) => count);
  copyBlock(backend, x.shape, blockOf(x), blockOf(y, before));
  return y;
}

function concatenate(call: KernelCall): TensorInfo {
  const { backend } = call;
  const parts = Object.values(call.inputs) as TensorInfo[];
  const first = parts[0]!.shape;
  const axis = util.parseAxisParam(attribute<number>(call, 'axis'), first)[0]!;
  const total = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const y = backend.makeOutputInfo(first.map((size, i) => (i === axis ? total : size)));
  const position = first.map(() => 0);
  for (const part of parts) {
    copyBlock(backend, part.shape, blockOf(part), blockOf(y, position));
    position[axis]! += part.shape[axis]!;
  }
  return y;
}

function split(call: KernelCall): TensorInfo[] {
  const x = input(call, 'x');
  const axis = util.parseAxisParam(attribute<number>(call, 'axis'), x.shape)[0]!;
  const wanted = attribute<number | number[]>(call, 'numOrSizeSplits');
  const begin = x.shape.map(() => 0);
  return backend_util.prepareSplitSize(x as never, wanted, axis).map((length) => {
    const size = x.shape.map((whole, i) => (i === axis ? length : whole));
    const part = runSlice(call.backend, x, begin, size);
    begin[axis]! += length;
    return part;
  });
}

type Numeric = 'float32' | 'int32' | 'bool';

/** The kernel in C that changes the type; there is none for truth values. */
function castTask(call: KernelCall): 'float_of_whole' | 'whole_of_float' | undefined {
  const types = `${input(call, 'x').dtype} to ${attribute<Numeric>(call, 'dtype')}`;
  if (types === 'int32 to float32') return 'float_of_whole';
  return types === 'float32 to int32' ? 'whole_of_float' : undefined;
}

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
  const task = castTask(call);
  if (task !== undefined) {
    const [from, to] = [x, y].map((tensor) => backend.operand(tensor).address) as [number, number];
    backend.kernels[task](from, to, product(x.shape));
    return y;
  }
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
  const length = Object.values(call.inputs)[0]?.shape.length ?? 0;
  return allFloat(call) && length > 0 && length <= mostAxes;
}

export const layoutKernels: Readonly<Record<string, BackendKernel>> = {
  Identity: { run: (call) => share(call, input(call, 'x').shape), accepts: hasNumbers },
  Reshape: { run: reshape, accepts: hasNumbers },
  ExpandDims: { run: expandDims, accepts: hasNumbers },
  Transpose: { run: transpose, accepts: hasAxes },
  Slice: { run: slice, accepts: hasAxes },
  Cast: {
    run: cast,
    accepts: (call) =>
      isNumeric(input(call, 'x').dtype) && isNumeric(attribute<string>(call, 'dtype')),
    isInJavaScript: (call) =>
      input(call, 'x').dtype !== attribute(call, 'dtype') && castTask(call) === undefined,
  },
  PadV2: { run: pad, accepts: hasAxes },
  Concat: { run: concatenate, accepts: hasAxes },
  SplitV: { run: split, accepts: hasAxes },
};
