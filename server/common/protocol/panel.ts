import type { SplitResults } from '../run/events';
import type { RunRecord } from '../run/record';
import type { Split } from '../run/series';

/** What the page of a run asks of its host. Every request ends; actions end when they have taken effect. */
export type RunPageRequests = {
  /** The first message of a page: everything it needs to draw. From then on the host tells changes. */
  readonly 'page/ready': (argument: Record<string, never>) => RunSnapshot;
  readonly 'run/act': (argument: { readonly action: RunAction }) => void;
};

/** The methods, for the host's check of what a page sends. */
export const runPageMethods = [
  'page/ready',
  'run/act',
] as const satisfies readonly (keyof RunPageRequests)[];

/** What a person can do with a run on its page. */
export const runActions = [
  'pause',
  'continue',
  'stop',
  'resume',
  'openLog',
  'openTestSet',
  'openExperiment',
  'reveal',
] as const;
export type RunAction = (typeof runActions)[number];

export type RunPageEvents = {
  /** Told at most every 50 ms and only while the page is visible. */
  readonly 'run/changed': RunChange;
  /** The run's folder is gone or cannot be read any more. */
  readonly 'run/lost': { readonly message: string };
};

/** Everything a page shows. */
export interface RunSnapshot {
  readonly folder: string;
  readonly view: RunView;
  readonly curves: readonly CurveColumns[];
  readonly stepsPerSecond?: number;
}

/** What is new: a view as a whole when anything in it changed, and the points that were added. */
export interface RunChange {
  readonly view?: RunView;
  readonly curves: readonly CurveColumns[];
  /** Lately, pauses left out; absent before the second step. */
  readonly stepsPerSecond?: number;
}

/** New points of a series: what it held at index `from` and after it is replaced by these. */
export interface CurveColumns {
  readonly split: Split;
  readonly tag: string;
  readonly from: number;
  readonly steps: Uint32Array;
  readonly values: Float32Array;
}

/** All of a run but its curves. */
export interface RunView {
  /** `process` is always absent: process and socket are none of a page's business. */
  readonly record: RunRecord;
  readonly facts: RunFacts;
  readonly results: { readonly [S in Split]?: SplitResults };
  /** When and why the test split was opened, oldest first. */
  readonly testOpenings: readonly TestOpening[];
  /** What could not be read of the folder, in words. */
  readonly problems: readonly string[];
}

export interface TestOpening {
  /** ISO 8601. */
  readonly time: string;
  readonly reason: string;
}

/** What the run is made of; it does not change while it goes on. */
export interface RunFacts {
  /** Title of the data source: "Digits, 8 × 8". */
  readonly data?: string;
  /** `[height, width, channels]` of an object. */
  readonly inputShape?: readonly number[];
  readonly batchSize?: number;
  readonly parameters?: { readonly total: number; readonly trainable: number };
  /** Figures that add up to the loss of a mixture: `loss.ssim`; absent where it has one part only. */
  readonly lossTerms?: readonly string[];
  /** Whether regularization adds a penalty to the loss. */
  readonly isPenalized?: boolean;
  /** Metrics beside the loss, by their names in tags: `accuracy`. */
  readonly metrics: readonly string[];
  /** Parameters of the instrument that are learned. */
  readonly physics: readonly PhysicsFact[];
}

export interface PhysicsFact {
  /** Tag of its series: `physics/gaussianBlur/sigmaPx`. */
  readonly tag: string;
  readonly layer: string;
  readonly parameter: string;
  readonly unit: string;
  readonly initial: number;
  readonly minimum: number;
  readonly maximum: number;
}
