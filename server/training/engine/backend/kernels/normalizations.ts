import type { FollowingRelu } from '../../ops';
import { type TensorInfo } from '@tensorflow/tfjs-core';
import { allFloat, attribute, input, type KernelCall, product, type BackendKernel } from './call';

export function rowsAndChannels(x: TensorInfo): { rows: number; channels: number } {
  const channels = x.shape[x.shape.length - 1]!;
  return { rows: product(x.shape) / channels, channels };
}

function moments(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const x = input(call, 'x');
  const { rows, channels } = rowsAndChannels(x);
  const mean = backend.makeOutputInfo([channels]);
  const variance = backend.makeOutputInfo([channels]);
  const { kernels } = backend;
  const groups = kernels.row_groups(rows);
  // Two numbers of double precision for each group and channel.
  const found = backend.scratch(16 * groups * channels);
  kernels.group_moments(backend.pointer(x), rows, channels, found, groups);
  const to = [backend.pointer(mean), backend.pointer(variance)] as const;
  kernels.moment_totals(found, groups, rows, channels, ...to, channels);
  return [mean, variance];
}

/** Names of the inputs and of the constant, which differ between TF.js' kernel and ours. */
interface Names {
  readonly gamma: string;
  readonly beta: string;
  readonly epsilon: string;
}
const ours: Names = { gamma: 'gamma', beta: 'beta', epsilon: 'epsilon' };
const theirs: Names = { gamma: 'scale', beta: 'offset', epsilon: 'varianceEpsilon' };

/** Which ReLU follows, as normalization.h counts them. */
export function reluOf(call: KernelCall): number {
  const activation = attribute<FollowingRelu | 'linear' | undefined>(call, 'activation');
  if (activation === 'relu6') return 2;
  return activation === 'relu' ? 1 : 0;
}

function normalize(call: KernelCall, names: Names): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const { rows, channels } = rowsAndChannels(x);
  const y = backend.makeOutputInfo(x.shape);
  backend.kernels.batch_norm(
    backend.pointer(x),
    channels,
    backend.pointer(input(call, 'mean')),
    backend.pointer(input(call, 'variance')),
    backend.pointer(input(call, names.gamma)),
    backend.pointer(input(call, names.beta)),
    attribute<number>(call, names.epsilon),
    reluOf(call),
    backend.pointer(y),
    rows,
  );
  return y;
}

function normalizationGradient(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const { kernels } = backend;
  const x = input(call, 'x');
  const { rows, channels } = rowsAndChannels(x);
  const epsilon = attribute<number>(call, 'epsilon');
  const dGamma = backend.makeOutputInfo([channels]);
  const dBeta = backend.makeOutputInfo([channels]);
  const dx = backend.makeOutputInfo(x.shape);
  const pointers = ['x', 'dy', 'mean', 'variance', 'gamma', 'beta'].map((name) =>
    backend.pointer(input(call, name)),
  );
  const given = [...pointers, epsilon, reluOf(call), rows, channels] as const;
  const to = [backend.pointer(dGamma), backend.pointer(dBeta)] as const;
  const groups = kernels.row_groups(rows);
  const products = backend.scratch(16 * groups * channels);
  const sums = products + 8 * groups * channels;
  kernels.batch_norm_sums(...given, products, sums, groups);
  const variance = backend.pointer(input(call, 'variance'));
  kernels.batch_norm_totals(products, sums, groups, channels, variance, epsilon, ...to, channels);
  kernels.batch_norm_gradient(...given, ...to, backend.pointer(dx), rows);
  return [dx, dGamma, dBeta];
}

function isPerChannel(call: KernelCall): boolean {
  const channels = input(call, 'x').shape.at(-1)!;
  const parameters = ['mean', 'variance', 'scale', 'offset'].map((name) => call.inputs[name]);
  return (
    allFloat(call) &&
    parameters.every((tensor) => tensor?.shape.length === 1 && tensor.shape[0] === channels)
  );
}

export const normalizationKernels: Readonly<Record<string, BackendKernel>> = {
  FusedBatchNorm: { run: (call) => normalize(call, theirs), accepts: isPerChannel },
  LightbenchMoments: { run: moments },
  LightbenchBatchNorm: { run: (call) => normalize(call, ours) },
  LightbenchBatchNormGradient: { run: normalizationGradient },
};
