import '@tensorflow/tfjs-backend-cpu';
import { getKernelsForBackend, type KernelFunc, registerKernel } from '@tensorflow/tfjs-core';
import { backendName, type KernelBackend } from './backend';
import { allFloat, type KernelCall, type BackendKernel } from './kernels/call';
import { convolutionKernels } from './kernels/convolutions';
import { elementwiseKernels } from './kernels/elementwise';
import { layoutKernels } from './kernels/layout';
import { normalizationKernels } from './kernels/normalizations';
import { optimizerKernels } from './kernels/optimizers';
import { poolKernels } from './kernels/pools';
import { productKernels } from './kernels/products';
import { reductionKernels } from './kernels/reductions';

const ownKernels: Readonly<Record<string, BackendKernel>> = {
  ...convolutionKernels,
  ...elementwiseKernels,
  ...layoutKernels,
  ...normalizationKernels,
  ...optimizerKernels,
  ...poolKernels,
  ...productKernels,
  ...reductionKernels,
};

/** Names of the TF.js kernels (and our own) that run in C. */
export const kernelNames: readonly string[] = Object.keys(ownKernels);

let registered = false;

/** Registers every kernel of the CPU backend for ours too, the hot ones in C. Once a process. */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  const inherited = new Map<string, KernelFunc>();
  for (const config of getKernelsForBackend('cpu')) {
    const kernelFunc = guarded(config.kernelFunc);
    inherited.set(config.kernelName, kernelFunc);
    if (!Object.hasOwn(ownKernels, config.kernelName)) {
      registerKernel({ ...config, kernelFunc, backendName: backendName });
    }
  }
  for (const [kernelName, kernel] of Object.entries(ownKernels)) {
    const kernelFunc = withFallback(kernelName, kernel, inherited.get(kernelName));
    registerKernel({ kernelName, backendName: backendName, kernelFunc });
  }
}

function guarded(kernel: KernelFunc): KernelFunc {
  return (call) => (call.backend as KernelBackend).runInherited(() => kernel(call));
}

/** The kernel in C where it takes the call, else the inherited one. */
function withFallback(name: string, kernel: BackendKernel, inherited?: KernelFunc): KernelFunc {
  const accepts = kernel.accepts ?? allFloat;
  return (given) => {
    const call = { ...given, attrs: given.attrs ?? {} } as unknown as KernelCall;
    if (accepts(call)) return kernel.run(call);
    if (inherited) return inherited(given);
    const types = Object.values(call.inputs).map((tensor) => tensor?.dtype);
    throw new Error(
      `The engine's ${name} takes float32 only; got ${types.join(', ')}. Cast first.`,
    );
  };
}
