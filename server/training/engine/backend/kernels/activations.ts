import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { attribute, type BackendKernel, input, type KernelCall } from './call';
import { rowsAndChannels } from './normalizations';
import { runGroups } from './reductions';

function activation(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const y = backend.makeOutputInfo(x.shape);
  const [px, py] = [backend.pointer(x), backend.pointer(y)];
  const count = util.sizeFromShape(x.shape);
  backend.kernels.activation(number(call), attribute<number>(call, 'parameter'), px, py, count);
  return y;
}

function activationGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const dx = backend.makeOutputInfo(x.shape);
  backend.kernels.activation_gradient(
    number(call),
    attribute<number>(call, 'parameter'),
    backend.pointer(x),
    backend.pointer(input(call, 'dy')),
    backend.pointer(dx),
    util.sizeFromShape(x.shape),
  );
  return dx;
}

/** The row of the table in activation.c. */
function number(call: KernelCall): number {
  return attribute<number>(call, 'number');
}

function prelu(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const { rows, channels } = rowsAndChannels(x);
  const y = backend.makeOutputInfo(x.shape);
  const slope = backend.pointer(input(call, 'slope'));
  backend.kernels.prelu(backend.pointer(x), channels, slope, backend.pointer(y), rows);
  return y;
}

function preluGradient(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const x = input(call, 'x');
  const { rows, channels } = rowsAndChannels(x);
  const dx = backend.makeOutputInfo(x.shape);
  const products = backend.makeOutputInfo(x.shape);
  const dSlope = backend.makeOutputInfo([channels]);
  backend.kernels.prelu_gradient(
    backend.pointer(x),
    backend.pointer(input(call, 'dy')),
    channels,
    backend.pointer(input(call, 'slope')),
    backend.pointer(dx),
    backend.pointer(products),
    rows,
  );
  const [from, to] = [backend.pointer(products), backend.pointer(dSlope)];
  runGroups(backend, from, rows, channels, 1, to);
  backend.disposeData(products.dataId);
  return [dx, dSlope];
}

export const activationKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchActivation: { run: activation },
  LightbenchActivationGradient: { run: activationGradient },
  LightbenchPrelu: { run: prelu },
  LightbenchPreluGradient: { run: preluGradient },
};
