import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

const laterName = 'later';

/** TF.js' own backend for the processor, which gives values only later, as WebGPU does. */
class LaterBackend extends MathBackendCPU {
  /** Kernels read their inputs; others may read only what came from JavaScript. */
  isInKernel = false;
  private readonly given = new WeakSet<object>();

  override write(
    ...args: Parameters<MathBackendCPU['write']>
  ): ReturnType<MathBackendCPU['write']> {
    const dataId = super.write(...args);
    if (!this.isInKernel) this.given.add(dataId);
    return dataId;
  }

  override readSync(dataId: object): ReturnType<MathBackendCPU['readSync']> {
    if (this.isInKernel || this.given.has(dataId)) return super.readSync(dataId);
    throw new Error('Values were read at once, which not every backend can do. Wait for "data()".');
  }

  /** What TF.js would call a leak: it misses that data move here from other backends within a custom gradient. */
  override numDataIds(): number {
    return 0;
  }

  override read(dataId: object): ReturnType<MathBackendCPU['read']> {
    return Promise.resolve(super.readSync(dataId));
  }
}

/** Computes on a backend that gives values only later. */
export async function onLaterBackend<T>(compute: () => Promise<T>): Promise<T> {
  const previous = tf.getBackend();
  const backend = new LaterBackend();
  for (const kernel of tf.getKernelsForBackend('cpu')) {
    const kernelFunc: tf.KernelFunc = (call) => {
      const wasInKernel = backend.isInKernel;
      backend.isInKernel = true;
      try {
        return kernel.kernelFunc(call);
      } finally {
        backend.isInKernel = wasInKernel;
      }
    };
    tf.registerKernel({ ...kernel, backendName: laterName, kernelFunc });
  }
  tf.registerBackend(laterName, () => backend);
  await tf.setBackend(laterName);
  try {
    return await compute();
  } finally {
    await tf.setBackend(previous);
    tf.removeBackend(laterName);
    for (const { kernelName } of tf.getKernelsForBackend(laterName)) {
      tf.unregisterKernel(kernelName, laterName);
    }
  }
}
