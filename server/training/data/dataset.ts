import type { DataFacts } from '#common/catalogue/component';
import type { DataSourceKind, DataSourceValue, DataSourceValueOf } from '#common/catalogue/data';
import { openImageFolder } from './imageFolder';
import { openShipped } from './shipped';
import { openSynthetic } from './synthetic';

/** Samples in memory, ready to be read by their index. */
export interface Dataset {
  readonly facts: Required<DataFacts>;
  /** SHA-256, in hex, over shape, class names, labels and pixels: tells whether data have changed. */
  readonly fingerprint: string;
  /** The class of each sample. */
  readonly labels: Int32Array;
  /** Writes the images (0–1, row-major, channels last) one after another into `out`. */
  read(indices: Uint32Array, out: Float32Array): void;
}

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
