import { type TensorInfo } from '@tensorflow/tfjs-core';
import { attribute, type BackendKernel, input, type KernelCall } from './call';
import { reluOf, rowsAndChannels } from './normalizations';

/** Images as [samples, pixels, channels] with groups of channels. */
interface Groups {
  readonly samples: number;
  readonly pixels: number;
  readonly channels: number;
  readonly groups: number;
}

function groupsOf(call: KernelCall): Groups {
  const x = input(call, 'x');
  const { rows, channels } = rowsAndChannels(x);
  const samples = x.shape[0]!;
  return { samples, pixels: rows / samples, channels, groups: attribute<number>(call, 'groups') };
}

function normalize(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const x = input(call, 'x');
  const { samples, pixels, channels, groups } = groupsOf(call);
  const y = backend.makeOutputInfo(x.shape);
  const mean = backend.makeOutputInfo([samples, groups]);
  const variance = backend.makeOutputInfo([samples, groups]);
  backend.reserveThreadScratch(backend.kernels.group_norm_scratch_bytes(channels));
  backend.kernels.group_norm(
    backend.pointer(x),
    pixels,
    channels,
    groups,
    backend.pointer(input(call, 'gamma')),
    backend.pointer(input(call, 'beta')),
    attribute<number>(call, 'epsilon'),
    reluOf(call),
    ...[y, mean, variance].map((tensor) => backend.pointer(tensor)),
    samples,
  );
  return [y, mean, variance];
}

function gradient(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const { kernels } = backend;
  const x = input(call, 'x');
  const { samples, pixels, channels, groups } = groupsOf(call);
  const dx = backend.makeOutputInfo(x.shape);
  const dGamma = backend.makeOutputInfo([channels]);
  const dBeta = backend.makeOutputInfo([channels]);
  const [px, pdy, ...known] = ['x', 'dy', 'mean', 'variance', 'gamma', 'beta'].map((name) =>
    backend.pointer(input(call, name)),
  );
  const parts = kernels.group_norm_parts(samples);
  const ofGamma = backend.scratch(16 * parts * channels);
  const ofBeta = ofGamma + 8 * parts * channels;
  backend.reserveThreadScratch(kernels.group_norm_scratch_bytes(channels));
  kernels.group_norm_gradient(
    ...[px!, pdy!, samples, pixels, channels, groups],
    ...known,
    ...[attribute<number>(call, 'epsilon'), reluOf(call), backend.pointer(dx)],
    ...[ofGamma, ofBeta, parts],
  );
  kernels.group_totals(ofGamma, parts, channels, 1, backend.pointer(dGamma), channels);
  kernels.group_totals(ofBeta, parts, channels, 1, backend.pointer(dBeta), channels);
  return [dx, dGamma, dBeta];
}

function response(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const { rows, channels } = rowsAndChannels(x);
  const y = backend.makeOutputInfo(x.shape);
  const constants = responseConstants(call, channels);
  backend.kernels.local_response_norm(
    ...[backend.pointer(x), channels, ...constants, backend.pointer(y), rows],
  );
  return y;
}

function responseGradient(call: KernelCall): TensorInfo {
  const { backend } = call;
  const x = input(call, 'x');
  const { rows, channels } = rowsAndChannels(x);
  const dx = backend.makeOutputInfo(x.shape);
  const given = [x, input(call, 'dy')].map((tensor) => backend.pointer(tensor));
  const constants = responseConstants(call, channels);
  backend.kernels.local_response_norm_gradient(
    ...[...given, channels, ...constants, backend.pointer(dx), rows],
  );
  return dx;
}

function responseConstants({ backend, attrs }: KernelCall, channels: number): readonly number[] {
  const names = ['depthRadius', 'bias', 'alpha', 'beta'];
  const constants = names.map((name) => Number(attrs[name]));
  const bytes = backend.kernels.local_response_scratch_bytes(channels, constants[0]!);
  backend.reserveThreadScratch(bytes);
  return constants;
}

export const groupNormalizationKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchGroupNorm: { run: normalize },
  LightbenchGroupNormGradient: { run: gradient },
  LRN: { run: response },
  LRNGrad: { run: responseGradient },
};
