import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { allFloat, attribute, input, type KernelCall, product, type BackendKernel } from './call';
import { biasHas, fusesActivation } from './products';

type Shape4 = [number, number, number, number];
type Pair = number | [number, number];
type Padding = 'valid' | 'same' | number | backend_util.ExplicitPadding;
type Rounding = 'floor' | 'round' | 'ceil' | undefined;

/** The record `conv_shape` of base.h. */
export function convRecord(info: backend_util.Conv2DInfo): number[] {
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}

/** How a convolution with the call's attributes goes from an input to its output. */
export function convInfo(
  call: KernelCall,
  inShape: number[],
  filterShape: number[],
  depthwise = false,
): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(
    inShape as Shape4,
    filterShape as Shape4,
    attribute<Pair>(call, 'strides'),
    attribute<Pair | undefined>(call, 'dilations') ?? 1,
    attribute<Padding>(call, 'pad') as Parameters<typeof backend_util.computeConv2DInfo>[4],
    attribute<Rounding>(call, 'dimRoundingMode'),
    depthwise,
  );
}

/** What follows a convolution: the address of its bias, or 0, and whether a ReLU comes last. */
export function epilogue({ inputs, backend, ...call }: KernelCall): { bias: number; relu: number } {
  const bias = inputs['bias'] ? backend.pointer(inputs['bias']) : 0;
  return { bias, relu: call.attrs['activation'] === 'relu' ? 1 : 0 };
}

function convolve(call: KernelCall): TensorInfo {
  const { backend } = call;
  const { kernels } = backend;
  const x = input(call, 'x');
  const filter = input(call, 'filter');
  const info = convInfo(call, x.shape, filter.shape);
  const y = backend.makeOutputInfo(info.outShape);
  const shape = backend.shapePointer(convRecord(info));
  const packed = backend.scratch(4 * kernels.conv2d_packed_floats(shape));
  backend.reserveThreadScratch(kernels.conv2d_scratch_bytes(shape));
  const { bias, relu } = epilogue(call);
  const panels = kernels.panel_count(info.outChannels);
  kernels.conv2d_pack(shape, backend.pointer(filter), packed, panels);
  const [px, py] = [backend.pointer(x), backend.pointer(y)];
  kernels.conv2d(shape, px, packed, bias, relu, py, info.batchSize);
  return y;
}

/**
 * The gradient of a convolution's input from that of its output. The transposed convolution is the same
 * with a bias and an activation.
 */
function inputGradient(call: KernelCall, dy: TensorInfo): TensorInfo {
  const { backend } = call;
  const { kernels } = backend;
  const filter = input(call, 'filter');
  const inShape = attribute<number[]>(call, 'inputShape');
  const info = convInfo(call, inShape, filter.shape);
  const dx = backend.makeOutputInfo(inShape);
  const shape = backend.shapePointer(convRecord(info));
  const packed = backend.scratch(4 * kernels.conv2d_input_gradient_packed_floats(shape));
  backend.reserveThreadScratch(kernels.conv2d_scratch_bytes(shape));
  const panels = kernels.panel_count(info.inChannels);
  kernels.conv2d_input_gradient_pack(shape, backend.pointer(filter), packed, panels);
  const [pdy, pdx] = [backend.pointer(dy), backend.pointer(dx)];
  const { bias, relu } = epilogue(call);
  kernels.conv2d_input_gradient(shape, pdy, packed, bias, relu, pdx, info.batchSize);
  return dx;
}

/** The gradients of the filter and of a bias; with an input `y`, through the ReLU that made it. */
function parameterGradients(
  call: KernelCall,
  wanted: readonly ('filter' | 'bias')[],
): TensorInfo[] {
  const { backend } = call;
  const { kernels } = backend;
  const x = input(call, 'x');
  const dy = input(call, 'dy');
  const filterShape = attribute<number[]>(call, 'filterShape');
  const info = convInfo(call, x.shape, filterShape);
  const shape = backend.shapePointer(convRecord(info));
  backend.reserveThreadScratch(kernels.conv2d_filter_gradient_scratch_bytes(shape));
  const parts = kernels.conv2d_filter_gradient_parts(shape);
  const units = kernels.conv2d_filter_gradient_units(shape);
  const size = product(filterShape);
  const step = size + info.outChannels;
  const sums = backend.scratch(4 * parts * step);
  const py = call.inputs['y'] ? backend.pointer(call.inputs['y']) : 0;
  kernels.conv2d_filter_gradient(shape, backend.pointer(x), backend.pointer(dy), py, sums, units);
  return wanted.map((name) => {
    const isFilter = name === 'filter';
    const gradient = backend.makeOutputInfo(isFilter ? filterShape : [info.outChannels]);
    const from = isFilter ? sums : sums + 4 * size;
    const count = isFilter ? size : info.outChannels;
    kernels.add_parts(from, parts, step, backend.pointer(gradient), count);
    return gradient;
  });
}

/** Whether images are NHWC, of float32. */
export function isChannelsLast(call: KernelCall): boolean {
  return (attribute<string | undefined>(call, 'dataFormat') ?? 'NHWC') === 'NHWC' && allFloat(call);
}

/** The gradients also take `dilations`, which TF.js never passes: ops.ts does. */
export const convolutionKernels: Readonly<Record<string, BackendKernel>> = {
  Conv2D: { run: convolve, accepts: isChannelsLast },
  FusedConv2D: {
    run: convolve,
    accepts: (call) =>
      isChannelsLast(call) &&
      fusesActivation(call) &&
      !call.inputs['preluActivationWeights'] &&
      biasHas(call, input(call, 'filter').shape[3]!),
  },
  LightbenchConv2D: { run: convolve },
  LightbenchConv2DTranspose: { run: (call) => inputGradient(call, input(call, 'x')) },
  Conv2DBackpropInput: {
    run: (call) => inputGradient(call, input(call, 'dy')),
    accepts: isChannelsLast,
  },
  Conv2DBackpropFilter: {
    run: (call) => parameterGradients(call, ['filter'])[0]!,
    accepts: isChannelsLast,
  },
  LightbenchConv2DGradients: { run: (call) => parameterGradients(call, ['filter', 'bias']) },
};
