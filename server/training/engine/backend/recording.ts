import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { blockBytes, type NumericArray } from './heap';
import { recordLength, type TaskDeclaration } from './kernels';
import type { Lifetime } from './memoryPlan';
import type { FlaggedPart } from './notFiniteValue';

/** Types of values that kernels work on. */
export type NumericType = 'float32' | 'int32' | 'bool';

/** Values at an address, which may be one that has no place yet. */
export interface Operand {
  readonly address: number;
  readonly shape: readonly number[];
  readonly dtype: NumericType;
}

/** Work that is done in JavaScript: it reads and writes values in place. */
export type HostWork = (inputs: readonly NumericArray[], outputs: readonly NumericArray[]) => void;

/** One step of a recorded list. */
export type Step =
  | { readonly kind: 'task'; readonly task: TaskDeclaration; readonly values: Float64Array }
  | {
      readonly kind: 'host';
      readonly name: string;
      readonly inputs: readonly Operand[];
      readonly outputs: readonly Operand[];
      readonly work: HostWork;
    };

/** The flags of values that have to be finite, and whose they are. */
export interface Guard {
  readonly flags: Operand;
  readonly parts: readonly FlaggedPart[];
}

/**
 * Addresses of memory that has no place yet lie above all that 32 bits reach, so far apart that
 * arithmetic on them stays inside of a block: the block's number times 2³³.
 */
const virtualStep = 2 ** 33;

export function isVirtual(address: number): boolean {
  return address >= virtualStep;
}

/** Number of the block that a virtual address lies in, and how far into it. */
export function splitVirtual(address: number): { readonly block: number; readonly offset: number } {
  const block = Math.floor(address / virtualStep) - 1;
  return { block, offset: address - (block + 1) * virtualStep };
}

/**
 * What a recording has taken down so far: the steps, and the memory that they use. No memory is taken
 * and nothing is computed meanwhile.
 */
export class Recording {
  readonly steps: Step[] = [];
  /** What the queries that can end the list look through, by their step. */
  readonly guards = new Map<number, Guard>();
  /** Blocks of the heap that hold constants of the steps. */
  readonly constants = new Set<number>();
  private readonly blocks: { sizeBytes: number; first: number; last: number }[] = [];
  private readonly tensors = new Map<TensorInfo['dataId'], number>();

  /** When each block is used; one that no step uses needs no memory. */
  get lifetimes(): readonly Lifetime[] {
    return this.blocks.map(({ sizeBytes, first, last }) =>
      first > last ? { sizeBytes: 0, first: 0, last: 0 } : { sizeBytes, first, last },
    );
  }

  /** Memory without a place; gives its virtual address. */
  allocate(sizeBytes: number): number {
    this.blocks.push({ sizeBytes: blockBytes(sizeBytes), first: Infinity, last: -Infinity });
    return this.blocks.length * virtualStep;
  }

  /** Memory for the values of a tensor. */
  addTensor(dataId: TensorInfo['dataId'], shape: readonly number[], dtype: DataType): void {
    const size = util.sizeFromShape([...shape]);
    this.tensors.set(dataId, this.allocate(dtype === 'bool' ? size : 4 * size));
  }

  /** The address of a tensor that was made while recording. */
  addressOf(dataId: TensorInfo['dataId']): number | undefined {
    return this.tensors.get(dataId);
  }

  /** Takes down a call of a kernel, whose record is copied. */
  addTask(task: TaskDeclaration, record: Float64Array): void {
    const values = record.slice(0, recordLength);
    this.steps.push({ kind: 'task', task, values });
    for (const place of task.addresses) this.touch(values[place]!);
  }

  addHostWork(
    name: string,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    work: HostWork,
  ): void {
    this.steps.push({ kind: 'host', name, inputs, outputs, work });
    for (const { address } of [...inputs, ...outputs]) this.touch(address);
  }

  /** Notes what the last step, a query, looks through. */
  addGuard(guard: Guard): void {
    this.guards.set(this.steps.length - 1, guard);
  }

  /** Keeps memory from before the first step on, for values that are given. */
  keepFromStart(address: number): void {
    this.use(address, 0);
  }

  /** Keeps memory to the end, for values that are read then. */
  keepToEnd(address: number): void {
    this.use(address, Infinity);
  }

  private touch(address: number): void {
    this.use(address, this.steps.length - 1);
  }

  private use(address: number, step: number): void {
    if (!isVirtual(address)) return;
    const block = this.blocks[splitVirtual(address).block]!;
    block.first = Math.min(block.first, step);
    block.last = Math.max(block.last, step);
  }
}
