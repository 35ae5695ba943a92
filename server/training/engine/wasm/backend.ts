import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { backend_util } from '@tensorflow/tfjs-core';
import { type DataType, type DataTypeMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { Heap } from './heap';
import type { Kernels, LinkedKernels } from './module';
import type { WasmMemory } from './webassembly';

/** The name under which TF.js knows this backend. */
export const wasmBackendName = 'lightbench-wasm';

type Values = backend_util.BackendValues;
type NumericArray = Float32Array | Int32Array | Uint8Array;
type DataId = TensorInfo['dataId'];

/**
 * TF.js on our kernels. It extends the CPU backend, whose kernels it inherits: those read
 * `backend.data.get(dataId).values`, which here are views of the WebAssembly memory. Kernels in C take
 * their addresses. Memory is freed when TF.js disposes a tensor, never by the garbage collector.
 */
export class WasmBackend extends MathBackendCPU {
  readonly kernels: Kernels;
  readonly heap: Heap;
  /** Where shapes are written for kernels that take a record: see `shapePointer`. */
  private readonly shapeView: Int32Array;
  private scratchPointer = 0;
  private scratchBytes = 0;
  private dataCount = 0;
  /** While an inherited kernel runs: what it made, and the blocks to free after it. */
  private inherited: { readonly made: DataId[]; readonly freed: number[] } | undefined;

  constructor(linked: LinkedKernels, memory: WasmMemory) {
    super();
    this.kernels = linked.kernels;
    this.heap = new Heap(memory, linked.heapStart);
    const pointer = this.heap.allocate(256);
    this.shapeView = new Int32Array(this.heap.bytes, pointer, 64);
  }

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    const dataId = { id: this.dataCount++ };
    this.store(dataId, values, shape, dtype, 1);
    this.inherited?.made.push(dataId);
    return dataId;
  }

  override move(
    dataId: DataId,
    values: Values,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.store(dataId, values, shape, dtype, refCount);
  }

  /** A copy: a view would change under its reader once the tensor is disposed. */
  override readSync(dataId: DataId): Values {
    const { values } = this.data.get(dataId);
    return isOnHeap(values) ? values.slice() : super.readSync(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const data = this.data.get(dataId);
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    if (data.complexTensorInfos) {
      this.disposeData(data.complexTensorInfos.real.dataId, true);
      this.disposeData(data.complexTensorInfos.imag.dataId, true);
    }
    if (isOnHeap(data.values)) this.freeBlock(data.values.byteOffset);
    this.data.delete(dataId);
    return true;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: false, reasons: [] };
  }

  /** A tensor whose values a kernel is about to write. */
  makeOutputInfo(
    shape: readonly number[],
    dtype: 'float32' | 'int32' | 'bool' = 'float32',
  ): TensorInfo {
    const dataId = { id: this.dataCount++ };
    const values = this.allocateArray(dtype, util.sizeFromShape([...shape]));
    this.data.set(dataId, { values, dtype, refCount: 1 });
    return { dataId, shape: [...shape], dtype };
  }

  /** Another shape of the same values. */
  shareData(from: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(from.dataId);
    return { dataId: from.dataId, shape: [...shape], dtype: from.dtype };
  }

  /**
   * Runs an inherited kernel. Those were written for garbage-collected arrays: they read the values of
   * tensors that they have disposed, and leave intermediate ones behind (FFT does both). So nothing
   * is freed until the kernel is done, and then all that it made and did not return.
   */
  runInherited(kernel: () => TensorInfo | TensorInfo[]): TensorInfo | TensorInfo[] {
    if (this.inherited) return kernel();
    const inherited = { made: [] as DataId[], freed: [] as number[] };
    this.inherited = inherited;
    try {
      const result = kernel();
      const returned = this.reachable(Array.isArray(result) ? result : [result]);
      for (const dataId of inherited.made) {
        if (!returned.has(dataId)) this.disposeData(dataId, true);
      }
      return result;
    } finally {
      this.inherited = undefined;
      for (const pointer of inherited.freed) this.heap.free(pointer);
    }
  }

  /** The address of a float32 tensor's values. */
  pointer(tensor: TensorInfo): number {
    const values = this.values(tensor);
    if (values instanceof Float32Array) return values.byteOffset;
    throw new Error(`A kernel for float32 was given ${tensor.dtype} values. Cast them first.`);
  }

  /** The values of a numeric tensor, in place. */
  values(tensor: TensorInfo): NumericArray {
    return this.data.get(tensor.dataId).values as NumericArray;
  }

  /** Writes a record of whole numbers for the next kernel call and says where it is. */
  shapePointer(numbers: readonly number[]): number {
    this.shapeView.set(numbers);
    return this.shapeView.byteOffset;
  }

  /**
   * Scratch memory for one kernel call, in parts: their addresses. The next request reuses it; it
   * grows to the largest request and stays.
   */
  scratch(...partBytes: readonly number[]): readonly number[] {
    const rounded = partBytes.map((bytes) => Math.ceil(bytes / 64) * 64 + 64);
    const total = rounded.reduce((sum, bytes) => sum + bytes, 0);
    if (total > this.scratchBytes) {
      if (this.scratchBytes > 0) this.heap.free(this.scratchPointer);
      this.scratchBytes = 0;
      this.scratchPointer = this.heap.allocate(total);
      this.scratchBytes = total;
    }
    let next = this.scratchPointer;
    return rounded.map((bytes) => {
      const pointer = next;
      next += bytes;
      return pointer;
    });
  }

  private freeBlock(pointer: number): void {
    if (this.inherited) this.inherited.freed.push(pointer);
    else this.heap.free(pointer);
  }

  /** The data of tensors and of the parts of complex ones. */
  private reachable(tensors: readonly TensorInfo[]): ReadonlySet<DataId> {
    const found = new Set<DataId>();
    for (const { dataId } of tensors) {
      found.add(dataId);
      const parts = this.data.get(dataId).complexTensorInfos;
      if (parts) found.add(parts.real.dataId).add(parts.imag.dataId);
    }
    return found;
  }

  private store(
    dataId: DataId,
    values: Values | undefined,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    if (dtype === 'string' || dtype === 'complex64') {
      // Strings live in JavaScript; a complex tensor is two real ones that its kernel adds.
      this.data.set(dataId, { values, dtype, refCount });
      return;
    }
    const copy = this.allocateArray(dtype, util.sizeFromShape(shape));
    if (values) copy.set(values as NumericArray);
    this.data.set(dataId, { values: copy, dtype, refCount });
  }

  private allocateArray(dtype: keyof DataTypeMap, length: number): NumericArray {
    if (dtype === 'bool') {
      const pointer = this.heap.allocate(length);
      return new Uint8Array(this.heap.bytes, pointer, length);
    }
    const pointer = this.heap.allocate(4 * length);
    return dtype === 'int32'
      ? new Int32Array(this.heap.bytes, pointer, length)
      : new Float32Array(this.heap.bytes, pointer, length);
  }
}

function isOnHeap(values: Values | undefined): values is NumericArray {
  return ArrayBuffer.isView(values);
}
