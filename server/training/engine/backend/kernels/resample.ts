import type { TensorInfo } from '@tensorflow/tfjs-core';
import { input, type KernelCall, type BackendKernel } from './call';

/** Pixels as weighted sums over rectangles of the image, by a table for each axis: see resample.c. */
function resample(call: KernelCall): TensorInfo {
  const { backend } = call;
  const [x, rows, columns] = [input(call, 'x'), input(call, 'rows'), input(call, 'columns')];
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [outHeight, rowEntry] = rows.shape as [number, number];
  const [outWidth, columnEntry] = columns.shape as [number, number];
  const y = backend.makeOutputInfo([batch, outHeight, outWidth, channels]);
  // An entry is the first source, the number of sources, and their weights.
  const most = [rowEntry - 2, columnEntry - 2];
  const sizes = [batch, height, width, channels, outHeight, outWidth, channels, ...most];
  const pointers = [x, rows, columns, y].map((tensor) => backend.pointer(tensor));
  backend.kernels.resample(backend.shapePointer(sizes), ...pointers, batch * outHeight);
  return y;
}

export const resampleKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchResample: { run: resample },
};
