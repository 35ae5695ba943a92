import '@tensorflow/tfjs-backend-cpu';
import {
  getKernelsForBackend,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { backendName } from './backend';
import { runOnHost } from './hostKernels';
import { activationKernels } from './kernels/activations';
import { allFloat, type KernelCall, type BackendKernel } from './kernels/call';
import { augmentationKernels } from './kernels/augmentations';
import { controlKernels } from './kernels/control';
import { convolutionKernels } from './kernels/convolutions';
import { depthwiseKernels } from './kernels/depthwise';
import { elementwiseKernels } from './kernels/elementwise';
import { fourierKernels } from './kernels/fourier';
import { groupNormalizationKernels } from './kernels/groupNormalizations';
import { layoutKernels } from './kernels/layout';
import { lossKernels } from './kernels/losses';
import { mixingKernels } from './kernels/mixing';
import { normalizationKernels } from './kernels/normalizations';
import { optimizerKernels } from './kernels/optimizers';
import { penaltyKernels } from './kernels/penalties';
import { poolKernels } from './kernels/pools';
import { productKernels } from './kernels/products';
import { randomKernels } from './kernels/random';
import { reductionKernels } from './kernels/reductions';
import { resampleKernels } from './kernels/resample';

const ownKernels: Readonly<Record<string, BackendKernel>> = {
  ...augmentationKernels,
  ...activationKernels,
  ...controlKernels,
  ...convolutionKernels,
  ...depthwiseKernels,
  ...elementwiseKernels,
  ...fourierKernels,
  ...groupNormalizationKernels,
  ...layoutKernels,
  ...lossKernels,
  ...mixingKernels,
  ...normalizationKernels,
  ...optimizerKernels,
  ...penaltyKernels,
  ...poolKernels,
  ...productKernels,
  ...randomKernels,
  ...reductionKernels,
  ...resampleKernels,
};

/** Names of the TF.js kernels (and our own) that run in C. */
export const kernelNames: readonly string[] = Object.keys(ownKernels);

let registered = false;

/** Registers every kernel of the CPU backend for ours too, the hot ones in C. Once a process. */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  const inherited = new Map<string, KernelFunc>();
  for (const { kernelName, kernelFunc, ...config } of getKernelsForBackend('cpu')) {
    inherited.set(kernelName, kernelFunc);
    if (Object.hasOwn(ownKernels, kernelName)) continue;
    registerKernel({
      ...config,
      kernelName,
      kernelFunc: (given) => runOnHost(kernelName, kernelFunc, given),
      backendName,
    });
  }
  for (const [kernelName, kernel] of Object.entries(ownKernels)) {
    const kernelFunc = withFallback(kernelName, kernel, inherited.get(kernelName));
    registerKernel({ kernelName, backendName, kernelFunc });
  }
}

/** The kernel in C where it takes the call, else the inherited one. */
function withFallback(name: string, kernel: BackendKernel, inherited?: KernelFunc): KernelFunc {
  const accepts = kernel.accepts ?? allFloat;
  const run: KernelFunc = (given) => kernel.run(callOf(given));
  return (given) => {
    const call = callOf(given);
    if (accepts(call)) {
      return kernel.isInJavaScript?.(call) === true
        ? runOnHost(name, run, given)
        : kernel.run(call);
    }
    if (inherited) return runOnHost(name, inherited, given);
    const types = Object.values(given.inputs).map((tensor) => (tensor as TensorInfo | null)?.dtype);
    throw new Error(
      `The engine's ${name} takes float32 only; got ${types.join(', ')}. Cast first.`,
    );
  };
}

function callOf(given: Parameters<KernelFunc>[0]): KernelCall {
  return { ...given, attrs: given.attrs ?? {} } as unknown as KernelCall;
}
