import * as tf from '@tensorflow/tfjs-core';

/** Inputs of a shader beside its result: every GPU lets it have eight buffers, and some no more. */
const most = 7;

/** Makes the kernel `AddN` of a backend, which takes no more inputs than a shader, take any number of them. */
export function addInGroups(backendName: string): void {
  const kernel = tf.getKernel('AddN', backendName);
  const addN: tf.KernelFunc = (call) => {
    const inputs = Object.values(call.inputs) as readonly tf.TensorInfo[];
    const addSome = (some: readonly tf.TensorInfo[]): tf.TensorInfo =>
      kernel.kernelFunc({ ...call, inputs: asInputs(some) }) as tf.TensorInfo;
    let sum = addSome(inputs.slice(0, most));
    for (let next = most; next < inputs.length; next += most - 1) {
      const before = sum;
      sum = addSome([before, ...inputs.slice(next, next + most - 1)]);
      (call.backend as tf.KernelBackend).disposeData(before.dataId);
    }
    return sum;
  };
  tf.unregisterKernel('AddN', backendName);
  tf.registerKernel({ ...kernel, kernelFunc: addN });
}

/** TF.js hands the inputs of this kernel over as a list, and types them by name. */
function asInputs(tensors: readonly tf.TensorInfo[]): tf.NamedTensorInfoMap {
  return tensors as unknown as tf.NamedTensorInfoMap;
}
