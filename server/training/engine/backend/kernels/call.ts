import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../backend';

/** What TF.js hands to a kernel. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo | undefined>>;
  readonly backend: KernelBackend;
  readonly attrs: NamedAttrMap;
}

/** A kernel in C, with the calls that it can take; all others go to the inherited CPU kernel. */
export interface BackendKernel {
  readonly run: (call: KernelCall) => TensorInfo | TensorInfo[];
  /** Default: every input is float32. */
  readonly accepts?: (call: KernelCall) => boolean;
  /** Whether it reads and writes values itself instead of calling a kernel in C. Default: never. */
  readonly isInJavaScript?: (call: KernelCall) => boolean;
}

/** An input that the kernel cannot do without. */
export function input(call: KernelCall, name: string): TensorInfo {
  const tensor = call.inputs[name];
  if (!tensor) throw new Error(`The kernel got no input "${name}".`);
  return tensor;
}

/** An attribute, believed to have the type that TF.js documents. */
export function attribute<T>(call: KernelCall, name: string): T {
  return call.attrs[name] as unknown as T;
}

export function allFloat(call: KernelCall): boolean {
  return Object.values(call.inputs).every((tensor) => !tensor || tensor.dtype === 'float32');
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
