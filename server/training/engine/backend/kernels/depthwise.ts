import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core';
import { attribute, input, type KernelCall, product, type BackendKernel } from './call';
import { convInfo, convRecord, epilogue, isChannelsLast } from './convolutions';

function depthInfo(
  call: KernelCall,
  inShape: number[],
  filterShape: number[],
): backend_util.Conv2DInfo {
  return convInfo(call, inShape, filterShape, true);
}

/** Writes the record and sees to the scratch memory: the record's address. */
function prepare({ backend }: KernelCall, info: backend_util.Conv2DInfo): number {
  const shape = backend.shapePointer(convRecord(info));
  backend.reserveThreadScratch(backend.kernels.depthwise_scratch_bytes(shape));
  return shape;
}

function convolve(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const filter = input(call, 'filter');
  const info = depthInfo(call, x.shape, filter.shape);
  const y = backend.makeOutputInfo(info.outShape);
  const [px, pFilter, py] = [x, filter, y].map((tensor) => backend.pointer(tensor)) as [
    number,
    number,
    number,
  ];
  const { bias, relu } = epilogue(call);
  const rows = info.batchSize * info.outHeight;
  backend.kernels.depthwise(prepare(call, info), px, pFilter, bias, relu, py, rows);
  return y;
}

function inputGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const dy = input(call, 'dy');
  const filter = input(call, 'filter');
  const inShape = attribute<number[]>(call, 'inputShape');
  const info = depthInfo(call, inShape, filter.shape);
  const dx = backend.makeOutputInfo(inShape);
  const pointers = [dy, filter, dx].map((tensor) => backend.pointer(tensor));
  const rows = info.batchSize * info.inHeight;
  backend.kernels.depthwise_input_gradient(prepare(call, info), ...pointers, rows);
  return dx;
}

function filterGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const { kernels } = backend;
  const x = input(call, 'x');
  const dy = input(call, 'dy');
  const filterShape = attribute<number[]>(call, 'filterShape');
  const info = depthInfo(call, x.shape, filterShape);
  const dw = backend.makeOutputInfo(filterShape);
  const shape = prepare(call, info);
  const parts = kernels.depthwise_parts(shape);
  const size = product(filterShape);
  const sums = backend.scratch(4 * parts * size);
  kernels.depthwise_filter_gradient(shape, backend.pointer(x), backend.pointer(dy), sums, parts);
  kernels.add_parts(sums, parts, size, backend.pointer(dw), size);
  return dw;
}

/** A channel has one filter; ops repeat the channels where it has more. */
function hasOneFilter(call: KernelCall): boolean {
  const filterShape = call.inputs['filter']?.shape ?? attribute<number[]>(call, 'filterShape');
  return isChannelsLast(call) && filterShape[3] === 1;
}

export const depthwiseKernels: Readonly<Record<string, BackendKernel>> = {
  DepthwiseConv2dNative: { run: convolve, accepts: hasOneFilter },
  DepthwiseConv2dNativeBackpropInput: { run: inputGradient, accepts: hasOneFilter },
  DepthwiseConv2dNativeBackpropFilter: { run: filterGradient, accepts: hasOneFilter },
  LightbenchDepthwiseConv2D: { run: convolve, accepts: hasOneFilter },
};
