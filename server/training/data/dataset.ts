import type { DataFacts } from '#common/catalogue/component';
import type { Split } from '#common/run/series';
import type { DataSourceKind, DataSourceValue, DataSourceValueOf } from '#common/catalogue/data';
import { openImageFolder } from './imageFolder';
import { openShipped } from './shipped';
import { openSynthetic } from './synthetic';

/** What is known once samples have been read. */
export type DatasetFacts = DataFacts &
  Required<Pick<DataFacts, 'classNames' | 'count' | 'classCounts'>>;

/** Samples in memory, ready to be read by their index. */
export interface Dataset {
  readonly facts: DatasetFacts;
  /**
   * SHA-256, in hex, over shape, class names, labels, pixels and weights, or over what they are made from: tells
   * whether data have changed.
   */
  readonly fingerprint: string;
  /** The class of each sample; 0 where the targets are something else. */
  readonly labels: Int32Array;
  /** What is to be found where it is no class of an image. */
  readonly targets?: Targets;
  /** What belongs together, by a number: images of one patient. */
  readonly groups?: Int32Array;
  /** When each sample was taken; only the order counts. */
  readonly times?: Float64Array;
  /** The split that the data themselves put each sample into. */
  readonly assigned?: readonly Split[];
  /** What the loss of each sample is multiplied by: 0 or more. All count alike where this is absent. */
  readonly sampleWeights?: Float32Array;
  /** How messages name each sample; by its number where this is absent. */
  readonly names?: readonly string[];
  /**
   * A hash of the pixels of each sample, or of what they are made from: equal images have equal ones.
   * Worked out when first asked.
   */
  digests(): readonly string[];
  /** Writes the images (0–1, row-major, channels last) one after another into `out`. */
  read(indices: Uint32Array, out: Float32Array): void;
}

/** Targets that are no class of an image. */
export type Targets =
  | {
      readonly kind: 'values';
      /** Numbers of one target. */
      readonly size: number;
      read(indices: Uint32Array, out: Float32Array): void;
    }
  | {
      readonly kind: 'mask';
      /** Pixels of one mask. */
      readonly size: number;
      read(indices: Uint32Array, out: Int32Array): void;
    };

export interface OpenOptions {
  /** The folder of the experiment file: paths in it are relative to this. */
  readonly baseFolder: string;
  readonly seed: number;
  /** Its reason is what an opening that was cancelled rejects with. */
  readonly signal?: AbortSignal | undefined;
  onProgress?(done: number, total: number): void;
}

/** Reads or makes the samples of one kind of source. */
export type Opener<K extends DataSourceKind> = (
  source: DataSourceValueOf<K>,
  options: OpenOptions,
) => Promise<Dataset>;

const openers = {
  digits: (source) => openShipped(source, 16),
  mnist: (source) => openShipped(source, 255),
  synthetic: openSynthetic,
  imageFolder: openImageFolder,
} satisfies { readonly [K in DataSourceKind]: Opener<K> };

/** Opens the data of an experiment; rejects with a `data/…` error that says what, which and what to do. */
export async function openDataset(source: DataSourceValue, options: OpenOptions): Promise<Dataset> {
  options.signal?.throwIfAborted();
  // The table pairs every kind with its own value, which an index by a union cannot express.
  const open = openers[source.type] as Opener<DataSourceKind>;
  return open(source, options);
}
