import type { EngineFacts } from '../engine';
import type { Figures, RunStatus } from './record';

/**
 * What a run tells while it goes on. `lightbench train --json` prints exactly these objects, one a line
 * (the contract of the command line), except `progress`, which feeds the progress bar only.
 */
export type RunEvent =
  | {
      readonly event: 'start';
      readonly run: { readonly id: string; readonly folder: string };
      readonly engine: EngineFacts;
      /** Memory that the engine needs at most; absent where it does not say. */
      readonly memoryBytes?: number;
    }
  | {
      /** Which kernels the steps of a profile spent their time in. */
      readonly event: 'profile';
      readonly steps: number;
      /** A trace of these steps, for chrome://tracing. */
      readonly file: string;
      readonly kernels: readonly KernelShare[];
    }
  | {
      readonly event: 'progress';
      readonly epoch: number;
      readonly epochs: number;
      readonly step: number;
      readonly stepsPerEpoch: number;
      readonly loss: number;
    }
  | {
      readonly event: 'epoch';
      /** Counted from 1. */
      readonly epoch: number;
      readonly seconds: number;
      readonly train: Figures;
      readonly validation: Figures;
      /** Learned parameters of the instrument, if it has any: `{ 'gaussianBlur/sigmaPx': 0.8 }`. */
      readonly physics?: Figures;
    }
  | {
      readonly event: 'end';
      readonly status: RunStatus;
      readonly message?: string;
      readonly run: { readonly id: string; readonly folder: string };
      readonly results: { readonly train?: Figures; readonly validation?: Figures };
      readonly seconds: number;
      readonly stepMilliseconds: { readonly median: number; readonly p95: number };
      readonly samplesPerSecond: number;
    };

/** What one kernel takes of a step, on average. */
export interface KernelShare {
  readonly name: string;
  readonly calls: number;
  readonly milliseconds: number;
  /** Part of the time of all kernels. */
  readonly share: number;
}

/** `results.json`, and what `lightbench evaluate` prints for one split. */
export interface SplitResults {
  readonly split: 'train' | 'validation' | 'test';
  readonly count: number;
  readonly loss: number;
  readonly metrics: Figures;
  /** Rows are true classes; absent for reconstruction. */
  readonly confusionMatrix?: readonly (readonly number[])[];
  readonly perClass?: readonly {
    readonly name: string;
    readonly count: number;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
  }[];
}
