import { type TensorInfo } from '@tensorflow/tfjs-core';
import { attribute, input, type KernelCall, product, type BackendKernel } from './call';

/** Updates in place: the first input is changed, and whatever is remembered of it. */
function update(
  name: 'move_towards' | 'update_sgd' | 'update_momentum' | 'update_adam',
  inputs: readonly string[],
  constants: readonly string[],
): BackendKernel {
  return {
    run: (call: KernelCall): TensorInfo[] => {
      const { backend } = call;
      const pointers = inputs.map((key) => backend.pointer(input(call, key)));
      const numbers = constants.map((key) => Number(attribute<number | boolean>(call, key)));
      backend.kernels[name](...pointers, ...numbers, product(input(call, inputs[0]!).shape));
      return [];
    },
  };
}

export const optimizerKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchMoveTowards: update('move_towards', ['average', 'value'], ['momentum']),
  LightbenchSgd: update('update_sgd', ['variable', 'gradient', 'rates'], []),
  LightbenchMomentum: update(
    'update_momentum',
    ['variable', 'gradient', 'm', 'rates'],
    ['momentum', 'nesterov'],
  ),
  LightbenchAdam: update(
    'update_adam',
    ['variable', 'gradient', 'm', 'v', 'rates'],
    ['beta1', 'beta2', 'epsilon'],
  ),
};
