import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../backend';
import type { TaskName } from '../kernels';
import { broadcastSteps, mergeAxes, mostAxes } from './axes';
import { allFloat, attribute, input, type KernelCall, type BackendKernel } from './call';

/** Runs a kernel of one operand. */
export function runUnary(backend: KernelBackend, name: TaskName, x: TensorInfo): TensorInfo {
  const y = backend.makeOutputInfo(x.shape);
  const count = util.sizeFromShape(x.shape);
  backend.kernels[name](backend.pointer(x), backend.pointer(y), count);
  return y;
}

/** Runs a kernel of two operands, with broadcasting; undefined for shapes of too many axes. */
export function runBinary(
  backend: KernelBackend,
  name: TaskName,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo | undefined {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const steps = [broadcastSteps(a.shape, shape), broadcastSteps(b.shape, shape)];
  const record = mergeAxes(shape, steps);
  if (!record) return undefined;
  const y = backend.makeOutputInfo(shape);
  backend.kernels[name](
    backend.shapePointer(record),
    backend.pointer(a),
    backend.pointer(b),
    backend.pointer(y),
    util.sizeFromShape(shape),
  );
  return y;
}

function unary(name: TaskName): BackendKernel {
  return { run: (call) => runUnary(call.backend, name, input(call, 'x')) };
}

function binary(
  name: TaskName,
  [first, second]: readonly [string, string] = ['a', 'b'],
): BackendKernel {
  return {
    run: (call) => runBinary(call.backend, name, input(call, first), input(call, second))!,
    accepts: (call) => allFloat(call) && fitsRecord(input(call, first), input(call, second)),
  };
}

function fitsRecord(a: TensorInfo, b: TensorInfo): boolean {
  if (a.shape.length <= 6 && b.shape.length <= 6) return true;
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  return (
    mergeAxes(shape, [broadcastSteps(a.shape, shape), broadcastSteps(b.shape, shape)]) !== undefined
  );
}

/** A number times a tensor, repeated to a larger shape. */
function broadcast(call: KernelCall): TensorInfo {
  const { backend } = call;
  const { kernels } = backend;
  const x = input(call, 'x');
  const shape = attribute<number[]>(call, 'shape');
  const size = util.sizeFromShape(shape);
  const steps = broadcastSteps(x.shape, shape);
  const record = mergeAxes(shape, [steps, shape.map(() => 0)])!;
  const factor = backend.scratch(4);
  const y = backend.makeOutputInfo(shape);
  kernels.fill(factor, attribute<number>(call, 'factor'), 1);
  const [px, py] = [backend.pointer(x), backend.pointer(y)];
  kernels.binary_multiply(backend.shapePointer(record), px, factor, py, size);
  return y;
}

/** Sums a list of tensors of one shape, in the list's order. */
function addAll({ inputs, backend }: KernelCall): TensorInfo {
  const [first, ...others] = Object.values(inputs) as TensorInfo[];
  let sum = backend.shareData(first!, first!.shape);
  for (const other of others) {
    const next = runBinary(backend, 'binary_add', sum, other)!;
    backend.disposeData(sum.dataId);
    sum = next;
  }
  return sum;
}

export const elementwiseKernels: Readonly<Record<string, BackendKernel>> = {
  Relu: unary('unary_relu'),
  Neg: unary('unary_negate'),
  Abs: unary('unary_absolute'),
  Square: unary('unary_square'),
  Sqrt: unary('unary_square_root'),
  Rsqrt: unary('unary_reciprocal_root'),
  Reciprocal: unary('unary_reciprocal'),
  Exp: unary('unary_exponential'),
  Log: unary('unary_logarithm'),
  Tanh: unary('unary_tanh'),
  Sigmoid: unary('unary_sigmoid'),
  Softplus: unary('unary_softplus'),
  Elu: unary('unary_elu'),
  Erf: unary('unary_error_function'),
  EluGrad: binary('binary_elu_gradient', ['dy', 'y']),
  Add: binary('binary_add'),
  Sub: binary('binary_subtract'),
  Multiply: binary('binary_multiply'),
  RealDiv: binary('binary_divide'),
  Maximum: binary('binary_maximum'),
  Minimum: binary('binary_minimum'),
  SquaredDifference: binary('binary_squared_difference'),
  AddN: { run: addAll },
  LightbenchBroadcast: {
    run: broadcast,
    accepts: (call) => allFloat(call) && attribute<number[]>(call, 'shape').length <= mostAxes,
  },
  LightbenchAtLeast: binary('binary_at_least'),
  LightbenchReluGradient: binary('binary_relu_gradient', ['dy', 'y']),
};
