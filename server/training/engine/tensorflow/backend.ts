import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

/** The name under which TF.js knows the backend of tfjs-node. */
export const tensorflowBackendName = 'tensorflow';

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node's backend that we use: it runs any operation of TensorFlow by its name. */
export interface TensorflowBackend extends KernelBackend {
  readonly isUsingGpuDevice: boolean;
  /** The add-on, with TensorFlow's codes of types. */
  readonly binding: Readonly<Record<(typeof codes)[keyof typeof codes] | 'TF_FLOAT', number>>;
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly TensorInfo[],
    count: number,
  ): TensorInfo[];
}

/** Which code of TensorFlow an attribute has, by the JavaScript type of its value. */
const codes = {
  string: 'TF_ATTR_STRING',
  number: 'TF_ATTR_FLOAT',
  boolean: 'TF_ATTR_BOOL',
  undefined: 'TF_ATTR_TYPE',
} as const;

/** One operation of TensorFlow on float32 values. */
export interface Operation {
  readonly name: string;
  readonly inputs: readonly TensorInfo[];
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Names of the attributes that say which type the values have; default: `T`. */
  readonly types?: readonly string[];
}

/** Runs an operation and gives its results, `count` of them. */
export function execute(
  backend: TensorflowBackend,
  { name, inputs, attributes = {}, types = ['T'] }: Operation,
  count = 1,
): readonly TensorInfo[] {
  const { binding } = backend;
  const ofTypes = types.map((type): OpAttribute => ({
    name: type,
    type: binding[codes.undefined],
    value: binding.TF_FLOAT,
  }));
  const others = Object.entries(attributes).map(([key, value]): OpAttribute => ({
    name: key,
    type: binding[codes[typeof value as keyof typeof codes]],
    value,
  }));
  return backend.executeMultipleOutputs(name, [...ofTypes, ...others], inputs, count);
}

/** A tensor of given numbers, on the backend. */
export function vector(backend: TensorflowBackend, values: Float32Array): TensorInfo {
  const shape = [values.length];
  return { dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32' };
}

/** Frees what was needed on the way. */
export function free(backend: TensorflowBackend, tensors: Iterable<TensorInfo>): void {
  for (const { dataId } of tensors) backend.disposeData(dataId);
}
