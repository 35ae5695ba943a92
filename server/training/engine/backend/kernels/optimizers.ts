import { type TensorInfo } from '@tensorflow/tfjs-core';
import { updateKinds, type UpdateKind } from '../../updateKinds';
import { attribute, input, type KernelCall, product, type BackendKernel } from './call';

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

function moveTowards(call: KernelCall): TensorInfo[] {
  const { backend } = call;
  const average = input(call, 'average');
  const [to, value] = [backend.pointer(average), backend.pointer(input(call, 'value'))];
  const momentum = attribute<number>(call, 'momentum');
  backend.kernels.move_towards(to, value, momentum, product(average.shape));
  return [];
}

export const optimizerKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchMoveTowards: { run: moveTowards },
  ...Object.fromEntries(
    Object.keys(updateKinds).map((kind) => [
      `LightbenchUpdate/${kind}`,
      update(kind as UpdateKind),
    ]),
  ),
};
