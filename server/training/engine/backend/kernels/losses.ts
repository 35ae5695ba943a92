import { type TensorInfo } from '@tensorflow/tfjs-core';
import { attribute, type BackendKernel, input, type KernelCall, product } from './call';
import { rowsAndChannels } from './normalizations';

function oneHot(call: KernelCall): TensorInfo {
  const { backend } = call;
  const labels = input(call, 'labels');
  const classes = attribute<number>(call, 'classes');
  const y = backend.makeOutputInfo([...labels.shape, classes]);
  const [from, to] = [backend.intPointer(labels), backend.pointer(y)];
  backend.kernels.one_hot(from, classes, to, product(labels.shape));
  return y;
}

function softmaxCrossEntropy(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const logits = input(call, 'logits');
  const { rows, channels } = rowsAndChannels(logits);
  const [loss, weight] = [0, 1].map(() => backend.makeOutputInfo([rows])) as [Info, Info];
  const gradient = backend.makeOutputInfo(logits.shape);
  const { weights } = call.inputs;
  backend.kernels.softmax_cross_entropy(
    backend.pointer(logits),
    backend.intPointer(input(call, 'labels')),
    channels,
    attribute<number>(call, 'smoothing'),
    attribute<number>(call, 'focus'),
    weights ? backend.pointer(weights) : 0,
    attribute<boolean>(call, 'weighsParts') ? 1 : 0,
    ...[loss, gradient, weight].map((tensor) => backend.pointer(tensor)),
    rows,
  );
  return [loss, gradient, weight];
}

type Info = TensorInfo;

function distributionCrossEntropy(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const logits = input(call, 'logits');
  const { rows, channels } = rowsAndChannels(logits);
  const loss = backend.makeOutputInfo([rows]);
  const gradient = backend.makeOutputInfo(logits.shape);
  backend.kernels.distribution_cross_entropy(
    backend.pointer(logits),
    backend.pointer(input(call, 'target')),
    channels,
    attribute<boolean>(call, 'divergence') ? 1 : 0,
    backend.pointer(loss),
    backend.pointer(gradient),
    rows,
  );
  return [loss, gradient];
}

function pointLoss(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const outputs = input(call, 'outputs');
  const samples = outputs.shape[0]!;
  const loss = backend.makeOutputInfo([samples]);
  const gradient = backend.makeOutputInfo(outputs.shape);
  const { target } = call.inputs;
  backend.kernels.point_loss(
    attribute<number>(call, 'number'),
    backend.pointer(outputs),
    target ? backend.pointer(target) : 0,
    product(outputs.shape) / samples,
    attribute<number>(call, 'parameter'),
    backend.pointer(loss),
    backend.pointer(gradient),
    samples,
  );
  return [loss, gradient];
}

const takesLabels = ({ inputs }: KernelCall): boolean => inputs['labels']?.dtype === 'int32';

export const lossKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchOneHot: { run: oneHot, accepts: takesLabels },
  LightbenchSoftmaxCrossEntropy: { run: softmaxCrossEntropy, accepts: takesLabels },
  LightbenchDistributionCrossEntropy: { run: distributionCrossEntropy },
  LightbenchPointLoss: { run: pointLoss },
};
