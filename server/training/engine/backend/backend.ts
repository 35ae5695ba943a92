import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { backend_util } from '@tensorflow/tfjs-core';
import { type DataType, type DataTypeMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { Heap, type NumericArray } from './heap';
import type { KernelHost, RunningKernels } from './host';
import { bindKernels, type Kernels, readDeclarations, recordLength, writeScratch } from './kernels';
import type { NumericType, Operand, Recording } from './recording';

/** The name under which TF.js knows this backend. */
export const backendName = 'lightbench';

type Values = backend_util.BackendValues;
type DataId = TensorInfo['dataId'];

/** Memory that grows to the largest request and is then reused. */
interface Scratch {
  pointer: number;
  sizeBytes: number;
}

/**
 * TF.js on our kernels, in WebAssembly or native. It extends the CPU backend, whose kernels it inherits: those read
 * `backend.data.get(dataId).values`, which here are views of the memory that
 * the kernels work on. Kernels in C take
 * their addresses. Memory is freed when TF.js disposes a tensor, never by the garbage collector.
 */
export class KernelBackend extends MathBackendCPU {
  readonly kernels: Kernels;
  readonly heap: Heap;
  /** Where shapes are written for kernels that take a record: see `shapePointer`. */
  private readonly shapeView: Int32Array;
  private readonly record: Float64Array;
  private readonly running: RunningKernels;
  private readonly shared: Scratch = { pointer: 0, sizeBytes: 0 };
  private readonly ofThreads: Scratch = { pointer: 0, sizeBytes: 0 };
  /** Where recorded lists have what they work on; they take turns. */
  private readonly arena: Scratch = { pointer: 0, sizeBytes: 0 };
  /** Blocks of the heap that recorded lists keep, whoever else frees them. */
  private readonly kept = new Set<number>();
  /** While something is recorded: takes down the calls of kernels, which compute nothing then. */
  recording: Recording | undefined;
  private dataCount = 0;
  /** While an inherited kernel runs: what it made, and the blocks to free after it. */
  private inherited: { readonly made: DataId[]; readonly freed: number[] } | undefined;

  constructor(host: KernelHost, threads: number) {
    super();
    this.heap = new Heap(host.memory, host.heapStart);
    this.heap.observer = host.observer;
    const pointer = this.heap.allocate(256);
    this.shapeView = new Int32Array(this.heap.bytes, pointer, 64);
    const record = this.heap.allocate(8 * recordLength);
    this.record = new Float64Array(this.heap.bytes, record, recordLength);
    const allocate = (sizeBytes: number): number => this.heap.allocate(sizeBytes);
    this.running = host.start({ record, threads, allocate });
    this.kernels = bindKernels(readDeclarations(host.taskTable), this.record, {
      query: () => this.running.run(),
      task: (declaration) => {
        if (!this.recording) return this.running.run();
        this.recording.addTask(declaration, this.record);
        return 0;
      },
    });
  }

  /** Threads that compute. */
  get threads(): number {
    return this.running.threads;
  }

  override dispose(): void {
    this.running.close();
    super.dispose();
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
    if (this.recording) throw new Error(unreadable);
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
  makeOutputInfo(shape: readonly number[], dtype: NumericType = 'float32'): TensorInfo {
    const dataId = { id: this.dataCount++ };
    this.recording?.addTensor(dataId, shape, dtype);
    const size = util.sizeFromShape([...shape]);
    const values = this.recording ? undefined : this.allocateArray(dtype, size);
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

  /** Computes at once, also while something is recorded. */
  unrecorded<T>(compute: () => T): T {
    const { recording } = this;
    this.recording = undefined;
    try {
      return compute();
    } finally {
      this.recording = recording;
    }
  }

  /** A tensor of values that somebody else keeps in place; to be released. */
  adopt(values: NumericArray, shape: readonly number[], dtype: NumericType): TensorInfo {
    const dataId = { id: this.dataCount++ };
    this.data.set(dataId, { values, dtype, refCount: Infinity });
    return { dataId, shape: [...shape], dtype };
  }

  release({ dataId }: TensorInfo): void {
    this.data.delete(dataId);
  }

  /** The address of a float32 tensor's values. */
  pointer(tensor: TensorInfo): number {
    if (tensor.dtype === 'float32') return this.operand(tensor).address;
    throw new Error(`A kernel for float32 was given ${tensor.dtype} values. Cast them first.`);
  }

  /** The address of an int32 tensor's values. */
  intPointer(tensor: TensorInfo): number {
    if (tensor.dtype === 'int32') return this.operand(tensor).address;
    throw new Error(`A kernel for int32 was given ${tensor.dtype} values. Cast them first.`);
  }

  /** Where a numeric tensor's values are, or will be. */
  operand({ dataId, shape, dtype }: TensorInfo): Operand {
    const address = this.recording?.addressOf(dataId) ?? this.stored(dataId).byteOffset;
    return { address, shape, dtype: dtype as NumericType };
  }

  /** The values of a numeric tensor, in place. */
  values(tensor: TensorInfo): NumericArray {
    if (this.recording) throw new Error(unreadable);
    return this.stored(tensor.dataId);
  }

  /** Values at an address that has a place. */
  valuesAt({ address, shape, dtype }: Operand): NumericArray {
    return this.arrayAt(dtype, address, util.sizeFromShape([...shape]));
  }

  /** Writes a record of whole numbers for the next kernel call and says where it is. */
  shapePointer(numbers: readonly number[]): number {
    if (!this.recording) {
      this.shapeView.set(numbers);
      return this.shapeView.byteOffset;
    }
    const constant = this.allocateArray('int32', numbers.length);
    constant.set(numbers);
    this.keep(constant);
    return constant.byteOffset;
  }

  /**
   * Scratch memory that all threads share, for one kernel call. The next request reuses it; it grows
   * to the largest request and stays.
   */
  scratch(sizeBytes: number): number {
    if (this.recording) return this.recording.allocate(sizeBytes);
    return this.growScratch(this.shared, sizeBytes);
  }

  /** Sees to it that each thread has so much scratch memory of its own. */
  reserveThreadScratch(sizeBytes: number): void {
    // Threads must not write to one cache line, nor read what another writes behind its end.
    const step = Math.ceil(sizeBytes / 64) * 64 + 128;
    if (step * this.threads <= this.ofThreads.sizeBytes) return;
    writeScratch(this.record, this.growScratch(this.ofThreads, step * this.threads), step);
  }

  /** Memory for what a recorded list works on: of all lists that run, one at a time. */
  arenaFor(sizeBytes: number): number {
    return this.growScratch(this.arena, sizeBytes);
  }

  /** Runs records that lie one after the other: see RunningKernels. */
  runList(records: number, count: number): number {
    return this.running.runList(records, count);
  }

  /** Keeps a block of the heap for the recorded list, also when its tensor is disposed. */
  keep(values: NumericArray): void {
    this.kept.add(values.byteOffset);
    this.recording?.constants.add(values.byteOffset);
  }

  /** Frees what a recorded list has kept. */
  freeKept(pointers: Iterable<number>): void {
    for (const pointer of pointers) {
      this.kept.delete(pointer);
      this.heap.free(pointer);
    }
  }

  private growScratch(scratch: Scratch, sizeBytes: number): number {
    if (sizeBytes > scratch.sizeBytes) {
      if (scratch.sizeBytes > 0) this.heap.free(scratch.pointer);
      scratch.sizeBytes = 0;
      scratch.pointer = this.heap.allocate(sizeBytes);
      scratch.sizeBytes = sizeBytes;
    }
    return scratch.pointer;
  }

  private freeBlock(pointer: number): void {
    if (this.kept.has(pointer)) return;
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
    if (this.recording) this.keep(copy);
    this.data.set(dataId, { values: copy, dtype, refCount });
  }

  private stored(dataId: DataId): NumericArray {
    return this.data.get(dataId).values as NumericArray;
  }

  private allocateArray(dtype: keyof DataTypeMap, length: number): NumericArray {
    const pointer = this.heap.allocate(dtype === 'bool' ? length : 4 * length);
    return this.arrayAt(dtype, pointer, length);
  }

  private arrayAt(dtype: keyof DataTypeMap, pointer: number, length: number): NumericArray {
    if (dtype === 'bool') return new Uint8Array(this.heap.bytes, pointer, length);
    return dtype === 'int32'
      ? new Int32Array(this.heap.bytes, pointer, length)
      : new Float32Array(this.heap.bytes, pointer, length);
  }
}

const unreadable =
  'Values were asked for while a program is recorded, when there are none yet. Compute with tensors, or in a hostOp.';

function isOnHeap(values: Values | undefined): values is NumericArray {
  return ArrayBuffer.isView(values);
}
