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
  backend.reserveThreadScratch(backend.kernels.softmax_scratch_bytes(channels));
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
  backend.reserveThreadScratch(backend.kernels.softmax_scratch_bytes(channels));
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

/** Logits as samples of pixels with a value for each class. */
function markedPixels(call: KernelCall) {
  const outputs = input(call, 'outputs');
  const [samples, classes] = [outputs.shape[0]!, outputs.shape.at(-1)!];
  return { outputs, samples, classes, pixels: product(outputs.shape) / samples / classes };
}

function tversky(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const { kernels } = backend;
  const { outputs, samples, classes, pixels } = markedPixels(call);
  const [alpha, beta, smooth] = (['alpha', 'beta', 'smooth'] as const).map((name) =>
    attribute<number>(call, name),
  ) as [number, number, number];
  const loss = backend.makeOutputInfo([samples]);
  const slopes = backend.makeOutputInfo([samples, classes, 2]);
  const parts = kernels.overlap_parts(pixels);
  const sums = backend.scratch(8 * 3 * samples * parts * classes);
  backend.reserveThreadScratch(kernels.overlap_scratch_bytes(classes));
  const [from, target] = [backend.pointer(outputs), backend.pointer(input(call, 'target'))];
  kernels.overlap_sums(from, target, pixels, classes, sums, samples * parts);
  const [pLoss, pSlopes] = [backend.pointer(loss), backend.pointer(slopes)];
  kernels.tversky_loss(sums, parts, classes, alpha, beta, smooth, pLoss, pSlopes, samples);
  return [loss, slopes];
}

function tverskyGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const { outputs, samples, classes, pixels } = markedPixels(call);
  const dx = backend.makeOutputInfo(outputs.shape);
  const pointers = ['outputs', 'target', 'slopes', 'dy'].map((name) =>
    backend.pointer(input(call, name)),
  );
  backend.reserveThreadScratch(backend.kernels.overlap_scratch_bytes(classes));
  const [to, rows] = [backend.pointer(dx), samples * pixels];
  backend.kernels.tversky_gradient(...pointers, pixels, classes, to, rows);
  return dx;
}

const takesLabels = ({ inputs }: KernelCall): boolean => inputs['labels']?.dtype === 'int32';

export const lossKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchOneHot: { run: oneHot, accepts: takesLabels },
  LightbenchSoftmaxCrossEntropy: { run: softmaxCrossEntropy, accepts: takesLabels },
  LightbenchDistributionCrossEntropy: { run: distributionCrossEntropy },
  LightbenchPointLoss: { run: pointLoss },
  LightbenchTversky: { run: tversky },
  LightbenchTverskyGradient: { run: tverskyGradient },
};
