// Our fused operations on TensorFlow's fused kernels. What is registered here is what ops.ts finds; all
// else it composes of TF.js operations, the gradients of which TF.js composes of element-wise ones.
import type { FollowingRelu } from '../ops';
import { registerKernel, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { execute, free, tensorflowBackendName, vector, type TensorflowBackend } from './backend';

interface Call {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: { readonly epsilon: number; readonly activation: 'linear' | FollowingRelu };
  readonly backend: TensorflowBackend;
}

type Kernel = (call: Call) => TensorInfo | TensorInfo[];

const kernels: Readonly<Record<string, Kernel>> = {
  LightbenchReluGradient: ({ inputs: { dy, y }, backend }) => reluGradient(backend, dy!, y!),
};

/**
 * Only for the CPU: on a GPU the fused gradient needs what cuDNN has set aside in the forward pass, which
 * our operations do not hand on. There, ops.ts composes batch normalization.
 */
const cpuKernels: Readonly<Record<string, Kernel>> = {
  LightbenchMoments: moments,
  LightbenchBatchNorm: batchNorm,
  LightbenchBatchNormGradient: batchNormGradient,
};

/** Names of our operations that TensorFlow has a fused kernel for. */
export const tensorflowKernelNames = Object.keys({ ...kernels, ...cpuKernels });

/** Registers the kernels that are right on the device of the backend. Once a process. */
export function registerTensorflowKernels({ isUsingGpuDevice }: TensorflowBackend): void {
  const chosen = isUsingGpuDevice ? kernels : { ...kernels, ...cpuKernels };
  for (const [kernelName, kernel] of Object.entries(chosen)) {
    const kernelFunc = kernel as unknown as KernelFunc;
    registerKernel({ kernelName, backendName: tensorflowBackendName, kernelFunc });
  }
}

function reluGradient(backend: TensorflowBackend, dy: TensorInfo, y: TensorInfo): TensorInfo {
  return execute(backend, { name: 'ReluGrad', inputs: [dy, y] })[0]!;
}

/** Mean and population variance of every channel: what the normalization itself finds on its way. */
function moments({ inputs: { x }, backend }: Call): TensorInfo[] {
  const channels = x!.shape.at(-1)!;
  const images = asImages(backend, x!);
  const gamma = vector(backend, new Float32Array(channels).fill(1));
  const beta = vector(backend, new Float32Array(channels));
  const none = vector(backend, new Float32Array(0));
  const [y, mean, unbiased, again, variance, reserved] = execute(
    backend,
    {
      name: 'FusedBatchNormV3',
      inputs: [images, gamma, beta, none, none],
      attributes: { epsilon: 0, data_format: 'NHWC', is_training: true },
      types: ['T', 'U'],
    },
    6,
  );
  free(backend, [images, gamma, beta, none, y!, unbiased!, again!, reserved!]);
  return [mean!, variance!];
}

/** TensorFlow's operations for the activation behind a normalization. */
const relus = {
  linear: undefined,
  relu: { value: 'Relu', gradient: 'ReluGrad' },
  relu6: { value: 'Relu6', gradient: 'Relu6Grad' },
} as const;

function batchNorm({ inputs, attrs, backend }: Call): TensorInfo {
  const images = asImages(backend, inputs['x']!);
  const linear = normalize(backend, images, inputs, attrs.epsilon);
  const relu = relus[attrs.activation];
  const [output] = relu ? execute(backend, { name: relu.value, inputs: [linear] }) : [linear];
  const result = reshape(backend, output!, inputs['x']!.shape);
  free(backend, new Set([images, linear, output!]));
  return result;
}

function batchNormGradient({ inputs, attrs, backend }: Call): TensorInfo[] {
  const { x, gamma, mean, variance, dy } = inputs;
  const images = asImages(backend, x!);
  const given = asImages(backend, dy!);
  const relu = relus[attrs.activation];
  const dLinear = relu ? throughRelu(given, relu.gradient) : given;
  const none = vector(backend, new Float32Array(0));
  const [dx, dGamma, dBeta, ...rest] = execute(
    backend,
    {
      name: 'FusedBatchNormGradV3',
      inputs: [dLinear, images, gamma!, mean!, variance!, none],
      attributes: { epsilon: attrs.epsilon, data_format: 'NHWC', is_training: true },
      types: ['T', 'U'],
    },
    5,
  );
  const result = reshape(backend, dx!, x!.shape);
  free(backend, new Set([images, given, dLinear, none, dx!, ...rest]));
  return [result, dGamma!, dBeta!];

  /** The output was not kept: it is computed again, which costs less than keeping it would. */
  function throughRelu(dOutput: TensorInfo, name: string): TensorInfo {
    const y = normalize(backend, images, inputs, attrs.epsilon);
    const [result] = execute(backend, { name, inputs: [dOutput, y] });
    free(backend, [y]);
    return result!;
  }
}

/** Normalization with given statistics, in one pass. */
function normalize(
  backend: TensorflowBackend,
  images: TensorInfo,
  { gamma, beta, mean, variance }: Call['inputs'],
  epsilon: number,
): TensorInfo {
  const [y, ...rest] = execute(
    backend,
    {
      name: 'FusedBatchNormV3',
      inputs: [images, gamma!, beta!, mean!, variance!],
      attributes: { epsilon, data_format: 'NHWC', is_training: false },
      types: ['T', 'U'],
    },
    6,
  );
  free(backend, rest);
  return y!;
}

/** TensorFlow normalizes images only: rows of figures become images of one pixel. */
function asImages(backend: TensorflowBackend, x: TensorInfo): TensorInfo {
  const channels = x.shape.at(-1)!;
  const shape = x.shape.length === 4 ? x.shape : [-1, 1, 1, channels];
  return reshape(backend, x, shape);
}

/** The same values in another shape, as a tensor of its own. */
function reshape(backend: TensorflowBackend, x: TensorInfo, shape: readonly number[]): TensorInfo {
  const dataId = backend.write(Int32Array.from(shape), [shape.length], 'int32');
  const wanted: TensorInfo = { dataId, shape: [shape.length], dtype: 'int32' };
  const [result] = execute(backend, { name: 'Reshape', inputs: [x, wanted] });
  free(backend, [wanted]);
  return result!;
}
