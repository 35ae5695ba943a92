import { type TensorInfo } from '@tensorflow/tfjs-core';
import { updateKinds, type UpdateKind } from '../../updateKinds';
import { input, type KernelCall, product, type BackendKernel } from './call';

/** Changes a variable and its slots in place: what every optimizer does. */
function update(kind: UpdateKind): BackendKernel {
  const task = updateKinds[kind];
  return {
    run: (call: KernelCall): TensorInfo[] => {
      const { backend } = call;
      const variable = input(call, 'variable');
      const pointers = ['variable', 'gradient', 'slot0', 'slot1', 'slot2', 'rates'].map((name) => {
        const tensor = call.inputs[name];
        return tensor ? backend.pointer(tensor) : 0;
      });
      backend.kernels[task](...pointers, product(variable.shape));
      return [];
    },
  };
}

export const optimizerKernels: Readonly<Record<string, BackendKernel>> = {
  ...Object.fromEntries(
    Object.keys(updateKinds).map((kind) => [
      `LightbenchUpdate/${kind}`,
      update(kind as UpdateKind),
    ]),
  ),
};
