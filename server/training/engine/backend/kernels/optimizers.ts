import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { attribute, input, type KernelCall, type BackendKernel } from './call';

function adam(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const given = ['variable', 'gradient', 'm', 'v'].map((name) => input(call, name));
  const { shape } = given[0]!;
  const made = given.slice(1).map(() => backend.makeOutputInfo(shape));
  const numbers = ['beta1', 'beta2'].flatMap((name) => {
    const beta = attribute<number>(call, name);
    return [beta, 1 - beta];
  });
  const rates = ['rate', 'correction', 'epsilon'].map((name) => attribute<number>(call, name));
  backend.kernels.adam(
    ...given.map((tensor) => backend.pointer(tensor)),
    ...numbers,
    ...rates,
    ...made.map((tensor) => backend.pointer(tensor)),
    util.sizeFromShape(shape),
  );
  return made;
}

export const optimizerKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchAdam: { run: adam },
};
