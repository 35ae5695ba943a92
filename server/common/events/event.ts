/**
 * What we write to and read from TensorBoard event files. A file may hold more (graphs, images, text);
 * the decoder passes over it.
 */
export type LogEvent = VersionEvent | StartEvent | ScalarEvent | HistogramEvent;

/** The first record of a file: `brain.Event:2`. */
export interface VersionEvent {
  readonly kind: 'version';
  readonly wallTimeSeconds: number;
  readonly version: string;
}

/**
 * SessionLog START: a resumed run begins here. Whatever earlier records hold at `step` and after it
 * no longer counts, for TensorBoard and for us.
 */
export interface StartEvent {
  readonly kind: 'start';
  readonly wallTimeSeconds: number;
  readonly step: number;
}

export interface ScalarEvent {
  readonly kind: 'scalar';
  readonly wallTimeSeconds: number;
  readonly step: number;
  readonly tag: string;
  /** Of single precision in the file. */
  readonly value: number;
}

export interface HistogramEvent {
  readonly kind: 'histogram';
  readonly wallTimeSeconds: number;
  readonly step: number;
  readonly tag: string;
  readonly histogram: Histogram;
}

/**
 * TensorBoard's HistogramProto: bucket `i` counts the values in [limits[i − 1], limits[i]); the last one
 * holds its upper limit too.
 */
export interface Histogram {
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Upper limits of the buckets, rising. */
  readonly limits: Float64Array;
  readonly counts: Float64Array;
}

/** The version record that TensorBoard expects at the start of a file. */
export const fileVersion = 'brain.Event:2';
