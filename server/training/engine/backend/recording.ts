import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { blockBytes, type NumericArray } from './heap';
import { recordArguments, recordLength, type TaskDeclaration } from './kernels';
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

/** A call of a kernel, with a copy of its record. */
export interface TaskStep {
  readonly kind: 'task';
  readonly task: TaskDeclaration;
  readonly values: Float64Array;
  /** What it looks through, if it is a query that can end the list. */
  guard?: Guard;
}

/** One step of a recorded list. */
export type Step =
  | TaskStep
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
  /** Blocks of the heap that hold constants of the steps. */
  readonly constants = new Set<number>();
  private readonly blockSizes: number[] = [];
  private readonly fromStart: number[] = [];
  private readonly toEnd: number[] = [];
  private readonly tensors = new Map<TensorInfo['dataId'], number>();

  /** When each block is used, by steps that happen at one time; one that no step uses needs no memory. */
  lifetimes(stages: readonly (readonly Step[])[]): readonly Lifetime[] {
    const spans = this.blockSizes.map(() => ({ first: Infinity, last: -Infinity }));
    const use = (address: number, time: number): void => {
      if (!isVirtual(address)) return;
      const span = spans[splitVirtual(address).block]!;
      span.first = Math.min(span.first, time);
      span.last = Math.max(span.last, time);
    };
    for (const address of this.fromStart) use(address, 0);
    for (const address of this.toEnd) use(address, Infinity);
    for (const [time, steps] of stages.entries())
      for (const step of steps) for (const address of addressesOf(step)) use(address, time);
    return spans.map(({ first, last }, block) =>
      first > last
        ? { sizeBytes: 0, first: 0, last: 0 }
        : { sizeBytes: this.sizeOf(block), first, last },
    );
  }

  sizeOf(block: number): number {
    return this.blockSizes[block]!;
  }

  /** Memory without a place; gives its virtual address. */
  allocate(sizeBytes: number): number {
    this.blockSizes.push(blockBytes(sizeBytes));
    return this.blockSizes.length * virtualStep;
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
    this.steps.push({ kind: 'task', task, values: record.slice(0, recordLength) });
  }

  addHostWork(
    name: string,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    work: HostWork,
  ): void {
    this.steps.push({ kind: 'host', name, inputs, outputs, work });
  }

  /** Notes what the last step, a query, looks through. */
  addGuard(guard: Guard): void {
    const last = this.steps.at(-1);
    if (last?.kind === 'task') last.guard = guard;
  }

  /** Keeps memory from before the first step on, for values that are given. */
  keepFromStart(address: number): void {
    this.fromStart.push(address);
  }

  /** Keeps memory to the end, for values that are read then. */
  keepToEnd(address: number): void {
    this.toEnd.push(address);
  }
}

function addressesOf(step: Step): readonly number[] {
  if (step.kind === 'host') return [...step.inputs, ...step.outputs].map(({ address }) => address);
  const given = recordArguments(step.values);
  return step.task.addresses.map((place) => given[place]!);
}
