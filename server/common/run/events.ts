import type { Task } from '../catalogue/tasks';
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

/** A 95 % confidence interval, and how it was worked out. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly method: 'wilson' | 'bootstrap';
}

/** What one class, or one label of several, is found with. */
export interface ClassResults {
  readonly name: string;
  /** Samples, or pixels of masks, that truly are of the class. */
  readonly count: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Of masks. */
  readonly iou?: number;
  readonly intervals?: { readonly [figure: string]: Interval };
}

/** More classes than this have no curves: nobody could read them. */
export const mostCurves = 30;

/** How well scores tell samples of a class from the others, over all thresholds. */
export interface CurvePair {
  /** False-positive rate across, true-positive rate up. */
  readonly roc: CurvePoints;
  /** Recall across, precision up; the area is the average precision. */
  readonly precisionRecall: CurvePoints;
}

/** One class against the rest. */
export interface ClassCurves extends CurvePair {
  readonly name: string;
}

/** At most some 200 points, and the area below the curve before it was thinned. */
export interface CurvePoints {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly area: number;
}

/** Predictions of about one confidence. */
export interface CalibrationBin {
  readonly count: number;
  /** Means over the bin; absent where it is empty. */
  readonly confidence?: number;
  readonly accuracy?: number;
}

/** How many samples have a mean absolute error of which size. */
export interface ErrorSpread {
  readonly largest: number;
  readonly median: number;
  /** Of equal stretches from 0 to the largest error. */
  readonly counts: readonly number[];
}

/** What guessing without looking at the image gives. */
export interface BaselineResults {
  /** "the most frequent class", "the mean image". */
  readonly name: string;
  readonly loss: number;
  readonly terms?: Figures;
  readonly metrics: Figures;
}

/** `results.json`, and what `lightbench evaluate` prints for one split. */
export interface SplitResults {
  readonly split: 'train' | 'validation' | 'test';
  readonly count: number;
  readonly loss: number;
  /** What each term of a mixture adds to the loss: `{ 'loss.ssim': 0.1 }`. */
  readonly terms?: Figures;
  /** A metric that is undefined for these samples is left out. */
  readonly metrics: Figures;
  readonly task?: Task;
  /** Of the loss, its terms and the metrics, by their names. */
  readonly intervals?: { readonly [figure: string]: Interval };
  readonly baseline?: BaselineResults;
  /** Rows are true classes; absent where there are no classes that exclude each other. */
  readonly confusionMatrix?: readonly (readonly number[])[];
  readonly perClass?: readonly ClassResults[];
  /** Of the classes that have samples of both kinds. */
  readonly curves?: readonly ClassCurves[];
  /** Their mean, where there are several. */
  readonly macroCurves?: CurvePair;
  readonly calibration?: readonly CalibrationBin[];
  /** Of numbers and images. */
  readonly errors?: ErrorSpread;
}
